"""From results to report.html and figures, with pictures of real codecs."""

import re

import numpy as np
import pytest

from tests.report.conftest import BOX, KnownFace
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models
from tf_ipr.models import model_folder
from tf_ipr.recognition import known_face
from tf_ipr.report import bit_allocation, reconstructions, results, writing


def _write(found, folder, **options):
    return writing.write(found, folder, writing.Options(**options), KnownFace).read_text()


def _notes(text):
    return re.findall(r"<p class=\"note\">(.*?)</p>", text, re.S)


def test_the_report_has_pictures_maps_and_the_worst(report):
    text = report.read_text()
    assert "<h3>Before and after" in text and "The worst ten by identity" in text
    assert text.count("alt=\"Error of ") >= 8 and text.count("alt=\"Bits of ") >= 2
    assert "of the bits on the face" in text and "spread evenly over the images" in text
    assert not [note for note in _notes(text)
                if "Left out" not in note and "JavaScript" not in note]
    names = {path.name for path in (report.parent / "figures").iterdir()}
    for name in ("rate_distortion", "rate_recognition", "operating_points", "one_face", "maps"):
        assert {f"people-6_{name}.svg", f"people-6_{name}.pdf"} <= names
    assert {"domains.svg", "people-align112-6_rate_distortion.pdf"} <= names


def test_figures_of_equal_results_are_equal_and_keep_their_text(report, evaluation, tmp_path):
    writing.write(results.load([evaluation.folder]), tmp_path, detector=KnownFace)
    for name in ("people-6_rate_distortion.svg", "people-6_rate_distortion.pdf"):
        assert (tmp_path / "figures" / name).read_bytes() == (
            report.parent / "figures" / name).read_bytes()
    assert ">PSNR, dB</text>" in (tmp_path / "figures/people-6_rate_distortion.svg").read_text()


def test_reconstructions_are_the_codecs_own(evaluation):
    group = results.load([evaluation.folder]).groups[0]
    row = next(row for row in group.coded if row["label"] == "JPEG")
    image = known_face.image()
    scene, = reconstructions.scenes([row], [("face", image)], reconstructions.Codecs({}),
                                    reconstructions.MainFaces(KnownFace), pytest.fail)
    found, = scene.reconstructions
    data = reference_codecs.JPEG.encode(image, 20)
    assert found.num_bytes == len(data) and found.bits is None and found.share is None
    np.testing.assert_array_equal(found.decoded_u8, reference_codecs.JPEG.decode(data))
    np.testing.assert_array_equal(scene.box, BOX)


def test_bits_are_those_of_the_model_and_the_box_has_its_share(evaluation):
    found = results.load([evaluation.folder])
    row = next(row for row in found.groups[0].coded if row["codec"]["kind"] == "model")
    image = known_face.image()
    scene, = reconstructions.scenes(
        [row], [("face", image)], reconstructions.Codecs(found.model_folders),
        reconstructions.MainFaces(KnownFace), pytest.fail)
    bits = bit_allocation.BitAllocation(model_folder.load(shipped_models.folder())[0])(
        image[None], row["setting"])[0]
    assert scene.reconstructions[0].bits.sum() == pytest.approx(bits.sum(), rel=1e-4)
    assert scene.reconstructions[0].share == pytest.approx(
        bit_allocation.share_in_box(bits, BOX, *image.shape[:2], 16))


def test_images_asked_for_are_shown_and_must_be_images(evaluation, tmp_path):
    found = results.load([evaluation.folder])
    image_file.write_png(tmp_path / "mine.png", known_face.image()[:150])
    text = _write(found, tmp_path / "out", images=[tmp_path / "mine.png"])
    assert "mine.png" in text and "those asked for" in text
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    with pytest.raises(ValueError, match="torn.jpg is not an image"):
        _write(found, tmp_path / "none", images=[tmp_path / "torn.jpg"])
    with pytest.raises(OSError, match="absent.png"):
        _write(found, tmp_path / "none", images=[tmp_path / "absent.png"])
    assert not (tmp_path / "none").exists()


def test_absent_images_and_other_encoders_are_said_and_the_rest_is_shown(
        evaluation, saved, tmp_path):
    record = evaluation.record()
    for row in record["rows"]:
        if row["codec"]["kind"] == "webp":
            row["identity"] = "WebP 0.0"
    record["datasets"][0]["examples"][0] = "/absent/face.png"
    for codec in record["codecs"]:
        codec["folder"] = codec["folder"] and "/absent/model"
    text = _write(results.load([saved(record)]), tmp_path / "out")
    notes = " ".join(_notes(text))
    assert "the results are of WebP 0.0" in notes
    assert "folder /absent/model does not exist; give it in --models" in notes
    assert "/absent/face.png" in notes
    assert "Error of JPEG" in text and "Error of WebP" not in text


def test_without_pictures_nothing_is_coded(evaluation, tmp_path):
    text = _write(results.load([evaluation.folder]), tmp_path, pictures=False)
    assert "<h3>Before and after" not in text and "<h3>Rate and recognition" in text
    assert "The worst ten of every codec and setting" in text


def test_without_a_detector_crops_are_left_out_and_said(evaluation, tmp_path):
    def absent():
        raise ImportError("face detection needs the mtcnn package")

    text = writing.write(results.load([evaluation.folder]), tmp_path, detector=absent).read_text()
    assert any("needs the mtcnn package" in note for note in _notes(text))
    assert "Error of JPEG" in text and "of the bits on the face" not in text
