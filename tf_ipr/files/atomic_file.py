"""Files and folders that appear whole or not at all.

Everything the project writes goes to a temporary name beside the final one and is renamed when it
is complete, so that a kill at any moment leaves the old content or the new, never half of one.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import shutil
from typing import IO, Iterator, Union

PathLike = Union[str, "os.PathLike[str]"]


class OutputError(OSError):
    """The place that was asked for cannot be written."""


def _prepare(path: PathLike) -> tuple[pathlib.Path, pathlib.Path]:
    """Makes the parent folders; returns the final path (links followed) and a temporary one."""
    # A link is followed, so that the file it points to is renewed and the link stays.
    final = pathlib.Path(os.path.realpath(path))
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {final.parent} cannot be made ({error.strerror}); choose another output "
            "path") from error
    # The length of a name is limited, hence the cut; the token keeps two writers apart.
    temporary = final.parent / f".{final.name[:100]}.{secrets.token_hex(6)}.tmp"
    return final, temporary


def _not_writable(folder: pathlib.Path, error: OSError) -> OutputError:
    return OutputError(
        f"the folder {folder} cannot be written ({error.strerror}); choose another output path or "
        "change its permissions")


@contextlib.contextmanager
def writing(path: PathLike, mode: str = "wb") -> Iterator[IO]:
    """Opens a file that takes its name only when the block ends without an error.

        with atomic_file.writing("out/stream.ipr") as file:
            file.write(stream)

    Args:
      path: the final name. Missing parent folders are made; an existing file is replaced.
      mode: "wb" for bytes or "w" for text (UTF-8, line ends as given).

    Yields:
      The open file.

    Raises:
      OutputError: the folder cannot be made or written, or `path` is not a regular file.
      ValueError: for another mode.
    """
    if mode not in ("wb", "w"):
        raise ValueError(f"mode is {mode!r}; 'wb' and 'w' are possible: a file is written whole")
    final, temporary = _prepare(path)
    if final.exists() and not final.is_file():
        raise OutputError(f"{final} exists and is not a regular file; choose another output path")
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": ""}
    try:
        file = open(temporary, mode.replace("w", "x"), **text)
    except OSError as error:
        raise _not_writable(final.parent, error) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # Else the new name could reach the disk before the content.
        os.replace(temporary, final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def folder(path: PathLike) -> Iterator[pathlib.Path]:
    """Gives an empty folder to fill, which takes its name when the block ends without an error.

    A folder that had the name is replaced as a whole. Two renames do that, and a kill exactly
    between them leaves the old content under a hidden name beside the new, both complete.

    Args:
      path: the final name. Missing parent folders are made.

    Yields:
      The temporary folder, a `pathlib.Path` beside the final one.

    Raises:
      OutputError: the parent folder cannot be made or written, or `path` is a file.
    """
    final, temporary = _prepare(path)
    if final.exists() and not final.is_dir():
        raise OutputError(f"{final} exists and is not a folder; choose another output path")
    try:
        temporary.mkdir()
    except OSError as error:
        raise _not_writable(final.parent, error) from error
    try:
        yield temporary
        if final.exists():
            old = temporary.with_suffix(".old.tmp")
            os.replace(final, old)
            os.replace(temporary, final)
            shutil.rmtree(old)
        else:
            os.replace(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
