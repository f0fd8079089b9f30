"""The files of one kind in a folder and its subfolders."""

from __future__ import annotations

import os
import pathlib
from typing import Sequence

from tf_ipr.files.atomic_file import PathLike


def list_files(folder: PathLike, suffixes: Sequence[str], kind: str) -> list[pathlib.Path]:
    """Lists files by suffix, in capitals too.

    Args:
      folder: the folder; hidden files and folders in it are left out.
      suffixes: with the dot, in small letters.
      kind: what such a file is called in errors.

    Returns:
      Paths that begin with `folder`, sorted by their parts, so that the order is the same on
      every file system.

    Raises:
      FileNotFoundError: the folder does not exist or holds no such file.
      NotADirectoryError: `folder` is a file.
    """
    folder = pathlib.Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"the folder {folder} does not exist")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; a folder is needed")
    paths = []
    for root, subfolders, names in os.walk(folder):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        paths += [pathlib.Path(root, name) for name in names
                  if not name.startswith(".") and name.lower().endswith(tuple(suffixes))]
    if not paths:
        raise FileNotFoundError(
            f"the folder {folder} holds no {kind}; known suffixes: {', '.join(suffixes)}")
    return sorted(paths)
