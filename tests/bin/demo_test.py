"""tf_ipr_demo takes any picture, shows a face and its picture in few bytes, and says what it cannot do."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image, features

from tf_ipr.bin import demo
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.files import image_file
from tf_ipr.recognition import default_recognizer
from tf_ipr.recognition.conversion import dlib_weights

_LINE = re.compile(r"^(tf_ipr|HEVC|AVIF|WebP|JPEG) +(\d+) +\d+ +(?:[\d.]+|inf) +"
                   r"(?:([\d.]+): (same person|not recognised))?",
                   re.M)


@pytest.fixture(scope="module", autouse=True)
def packages():
    pytest.importorskip("mtcnn")
    try:
        dlib_weights.installed_path()
    except ImportError as error:
        pytest.skip(str(error))


def test_of_the_sample_portrait_ours_stays_nearest_in_as_many_bytes(tmp_path, run_main, capsys):
    picture = tmp_path / "new" / "comparison.png"
    assert run_main(demo.main, output=str(picture), beside=["webp", "jpeg"]) == 0
    output = capsys.readouterr().out
    face, whole = output.split("Whole picture, 256x256 pixels, in at most 1,000 bytes")
    assert "Aligned face, 112x112 pixels, in at most 500 bytes" in face and str(picture) in whole
    for part, allowed in ((face, 500), (whole, 1000)):
        lines = _LINE.findall(part)
        assert [line[0] for line in lines] == ["tf_ipr", "WebP", "JPEG"]
        assert all(0.8 * allowed < int(line[1]) <= allowed for line in lines)
        cosines = [float(line[2]) for line in lines]
        assert cosines[0] > max(cosines[1:]) and lines[0][3] == "same person"
    # A title, four pictures with three lines each, twice, and what the lines mean.
    assert Image.open(picture).size[0] == 14 + 4 * 270
    assert Image.open(picture).size[1] > 2 * (256 + 3 * 30)


def test_a_photograph_of_twelve_megapixels_is_shrunk_and_that_is_said(tmp_path, run_main, capsys):
    photograph = Image.new("RGB", (4000, 3000), (90, 120, 100))
    photograph.paste(Image.open(demo.SAMPLE).convert("RGB").resize((1500, 1500)), (1200, 700))
    photograph.save(tmp_path / "large.jpg")
    assert run_main(demo.main, image=str(tmp_path / "large.jpg"), beside=[], output=str(tmp_path / "o.png")) == 0
    output = capsys.readouterr().out
    assert "large.jpg: 4000x3000 pixels" in output and "the demo's limit is 256 a side" in output
    assert len(_LINE.findall(output)) == 2


def test_without_a_face_the_whole_picture_is_shown_and_a_codec_that_is_missing_is_named(
        tmp_path, run_main, capsys, monkeypatch):
    image_file.write_png(tmp_path / "own.png", np.full([40, 64, 3], 90, np.uint8))
    monkeypatch.setattr(features, "check", lambda feature: feature != "webp")
    assert run_main(demo.main, image=str(tmp_path / "own.png"), beside=["webp", "jpeg"],
                    output=str(tmp_path / "out.png")) == 0
    output = capsys.readouterr().out
    assert "WebP is left out: this Pillow was built without WebP" in output
    assert "No face was found" in output and "Aligned face" not in output
    assert [line[0] for line in _LINE.findall(output)] == ["tf_ipr", "JPEG"]
    assert (tmp_path / "out.png").is_file()


def test_without_a_recogniser_it_says_what_to_install_and_goes_on(tmp_path, run_main, capsys, monkeypatch):
    def missing():
        raise ImportError("pip install 'tf_ipr[dlib]'")

    monkeypatch.setattr(default_recognizer, "load", missing)
    assert run_main(demo.main, beside=["jpeg"], output=str(tmp_path / "out.png")) == 0
    output = capsys.readouterr().out
    assert "No recogniser judges, and no face is sought: pip install 'tf_ipr[dlib]'" in output
    assert "Whole picture, 256x256 pixels" in output and "person" not in output


@pytest.mark.parametrize("flags, code, message", [
    (dict(image="absent.png"), 1, "absent.png"),
    (dict(beside=["gif"]), 2, f"--beside knows {', '.join(reference_codecs.ALL)}; given 'gif'"),
    (dict(image="strip.png"), 1, "strip.png: the picture has 3000x40 pixels, within 256 a side 256x3"),
])
def test_what_cannot_be_shown_is_an_error_and_leaves_no_picture(
        tmp_path, run_main, capsys, monkeypatch, flags, code, message):
    monkeypatch.chdir(tmp_path)
    image_file.write_png("strip.png", np.zeros([40, 3000, 3], np.uint8))
    assert run_main(demo.main, output="out.png", **flags) == code
    assert message in capsys.readouterr().err and not (tmp_path / "out.png").exists()
