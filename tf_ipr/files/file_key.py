"""The key of an image file in every cache: its content, whatever its name."""

from __future__ import annotations

import hashlib
import pathlib


def file_key(path) -> str:
    """SHA-256 of a file's bytes, the first 32 hex digits; raises OSError where it is unreadable."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:32]
