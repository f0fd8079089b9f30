"""What tests of recognition share: a tiny recogniser and a real face."""

from __future__ import annotations

import shutil

import pytest

from tests import tiny_recognizer
from tf_ipr.recognition import known_face


@pytest.fixture(scope="session")
def _frozen(tmp_path_factory):
    return tiny_recognizer.write(tmp_path_factory)


@pytest.fixture
def recognizer_folder(_frozen, tmp_path):
    """A frozen recogniser with random weights, to be spoilt at will."""
    return shutil.copytree(_frozen, tmp_path / "tiny")


@pytest.fixture(scope="session")
def face():
    """The packaged photograph, uint8 (168, 168, 3), with one face."""
    return known_face.image()
