"""What a library writes to the standard error stream when it starts, without the lines nobody needs."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

_STDERR = 2
_lock = threading.Lock()


def _unlock() -> None:
    """A forked process has none of the threads that may have held the lock."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)


@contextlib.contextmanager
def without_line(text: bytes) -> Iterator[None]:
    """Leaves out lines that contain `text` from what the process writes to file descriptor 2 meanwhile.

    Native libraries write there without asking Python.  Everything else comes through when the block
    ends.  One thread at a time is inside.
    """
    with _lock, contextlib.ExitStack() as stack:
        try:
            kept = os.dup(_STDERR)
        except OSError:  # closed: nobody reads it anyway
            yield
            return
        stack.callback(os.close, kept)
        written = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(written.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(kept, _STDERR)
            written.seek(0)
            rest = b"".join(line for line in written if text not in line)
            with contextlib.suppress(OSError):
                os.write(_STDERR, rest)
