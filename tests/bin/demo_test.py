"""tf_ipr_demo prints a table, writes a picture, and goes on without codecs that are missing."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, features

from tf_ipr.bin import demo
from tf_ipr.files import image_file
from tf_ipr.evaluation.codecs import exported_codec, reference_codecs
from tf_ipr.recognition.conversion import dlib_weights


@pytest.fixture(scope="module")
def shipped():
    return exported_codec.exported_or_model()


@pytest.fixture(autouse=True)
def loaded_once(shipped, monkeypatch):
    monkeypatch.setattr(exported_codec, "exported_or_model", lambda folder: shipped)


def test_sample_face_at_three_qualities_beside_hevc_and_jpeg(tmp_path, run_main, capsys, shipped):
    picture = tmp_path / "new" / "comparison.png"
    assert run_main(demo.main, qualities=["10", "35", "65"], output=str(picture)) == 0
    output = capsys.readouterr().out
    assert f"256x256 pixels, {shipped.identity()}" in output and str(picture) in output
    table = [line.split() for line in output.splitlines() if " quality " in line or " CRF " in line]
    assert [row[0] for row in table if row[0] != "HEVC"] == 3 * ["tf_ipr", "JPEG"]
    for row in table:
        number_of_bytes, bpp, psnr_db, ms_ssim = (float(cell) for cell in row[3:7])
        assert bpp == pytest.approx(8 * number_of_bytes / 256**2, abs=1e-3)
        assert 15 < psnr_db < 50 and 0.5 < ms_ssim < 1
    # Original, ours, HEVC where installed, JPEG; three rows.
    width, height = Image.open(picture).size
    assert width >= 3 * 256 and height >= 3 * 256


def test_own_image_and_missing_codec(tmp_path, run_main, capsys, monkeypatch):
    image_file.write_png(tmp_path / "own.png", np.full([40, 64, 3], 90, np.uint8))
    monkeypatch.setattr(features, "check", lambda feature: feature != "webp")
    assert run_main(demo.main, image=str(tmp_path / "own.png"), qualities=["50"],
                    beside=["webp", "jpeg"], output=str(tmp_path / "out.png")) == 0
    output = capsys.readouterr().out
    assert "WebP is left out: this Pillow was built without WebP" in output
    assert "own.png: 64x40 pixels" in output and (tmp_path / "out.png").is_file()


@pytest.mark.parametrize("flags, message", [
    (dict(image="absent.png"), "absent.png"),
    (dict(beside=["gif"]), f"--beside knows {', '.join(reference_codecs.ALL)}; given 'gif'"),
    (dict(qualities=["0"], beside=[]), "quality must be one of 1, 1.5 .. 100, given 0"),
])
def test_what_cannot_be_shown_is_an_error_and_leaves_no_picture(
        tmp_path, run_main, capsys, flags, message):
    picture = tmp_path / "out.png"
    assert run_main(demo.main, output=str(picture), **flags) == 1
    assert message in capsys.readouterr().err and not picture.exists()


def test_identity_is_shown_where_a_recogniser_is_installed(tmp_path, run_main, capsys):
    pytest.importorskip("mtcnn")
    try:
        dlib_weights.installed_path()
    except ImportError as error:
        pytest.skip(str(error))
    assert run_main(demo.main, qualities=["65"], beside=["jpeg"],
                    output=str(tmp_path / "out.png")) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    heading = next(line for line in lines if line[0] == "codec")
    cosine = float(next(line for line in lines if line[:2] == ["tf_ipr", "quality"])[-1])
    assert heading[-1] == "identity" and 0.9 < cosine < 1
