"""Reading a whole regular file, and nothing that only looks like one.

A named pipe would wait for ever for its writer, a device never ends, and a file of a terabyte does
not fit: each is refused before its content is asked for.
"""

from __future__ import annotations

import os
import stat

from tf_ipr.files.atomic_file import PathLike

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


class NotRegularError(OSError):
    """A pipe, a socket, a device, a folder, or larger than is allowed."""


def kind_of_mode(mode: int) -> str | None:
    """What is no regular file, in words: "a named pipe", ...; None for a regular file."""
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")


def read(path: PathLike, max_bytes: int | None = None) -> bytes:
    """The content of a regular file; links are followed.

    Args:
      path: the file.
      max_bytes: a larger file is refused unread.

    Raises:
      NotRegularError: it is something else or too large.
      OSError: it is absent or cannot be read.
    """
    # Before it is opened, for to open a device may do something; and after, for it may have changed.
    _require_regular(path, os.stat(path))
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        _require_regular(path, status)
        if max_bytes is not None and status.st_size > max_bytes:
            raise NotRegularError(
                f"{os.fspath(path)} has {status.st_size} bytes; at most {max_bytes} are read"
            )
        return file.read()


def _require_regular(path, status) -> None:
    kind = kind_of_mode(status.st_mode)
    if kind:
        raise NotRegularError(f"{os.fspath(path)} is {kind}; only regular files are read")
