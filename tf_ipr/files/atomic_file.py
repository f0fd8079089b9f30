"""Files and folders that appear whole or not at all, in the place of nothing that is another's.

Everything the project writes goes to a temporary name beside the final one and is renamed when it
is complete, so that a kill at any moment leaves the old content or the new, never half of one.

What is replaced is of the kind that is written. A file is, if its content is (`file_kind`): a stream
does not take the place of a photograph, whatever their names. A folder is, if it has the file that
marks such folders and holds nothing else beside.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
from collections.abc import Collection, Iterator
from typing import IO, Union

from tf_ipr.files import file_kind

PathLike = Union[str, "os.PathLike[str]"]

# A write that fails with one of these does not say to which file.
_DISK_ERRORS = (errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC))


class OutputError(OSError):
    """The place that was asked for cannot be written, or holds something that is not replaced."""


def _prepare(path: PathLike) -> tuple[pathlib.Path, pathlib.Path]:
    """Makes the parent folders; returns the final path (links followed) and a temporary one."""
    # A link is followed, so that the file it points to is renewed and the link stays.
    final = pathlib.Path(os.path.realpath(path))
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {final.parent} cannot be made ({error.strerror}); choose another output path"
        ) from error
    # Without the final name, which may itself be as long as names can be; the token keeps two writers
    # apart.
    return final, final.parent / f".tf_ipr-{os.urandom(6).hex()}.tmp"


def _not_writable(folder: pathlib.Path, error: OSError) -> OutputError:
    return OutputError(
        f"the folder {folder} cannot be written ({error.strerror}); choose another output path or "
        "change its permissions"
    )


@contextlib.contextmanager
def writing(path: PathLike, mode: str = "wb") -> Iterator[IO]:
    """Opens a file that takes its name only when the block ends without an error.

        with atomic_file.writing("out/stream.ipr") as file:
            file.write(stream)

    Args:
      path: the final name. Missing parent folders are made; an existing file is replaced if it is
        empty or of the same kind.
      mode: "wb" for bytes or "w" for text (UTF-8, line ends as given).

    Yields:
      The open file.

    Raises:
      OutputError: the folder cannot be made or written, the disk is full, `path` is not a regular
        file, or it is a file of another kind than what was written.
      ValueError: for another mode.
    """
    if mode not in ("wb", "w"):
        raise ValueError(f"mode is {mode!r}; 'wb' and 'w' are possible: a file is written whole")
    final, temporary = _prepare(path)
    if final.exists() and not final.is_file():
        raise OutputError(f"{final} exists and is not a regular file; choose another output path")
    encoding, newline = (None, None) if mode == "wb" else ("utf-8", "")
    try:
        file = open(temporary, mode.replace("w", "x"), encoding=encoding, newline=newline)
    except OSError as error:
        raise _not_writable(final.parent, error) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # Else the new name could reach the disk before the content.
        require_replaceable(final, file_kind.of_file(temporary))
        _rename(temporary, final)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise OutputError(f"{final} cannot be written ({error.strerror})") from error
        raise


def _rename(temporary: pathlib.Path, final: pathlib.Path) -> None:
    try:
        os.replace(temporary, final)
    except OSError as error:
        raise OutputError(
            f"{final} cannot be written ({error.strerror}); choose another output path"
        ) from error


def require_replaceable(path: PathLike, kind: str | None) -> None:
    """Checks that a file may be put in the place of another: ask early, before long work.

    Args:
      path: the place; links are followed. Absent and empty files may be replaced by anything.
      kind: of what will be written, `file_kind`.

    Raises:
      OutputError: the file there is of another kind, is no regular file or cannot be read.
    """
    if not os.path.exists(path):
        return
    if not os.path.isfile(path):
        raise OutputError(
            f"{os.fspath(path)} exists and is not a regular file; choose another output path"
        )
    try:
        old = file_kind.of_file(path)
    except OSError as error:
        raise OutputError(
            f"{os.fspath(path)} exists and cannot be read ({error.strerror}), so it is "
            "not replaced; choose another output path"
        ) from error
    if old not in ("", kind):
        raise OutputError(
            f"{os.fspath(path)} exists and is {_named(old)}, not {_named(kind)}, so it is not replaced; "
            "choose another output path or move the file away"
        )


def _named(kind: str | None) -> str:
    return f"a file of the kind {kind}" if kind else "a file of an unknown kind"


@contextlib.contextmanager
def folder(
    path: PathLike, mark: str | None = None, ours: Collection[str] = ()
) -> Iterator[pathlib.Path]:
    """Gives an empty folder to fill, which takes its name when the block ends without an error.

    A folder that had the name is replaced as a whole. Two renames do that, and a kill exactly
    between them leaves the old content under a hidden name beside the new, both complete.

    Args:
      path: the final name. Missing parent folders are made.
      mark: the file that every folder of this kind holds. A folder is replaced only if it is empty, or
        holds this file and no entry of a name that the new one lacks. Without a mark only an empty
        folder is.
      ours: names of entries that folders of this kind may hold, and that need not come again.

    Yields:
      The temporary folder, a `pathlib.Path` beside the final one.

    Raises:
      OutputError: the parent folder cannot be made or written, `path` is a file, or it is a folder of
        something else.
    """
    final, temporary = _prepare(path)
    if final.exists() and not final.is_dir():
        raise OutputError(f"{final} exists and is not a folder; choose another output path")
    _require_marked(final, mark)
    try:
        temporary.mkdir()
    except OSError as error:
        raise _not_writable(final.parent, error) from error
    try:
        yield temporary
        if final.exists():
            _require_nothing_else(final, temporary, ours)
            old = temporary.with_suffix(".old.tmp")
            os.replace(final, old)
            os.replace(temporary, final)
            shutil.rmtree(old)
        else:
            os.replace(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _require_marked(final: pathlib.Path, mark: str | None) -> None:
    if final.is_dir() and os.listdir(final) and not (mark and (final / mark).is_file()):
        raise OutputError(
            f"{final} exists and holds other files ({', '.join(sorted(os.listdir(final))[:3])}), so it "
            "is not replaced; choose another output path or empty the folder"
        )


def _require_nothing_else(final: pathlib.Path, new: pathlib.Path, ours: Collection[str]) -> None:
    for root, folders, names in os.walk(final):
        inside = pathlib.Path(root).relative_to(final)
        if inside == pathlib.Path():
            folders[:] = [name for name in folders if name not in ours]
            names = [name for name in names if name not in ours]
        for name in sorted([*folders, *names]):
            if not (new / inside / name).exists():
                raise OutputError(
                    f"{final} holds {inside / name}, which is none of the files written there, so it is "
                    "not replaced; choose another output path or move that file away"
                )
