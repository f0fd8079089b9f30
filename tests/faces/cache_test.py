"""Caches compute once, go on after a kill, and never mix images or recognisers."""

import numpy as np
import pytest

from tests import tiny_recognizer
from tf_ipr.datasets.landmarks import mirror
from tf_ipr.faces import cache
from tf_ipr.faces.cache import Cache
from tf_ipr.files import image_file
from tf_ipr.recognition import known_face
from tf_ipr.recognition.recognizer import Recognizer


class _CountingDetector:
    """Finds the known face wherever the image is not black."""

    def __init__(self, fail_after=10 ** 9):
        self.seen, self._fail_after = 0, fail_after

    def landmarks(self, images):
        if self.seen + len(images) > self._fail_after:
            raise KeyboardInterrupt
        self.seen += len(images)
        return np.stack([known_face.LANDMARKS if image.any() else np.full([5, 2], np.nan)
                         for image in images])


@pytest.fixture
def paths(tmp_path, face):
    """Six images, the third black, the last a copy of the first."""
    result = []
    for number in range(6):
        image = np.roll(face, number % 5, axis=1) if number != 2 else np.zeros_like(face)
        result.append(tmp_path / f"{number}.png")
        image_file.write_png(result[-1], image)
    return result


def test_rows_come_back_by_key(tmp_path):
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    Cache(tmp_path / "c", [2]).add(["a", "b", "c"], rows)
    again = Cache(tmp_path / "c", [2])
    again.add(["d"], [[9, 9]])
    again = Cache(tmp_path / "c", [2])
    assert len(again) == 4 and "b" in again and "e" not in again
    np.testing.assert_array_equal(again.gather(["c", "d", "a"]), [[4, 5], [9, 9], [0, 1]])


def test_rows_of_another_shape_and_other_files_are_refused(tmp_path):
    Cache(tmp_path / "c", [2]).add(["a"], [[1, 2]])
    with pytest.raises(ValueError, match=r"expected rows of \(3,\); choose another"):
        Cache(tmp_path / "c", [3])
    with pytest.raises(ValueError, match="rows are"):
        Cache(tmp_path / "c", [2]).add(["b"], [[1, 2, 3]])
    (tmp_path / "c" / "000001.npz").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="000001.npz is not a cache file.*delete it"):
        Cache(tmp_path / "c", [2])


def test_landmarks_are_computed_once(tmp_path, paths):
    detector = _CountingDetector()
    for _ in range(2):
        landmarks = cache.landmarks_of_files(paths, tmp_path / "cache", lambda: detector, chunk=2)
        assert np.all(np.isnan(landmarks[2])) and np.isnan(landmarks).sum() == 10
    assert detector.seen == 5                      # the copy has the content of the first
    image_file.write_png(paths[1], np.full([20, 20, 3], 7, np.uint8))
    cache.landmarks_of_files(paths, tmp_path / "cache", lambda: detector)
    assert detector.seen == 6


def test_work_goes_on_after_an_interruption(tmp_path, paths):
    with pytest.raises(KeyboardInterrupt):
        cache.landmarks_of_files(paths, tmp_path / "cache",
                                 lambda: _CountingDetector(fail_after=4), chunk=2)
    done, detector = [], _CountingDetector()
    cache.landmarks_of_files(paths, tmp_path / "cache", lambda: detector, chunk=2,
                             progress=lambda *numbers: done.append(numbers))
    assert detector.seen == 1 and done == [(6, 6)]


def test_embeddings_are_those_of_the_image_and_of_its_mirror_image(
        tmp_path, paths, recognizer_folder):
    recognizer = Recognizer.load(recognizer_folder)
    landmarks = cache.landmarks_of_files(paths, tmp_path / "cache", _CountingDetector)
    embeddings = cache.embeddings_of_files(recognizer, paths, landmarks, tmp_path / "cache")
    assert embeddings.shape == (6, 2, 8) and np.all(np.isnan(embeddings[2]))
    image = image_file.read_image(paths[1])
    np.testing.assert_allclose(embeddings[1, :1],
                               recognizer.embed_images(image[None], landmarks[1:2]), atol=1e-5)
    np.testing.assert_allclose(
        embeddings[1, 1:], recognizer.embed_images(image[None, :, ::-1],
                                                   mirror(landmarks[1:2], 168)), atol=1e-5)


def test_embeddings_of_another_recogniser_are_not_mixed_in(tmp_path, paths, recognizer_folder):
    first = Recognizer.load(recognizer_folder)
    other = Recognizer(first._network, tiny_recognizer.facts(colour_order="BGR"), "another fingerprint")
    landmarks = np.repeat(known_face.LANDMARKS[None], 6, 0)
    a, b = (cache.embeddings_of_files(r, paths, landmarks, tmp_path / "cache")
            for r in (first, other))
    assert a.shape == (6, 2, 8) and not np.allclose(a, b)


def test_mirrored_landmarks_keep_left_on_the_left():
    mirrored = mirror(known_face.LANDMARKS, 168)
    assert mirrored[0, 0] < mirrored[1, 0] and mirrored[3, 0] < mirrored[4, 0]
    np.testing.assert_allclose(mirror(mirrored, 168), known_face.LANDMARKS)
