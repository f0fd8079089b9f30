"""Faces in decoded images are measured once for each codec, setting and recogniser."""

import numpy as np
import pytest

from tf_ipr.datasets import image_file
from tf_ipr.evaluation import decoded_faces
from tf_ipr.recognition import alignment, known_face
from tf_ipr.recognition.recognizer import Recognizer


class _Codec:
    """Coarser steps of grey with a smaller setting."""

    def __init__(self):
        self.encoded = 0

    def identity(self):
        return "steps"

    def code_batch(self, images, setting):
        self.encoded += len(images)
        return [(bytes(100 // setting), image // setting * setting) for image in images]


class _Detector:
    def landmarks(self, images):
        return np.stack([known_face.LANDMARKS if image.any() else np.full([5, 2], np.nan)
                         for image in images])


class _Recognizer:
    fingerprint, embedding_size = "mean colour", 3
    embed_faces = Recognizer.embed_faces

    def embed_images(self, images, landmarks):
        mean = images.mean(axis=(1, 2)) + 1e-3
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


@pytest.fixture
def paths(tmp_path):
    face = known_face.image()
    for name, image in dict(a=face, b=face[:, ::-1], c=np.zeros_like(face)).items():
        image_file.write_png(tmp_path / f"{name}.png", image)
    return [tmp_path / f"{name}.png" for name in "abc"]


def test_results_are_kept_by_codec_and_setting(tmp_path, paths):
    codec = _Codec()
    arguments = paths, codec, 10, [_Recognizer()], _Detector(), tmp_path / "cache"
    first = decoded_faces.measure(*arguments, chunk=2)
    again = decoded_faces.measure(*arguments)
    assert codec.encoded == 3
    np.testing.assert_array_equal(first.num_bytes, [10, 10, 10])
    np.testing.assert_array_equal(first.embeddings[0], again.embeddings[0])
    assert first.psnr_db[2] == np.inf and 30 < first.psnr_db[0] < 40
    assert np.all(np.isnan(first.landmarks[2])) and np.all(np.isnan(first.embeddings[0][2]))
    other = decoded_faces.measure(paths, codec, 50, [_Recognizer()], _Detector(),
                                  tmp_path / "cache")
    assert codec.encoded == 6 and other.psnr_db[0] < first.psnr_db[0]


def test_originals_are_files_as_they_are(tmp_path, paths):
    result = decoded_faces.measure(paths, None, 0, [_Recognizer()], _Detector(), tmp_path / "c")
    assert result.num_bytes.tolist() == [path.stat().st_size for path in paths]


def test_aligned_crops_need_no_detection_and_miss_images_without_a_face(tmp_path, paths):
    landmarks = _Detector().landmarks([image_file.read_image(path) for path in paths])
    result = decoded_faces.measure(paths, _Codec(), 10, [_Recognizer()], None, tmp_path / "c",
                                   aligned_size=112, original_landmarks=landmarks)
    np.testing.assert_allclose(result.landmarks[0], alignment.ARCFACE_TEMPLATE)
    assert np.isnan(result.num_bytes[2]) and np.all(np.isnan(result.embeddings[0][2]))
