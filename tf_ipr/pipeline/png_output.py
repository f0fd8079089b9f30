"""One PNG file at a place that a user names: checked before the work, written after it."""

from __future__ import annotations

import os
import pathlib

import numpy as np

from tf_ipr.files import atomic_file, file_kind
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import targets, transcode
from tf_ipr.pipeline.verb import DECOMPRESS


def check(path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Raises OutputError if the name promises something else, or a file is there that must stay.

    That is any file that is no PNG, and without `overwrite` a PNG that is another's.
    """
    if not DECOMPRESS.fits(pathlib.Path(path).name):
        raise OutputError(f"what is written is PNG, and {os.fspath(path)} is the name of "
                          f"{file_kind.of_suffix(path)}; give it the suffix .png")
    targets.require_ours(pathlib.Path(path), DECOMPRESS, overwrite)


def write(path: str | os.PathLike[str], image: np.ndarray, overwrite: bool = False,
          dpi: tuple[float, float] | None = None) -> None:
    """Writes uint8 RGB (H, W, 3), whole or not at all; raises as `check`. `dpi`: dots per inch."""
    check(path, overwrite)
    with atomic_file.writing(path) as file:
        file.write(transcode.png(image, dpi))
