"""The files in a folder and its subfolders: each of them, or why it is left out."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from tf_ipr.files import regular_file
from tf_ipr.files.atomic_file import PathLike


class LeftOut(NamedTuple):
    """An entry of a folder that is no file to read.

    Attributes:
      path: begins with the folder.
      reason: in words.
      failure: whether something may be missing that was meant: an unreadable folder, a broken link. Not
        so with hidden entries and with links to what is listed anyway.
    """

    path: pathlib.Path
    reason: str
    failure: bool


class Tree(NamedTuple):
    """What a folder holds.

    Attributes:
      files: regular files, and links to such, not hidden; sorted by their parts, so that the order is
        the same on every file system.
      left_out: every other entry but plain folders, which were walked through; sorted likewise.
    """

    files: Sequence[pathlib.Path]
    left_out: Sequence[LeftOut]


def walk(folder: PathLike) -> Tree:
    """Lists a folder and its subfolders.

    Links to files are followed. Links to folders are too, unless the folder is walked through anyway:
    so a loop of links ends, and nothing is listed twice. Hidden entries, whose name begins with a dot,
    are left out; hidden folders as a whole.

    Raises:
      FileNotFoundError: the folder does not exist.
      NotADirectoryError: it is a file.
    """
    folder = pathlib.Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"the folder {folder} does not exist")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; a folder is needed")
    walker = _Walker()
    walker.enter(folder)
    while walker.links:  # After all that is there in person.
        walker.enter(walker.links.pop(0))
    return Tree(sorted(walker.files), sorted(walker.left_out))


class _Walker:
    """Collects entries; knows folders by device and inode, whatever leads to them."""

    def __init__(self):
        self.files: list[pathlib.Path] = []
        self.left_out: list[LeftOut] = []
        self.links: list[pathlib.Path] = []
        self._seen: dict[tuple, pathlib.Path] = {}

    def enter(self, top: pathlib.Path) -> None:
        """Walks through a folder unless that has been done; without recursion, for folders may lie
        thousands deep."""
        folders = [top]
        while folders:
            folder = folders.pop()
            try:
                known = self._seen.setdefault(_inode_of(folder), folder)
                if known is not folder:
                    self._leave_out(folder, f"it is {known} again, whose files are listed there", False)
                    continue
                with os.scandir(folder) as entries:
                    # Names first: what a file system says while it is read may change under way.
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._leave_out(folder, f"the folder cannot be read ({error.strerror})", True)
                continue
            for entry in found:
                path = folder / entry.name
                if entry.name.startswith("."):
                    # The project's own bookkeeping is no entry of the user's.
                    if not entry.name.startswith(".tf_ipr"):
                        self._leave_out(path, "hidden", False)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    self._add(path)

    def _add(self, path: pathlib.Path) -> None:
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            what = "the link leads nowhere" if path.is_symlink() else "it cannot be read"
            self._leave_out(path, f"{what} ({error.strerror})", True)
            return
        kind = regular_file.kind_of_mode(mode)
        if kind is None:
            self.files.append(path)
        elif kind == "a folder":
            self.links.append(path)
        else:
            self._leave_out(path, f"it is {kind}", True)

    def _leave_out(self, path: pathlib.Path, reason: str, failure: bool) -> None:
        self.left_out.append(LeftOut(path, reason, failure))


def _inode_of(folder: pathlib.Path) -> tuple:
    status = os.stat(folder)
    # Some file systems of Windows number nothing.
    return (status.st_dev, status.st_ino) if status.st_ino else (os.path.realpath(folder),)


def list_files(folder: PathLike, suffixes: Sequence[str], kind: str) -> list[pathlib.Path]:
    """Lists files by suffix, in capitals too.

    Args:
      folder: the folder; see `walk` for links. Hidden files and folders in it are left out.
      suffixes: with the dot, in small letters.
      kind: what such a file is called in errors.

    Returns:
      Paths that begin with `folder`, sorted by their parts.

    Raises:
      FileNotFoundError: the folder does not exist or holds no such file.
      NotADirectoryError: `folder` is a file.
      OSError: a subfolder cannot be read, or an entry with such a suffix is a pipe, a broken link or
        the like: what was meant to be listed would be missing.
    """
    tree = walk(folder)
    suffixes = tuple(suffixes)
    for path, reason, failure in tree.left_out:
        if failure and (path.name.lower().endswith(suffixes) or path.is_dir()):
            raise OSError(f"{path}: {reason}; mend it or take it out of the folder")
    paths = [path for path in tree.files if path.name.lower().endswith(suffixes)]
    if not paths:
        raise FileNotFoundError(
            f"the folder {folder} holds no {kind}; known suffixes: {', '.join(suffixes)}"
        )
    return paths
