"""What tests of cards share: a face, a key and the codec of the shipped model for crops."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tf_ipr.bin import card
from tf_ipr.format import shipped_models
from tf_ipr.recognition import known_face
from tf_ipr.runtime.alignment import align


@pytest.fixture(scope="session")
def codec():
    return card.load_codec(shipped_models.ALIGNED[112])


@pytest.fixture(scope="session")
def crop():
    """uint8 (112, 112, 3), an aligned face."""
    return align(known_face.image(), known_face.LANDMARKS, 112)


@pytest.fixture(scope="session")
def key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="session")
def other_key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
