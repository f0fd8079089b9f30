"""One PNG file at a place that a user names: checked before the work, written after it."""

from __future__ import annotations

import os
import pathlib

import numpy as np

from tf_ipr.files import atomic_file, file_kind
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import targets, transcode
from tf_ipr.pipeline.verb import DECOMPRESS


def check(path: str | os.PathLike[str]) -> None:
    """Raises OutputError if the name promises something else, or another's file is there."""
    if not DECOMPRESS.fits(pathlib.Path(path).name):
        raise OutputError(f"what is written is PNG, and {os.fspath(path)} is the name of "
                          f"{file_kind.of_suffix(path)}; give it the suffix .png")
    targets.require_ours(pathlib.Path(path), DECOMPRESS, False)


def write(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Writes uint8 RGB (H, W, 3), whole or not at all; raises as `check`."""
    check(path)
    with atomic_file.writing(path) as file:
        file.write(transcode.png(image))
