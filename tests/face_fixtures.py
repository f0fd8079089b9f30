"""What tests that look at faces share: a tiny recogniser and a real face."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture(scope="session")
def frozen_recognizer(tmp_path_factory):
    from tests import tiny_recognizer  # TensorFlow only where it is needed

    return tiny_recognizer.write(tmp_path_factory)


@pytest.fixture
def recognizer_folder(frozen_recognizer, tmp_path):
    """A frozen recogniser with random weights, to be spoilt at will."""
    return shutil.copytree(frozen_recognizer, tmp_path / "tiny")


@pytest.fixture(scope="session")
def face():
    """The packaged photograph, uint8 (168, 168, 3), with one face."""
    from tf_ipr.recognition import known_face

    return known_face.image()
