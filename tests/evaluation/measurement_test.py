"""Pictures are measured once for each codec, setting and recogniser, and failures are named."""

import shutil

import numpy as np
import pytest

from tests.evaluation.conftest import KnownFaceDetector, MeanColour, StepsCodec
from tf_ipr.datasets import evaluation_set
from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.coding_pool import CodingPool
from tf_ipr.evaluation.crops import Crop
from tf_ipr.evaluation.measurement import Laboratory
from tf_ipr.evaluation.pictures import Landmarks, Pictures
from tf_ipr.faces import alignment
from tf_ipr.files import image_file
from tf_ipr.recognition import known_face


class Setup:
    """A laboratory over a folder of people."""

    def __init__(self, folder, cache, recognizers=None, detect=True):
        self.detector = KnownFaceDetector()
        self.pool = CodingPool(1)
        recognizers = [MeanColour()] if recognizers is None else recognizers
        self.laboratory = Laboratory(recognizers, lambda: self.detector, cache, self.pool, detect)
        self.dataset = evaluation_set.load("people", str(folder))
        self.pictures = Pictures(self.dataset)

    def measure(self, codec, setting, pictures=None, **arguments):
        return self.laboratory.measure(pictures or self.pictures, codec, setting, **arguments)


@pytest.fixture
def setup(people, tmp_path):
    return Setup(people, tmp_path / "cache")


def test_figures_are_those_of_the_decoded_picture(setup):
    codec = StepsCodec()
    measured = setup.measure(codec, 10)
    image = setup.pictures.read(0)
    decoded = codec.decode(codec.encode(image, 10))
    figures = {name: values[0] for name, values in measured.figures.items()}
    assert figures["num_bytes"] == 3 + image.size and figures["container_bytes"] == 0
    assert figures["pixels"] == image.shape[0] * image.shape[1]
    assert figures["psnr_db"] == pytest.approx(metrics.psnr_db(image, decoded), abs=1e-3)
    assert figures["ms_ssim"] == pytest.approx(metrics.ms_ssim(image, decoded), abs=1e-5)
    assert figures["encode_ms"] > 0 and figures["decode_ms"] >= 0
    # The black picture has no face, and comes back unchanged.
    assert np.isnan(measured.landmarks[2]).all() and np.isnan(measured.embeddings[0][2]).all()
    assert measured.figures["psnr_db"][2] == np.inf
    assert np.isfinite(measured.embeddings[0][[0, 1, 3, 4, 5]]).all()


def test_a_second_run_measures_nothing(people, tmp_path):
    first_codec, second_codec = StepsCodec(), StepsCodec()
    first = Setup(people, tmp_path / "cache").measure(first_codec, 10)
    again_setup = Setup(people, tmp_path / "cache")
    assert again_setup.laboratory.missing(again_setup.pictures, second_codec, 10) == 0
    again = again_setup.measure(second_codec, 10)
    assert (first_codec.encoded, second_codec.encoded, again_setup.detector.searched) == (6, 0, 0)
    np.testing.assert_array_equal(first.embeddings[0], again.embeddings[0])
    for name in first.figures:
        np.testing.assert_array_equal(first.figures[name], again.figures[name])


def test_results_of_other_images_models_settings_and_recognisers_are_never_mixed_in(people, tmp_path):
    cache = tmp_path / "cache"
    Setup(people, cache).measure(StepsCodec(), 10)
    other = Setup(people, cache)
    assert other.laboratory.missing(other.pictures, StepsCodec("2"), 10) == 6
    assert other.laboratory.missing(other.pictures, StepsCodec(), 50) == 6

    class Another(MeanColour):
        fingerprint = "another fingerprint"

    both = Setup(people, cache, [MeanColour(), Another()])
    assert both.laboratory.missing(both.pictures, StepsCodec(), 10) == 6
    undetected = Setup(people, cache, detect=False)
    undetected.pictures = Pictures(undetected.dataset, landmarks=np.zeros([6, 5, 2], np.float32))
    assert undetected.laboratory.missing(undetected.pictures, StepsCodec(), 10) == 6
    # Another picture under an old name is measured, an old one under another name is not.
    image_file.write_png(people / "ann/0.png", np.full([32, 32, 3], 50, np.uint8))
    shutil.copy(people / "bob/0.png", people / "bob/9.png")
    changed = Setup(people, cache)
    codec = StepsCodec()
    measured = changed.measure(codec, 10)
    assert codec.encoded == 1 and measured.figures["pixels"][0] == 32 * 32
    assert measured.figures["psnr_db"][3] == measured.figures["psnr_db"][5]


def test_an_interrupted_run_goes_on_where_it_was(people, tmp_path, monkeypatch):
    monkeypatch.setattr("tf_ipr.evaluation.measurement._CHUNK_PIXELS", 2 * 168 * 168)

    def stop(count):
        stop.chunks += 1
        if stop.chunks == 2:
            raise KeyboardInterrupt

    stop.chunks = 0
    codec = StepsCodec()
    with pytest.raises(KeyboardInterrupt):
        Setup(people, tmp_path / "cache").measure(codec, 10, done=stop)
    assert codec.encoded == 4
    after = Setup(people, tmp_path / "cache")
    assert after.laboratory.missing(after.pictures, codec, 10) == 2
    assert not after.measure(codec, 10).failures and codec.encoded == 6


def test_a_half_written_chunk_is_measured_again(people, tmp_path):
    """A kill between the file of the embeddings and that of the figures."""
    Setup(people, tmp_path / "cache").measure(StepsCodec(), 10)
    for path in (tmp_path / "cache").rglob("figures/*.npz"):
        path.unlink()
    again = Setup(people, tmp_path / "cache")
    codec = StepsCodec()
    assert np.isfinite(again.measure(codec, 10).figures["psnr_db"][0]) and codec.encoded == 6


def test_failures_are_named_and_tried_again(people, tmp_path):
    pixels = known_face.image().copy()
    pixels[0, 0, 0] = 77
    image_file.write_png(people / "bob/1.png", pixels)
    (people / "cyd/0.png").write_bytes(b"\x89PNG no more")
    for _ in range(2):
        setup = Setup(people, tmp_path / "cache")
        codec = StepsCodec()
        measured = setup.measure(codec, 10)
        assert [index for index, _ in measured.failures] == [4, 5]
        assert measured.failures[0][1] == "steps failed: 77 is not for me"
        assert "cyd/0.png is not an image" in measured.failures[1][1]
        assert np.isnan(measured.figures["num_bytes"][[4, 5]]).all()
        assert np.isfinite(measured.figures["num_bytes"][:4]).all()


def test_originals_are_files_as_they_are(setup):
    measured = setup.measure(None, 0)
    assert measured.figures["num_bytes"].tolist() == [
        path.stat().st_size for path in setup.dataset.paths]
    assert np.all(measured.figures["ms_ssim"] > 0.9999)


def test_aligned_crops_have_the_templates_landmarks_and_need_a_face(setup, tmp_path):
    landmarks = Landmarks(tmp_path / "cache", lambda: setup.detector).of(setup.dataset)
    assert np.isnan(landmarks[2]).all() and np.isfinite(landmarks[0]).all()
    pictures = Pictures(setup.dataset, Crop("aligned", 112), landmarks)
    searched = setup.detector.searched
    measured = setup.measure(StepsCodec(), 10, pictures)
    assert setup.detector.searched == searched
    np.testing.assert_allclose(measured.landmarks[0], alignment.ARCFACE_TEMPLATE)
    assert measured.figures["pixels"][0] == 112 ** 2
    assert measured.failures == [(2, "no face was found in the original")]


def test_without_recognisers_nothing_is_detected(people, tmp_path):
    setup = Setup(people, tmp_path / "cache", recognizers=[])
    measured = setup.measure(StepsCodec(), 10)
    assert setup.detector.searched == 0 and not measured.embeddings
    assert np.isfinite(measured.figures["ms_ssim"]).all()


def test_reference_codecs_code_in_other_processes(setup):
    with setup.pool:
        measured = setup.measure(reference_codecs.JPEG, 50)
    image = setup.pictures.read(3)
    assert measured.figures["num_bytes"][3] == len(reference_codecs.JPEG.encode(image, 50))
    assert measured.figures["container_bytes"][3] == 193 and not measured.failures
