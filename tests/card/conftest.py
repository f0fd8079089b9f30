"""What tests of cards share: a face, a key and the codec of the shipped model for crops."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tf_ipr
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models
from tf_ipr.pipeline import codecs
from tf_ipr.runtime.alignment import align


@pytest.fixture(scope="session")
def codec():
    return codecs.for_both(shipped_models.ALIGNED[112])


@pytest.fixture(scope="session")
def crop():
    """uint8 (112, 112, 3), an aligned face."""
    # tf_ipr.recognition.known_face without TensorFlow, so that these tests run where there is none.
    packaged = pathlib.Path(tf_ipr.__file__).parent / "recognition" / "known_face.png"
    landmarks = [[64.11, 60.59], [106.04, 62.90], [84.88, 88.17], [60.89, 98.87], [104.95, 100.87]]
    return align(image_file.read_image(packaged), np.array(landmarks), 112)


@pytest.fixture(scope="session")
def key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="session")
def other_key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
