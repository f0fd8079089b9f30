"""Places that may be written: nothing that is another's, and no input under whatever name."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable

from tf_ipr.files import atomic_file, file_kind
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline.verb import Verb


class Inputs:
    """The files that are read, known by device and inode: links and letter case do not matter."""

    def __init__(self, paths: Iterable[pathlib.Path]):
        self._inodes = {inode for inode in map(_inode_of, paths) if inode}

    def require_none_at(self, target: pathlib.Path) -> None:
        """Raises OutputError if the target is one of the inputs."""
        if _inode_of(target) in self._inodes:
            raise OutputError(f"the output {target} would overwrite an input; choose another OUT")


def require_ours(target: pathlib.Path, verb: Verb, overwrite: bool) -> None:
    """Checks what one output would replace.

    Args:
      target: the place.
      verb: knows what is written.
      overwrite: whether a file of the right kind that is another's may be replaced, too.

    Raises:
      OutputError: there is a file that must stay.
    """
    atomic_file.require_replaceable(target, verb.writes)
    if target.exists() and not overwrite and target.stat().st_size:
        with open(target, "rb") as file:
            if not verb.is_ours(file.read(file_kind.HEAD_BYTES)):
                raise OutputError(f"{target} exists and was not made by tf_ipr, so it is not replaced; "
                                  "choose another output path, or replace it by --overwrite")


def _inode_of(path: pathlib.Path):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.normcase(os.path.realpath(path))
