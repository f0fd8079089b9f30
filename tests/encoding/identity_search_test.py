"""The smallest stream that keeps an identity, aligned crops and comparisons."""

import numpy as np
import pytest

from tf_ipr.encoding.identity_search import IdentityNotReached, smallest_keeping, smallest_keeping_each
from tf_ipr.faces import aligned_image, alignment
from tf_ipr.faces.detection import FaceDetector
from tf_ipr.recognition import comparison, known_face
from tf_ipr.runtime.alignment import align


class _Codec:
    """A stream of n bytes is quality n / 2, which the decoded image holds in its first pixel."""

    def __init__(self):
        self.coded = []

    def compress_batch(self, images, quality):
        assert len(images) == len(quality)
        self.coded.append(quality)
        self._images = images
        return [bytes(round(2 * one)) for one in quality]

    def decompress_batch(self, streams):
        decoded = self._images.copy()
        decoded[:, 0, 0, 0] = [len(stream) for stream in streams]
        return decoded


class _Recognizer:
    """Cosine to the original: of the stream's length and of the second pixel, the image's number."""

    def __init__(self, cosine_of_length, *others):
        self._cosines = cosine_of_length, *others

    def embed_faces(self, images, landmarks):
        return np.stack([self._embed(image) if np.all(np.isfinite(points)) else np.full(2, np.nan)
                         for image, points in zip(images, landmarks)]).astype(np.float32)

    def _embed(self, image):
        length = int(image[0, 0, 0])
        cosine = 1.0 if length == 255 else self._cosines[image[0, 1, 0] % 255](length)
        return np.array([cosine, np.sqrt(max(0.0, 1 - cosine ** 2))])


IMAGE = np.full([20, 20, 3], 255, np.uint8)
POINTS = alignment.template_for(112)


@pytest.mark.parametrize("needed", [2, 3, 57, 199, 200])
def test_finds_the_smallest_in_few_steps(needed):
    codec = _Codec()
    found = smallest_keeping(codec, IMAGE, _Recognizer(lambda n: 0.95 if n >= needed else 0.5),
                             0.9, landmarks=POINTS)
    assert (len(found.stream), found.quality) == (needed, needed / 2)
    assert found.cosine == pytest.approx(0.95) and len(codec.coded) <= 10


def test_what_is_returned_keeps_the_identity_even_if_quality_is_not_monotonic():
    recognizer = _Recognizer(lambda n: 0.91 if n % 7 == 0 or n > 190 else 0.8)
    found = smallest_keeping(_Codec(), IMAGE, recognizer, 0.9, landmarks=POINTS)
    assert found.cosine >= 0.9


def test_each_image_of_a_batch_has_its_own_quality():
    images = np.stack([IMAGE] * 4)
    images[:, 0, 1, 0] = 0, 1, 2, 0
    points = np.stack([POINTS] * 4)
    points[3] = np.nan
    recognizer = _Recognizer(lambda n: 0.95 if n >= 20 else 0.5, lambda n: (n + 0.5) / 200, lambda n: 0.8)
    codec = _Codec()
    first, second, never, faceless = smallest_keeping_each(codec, images, recognizer, 0.9,
                                                           landmarks=points)
    assert (len(first.stream), len(second.stream)) == (20, 180)
    assert (never.quality, len(never.stream)) == (100.0, 200)
    assert never.cosine == pytest.approx(0.8) and faceless is None
    assert len(codec.coded) <= 10


def test_says_so_when_no_quality_keeps_it():
    with pytest.raises(IdentityNotReached, match="no quality keeps an identity of 0.99: the "
                                                 "highest reaches 0.970 with 200 bytes"):
        smallest_keeping(_Codec(), IMAGE, _Recognizer(lambda n: 0.97), 0.99, landmarks=POINTS)


def test_image_without_a_face_and_bad_limits_are_named():
    class _Blind:
        def landmarks(self, images):
            return np.full([len(images), 5, 2], np.nan, np.float32)

    with pytest.raises(aligned_image.NoFaceError, match="no face"):
        smallest_keeping(_Codec(), IMAGE, _Recognizer(float), 0.9, _Blind())
    with pytest.raises(ValueError, match="min_identity is 1.5"):
        smallest_keeping(_Codec(), IMAGE, _Recognizer(float), 1.5, _Blind())


def test_face_lost_in_decoding_counts_as_not_kept():
    class _Detector:
        def landmarks(self, images):
            found = images[0][0, 0, 0] > 100
            return np.where(found, POINTS, np.nan)[None].astype(np.float32)

    found = smallest_keeping(_Codec(), IMAGE, _Recognizer(lambda n: 0.95), 0.9, _Detector())
    assert len(found.stream) == 101 and found.cosine == pytest.approx(0.95)


@pytest.mark.parametrize("size", alignment.ALIGNED_SIZES)
def test_aligned_crop_has_its_landmarks_on_the_template(face, size):
    pytest.importorskip("mtcnn")
    crop = aligned_image.crop_main_face(face, FaceDetector(), size)
    assert crop.shape == (size, size, 3) and crop.dtype == np.uint8
    found = FaceDetector().landmarks([crop])[0]
    np.testing.assert_allclose(found, alignment.template_for(size), atol=0.06 * size)


def test_large_faces_are_shrunk_smoothly(face):
    large = np.repeat(np.repeat(face, 6, 0), 6, 1)
    points = alignment.scale_points(known_face.LANDMARKS, 6.0)
    small = align(face, known_face.LANDMARKS, 112).astype(float)
    assert np.mean(np.abs(align(large, points, 112) - small)) < 4.0


def test_comparison_describes_both_faces(face, recognizer_folder):
    pytest.importorskip("mtcnn")
    from tf_ipr.recognition.recognizer import Recognizer
    recognizer, detector = Recognizer.load(recognizer_folder), FaceDetector()
    result = comparison.compare(recognizer, detector, face, face)
    assert result["same_person"] is True and result["cosine"] == pytest.approx(1.0, abs=1e-5)
    assert result["a"]["faces"] == 1 and np.shape(result["a"]["landmarks"]) == (5, 2)
    nothing = comparison.compare(recognizer, detector, face, np.zeros_like(face))
    assert nothing["b"] is None and nothing["cosine"] is None and nothing["same_person"] is None
