"""What tests of measuring share: a codec, a detector and a recogniser that count their work."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests import tiny_recognizer
from tf_ipr.evaluation.codecs.image_codec import ImageCodec
from tf_ipr.files import image_file
from tf_ipr.recognition import known_face
from tf_ipr.recognition.recognizer import Recognizer


class StepsCodec(ImageCodec):
    """Coarser steps of grey with a larger setting; in this process, so that it can count."""

    name = label = "steps"
    setting_name = "step"
    settings = (50, 10)
    all_settings = (100, 50, 20, 10, 5, 1)
    one_by_one = False

    def __init__(self, version: str = "1"):
        self.version = version
        self.encoded = 0

    def fingerprint(self):
        return f"steps {self.version}"

    def unavailable_reason(self):
        return None

    def encode(self, image_u8, setting):
        self.check_encode(image_u8, setting)
        if image_u8[0, 0, 0] == 77:
            raise ValueError("77 is not for me")
        self.encoded += 1
        return bytes([setting, *image_u8.shape[:2]]) + (image_u8 // setting).tobytes()

    def decode(self, data):
        return np.frombuffer(data[3:], np.uint8).reshape(data[1], data[2], 3) * data[0]


class KnownFaceDetector:
    """Finds the packaged photograph's landmarks in all pictures but black ones."""

    def __init__(self):
        self.searched = 0

    def landmarks(self, images):
        self.searched += len(images)
        return np.stack([known_face.LANDMARKS if image.any() else np.full([5, 2], np.nan)
                         for image in images])


class MeanColour:
    """A recogniser: the mean colours of the picture's quarters, as a unit vector."""

    name, fingerprint, embedding_size = "mean colour", "fingerprint of mean colour", 12
    embed_faces = Recognizer.embed_faces

    @dataclasses.dataclass
    class Facts:
        sha256: str = "0" * 64

    facts = Facts()

    def embed_images(self, images, landmarks):
        height, width = images.shape[1] // 2, images.shape[2] // 2
        quarters = [images[:, top:top + height, left:left + width].mean(axis=(1, 2))
                    for top in (0, height) for left in (0, width)]
        vector = np.concatenate(quarters, axis=1) - 100.0
        return vector / np.linalg.norm(vector, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def recognizer(tmp_path_factory):
    """A real recogniser, small and with random weights."""
    return Recognizer.load(tiny_recognizer.write(tmp_path_factory), check=False)


@pytest.fixture
def people(tmp_path):
    """Three people of 3, 2 and 1 images, in a folder each; one image is black."""
    face = known_face.image()
    pictures = {"ann/0": face, "ann/1": face // 2 + 60, "ann/2": np.zeros_like(face),
                "bob/0": face[:, ::-1], "bob/1": face[:, ::-1] // 2 + 60, "cyd/0": face[::-1]}
    for name, image in pictures.items():
        image_file.write_png(tmp_path / "people" / f"{name}.png", image)
    return tmp_path / "people"
