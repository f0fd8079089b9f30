"""Fixtures that every test may use."""

from __future__ import annotations

import os
import pathlib

import pytest

from tests.face_fixtures import face, frozen_recognizer, recognizer_folder  # noqa: F401  # pylint: disable=unused-import


@pytest.fixture(scope="session")
def shared_dir() -> pathlib.Path:
    """Folder of large data beside the checkout (`TF_IPR_SHARED` overrides); skips where absent."""
    checkout = pathlib.Path(__file__).resolve().parents[1]
    folder = pathlib.Path(os.environ.get("TF_IPR_SHARED", checkout.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder} (set TF_IPR_SHARED to where it is)")
    return folder
