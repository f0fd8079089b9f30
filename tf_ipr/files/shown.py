"""Names and messages as one printable line, whatever characters a file's name holds."""

from __future__ import annotations

import os


def shown(text) -> str:
    """A path or a message for print(): line ends, control characters and bytes that are no text become
    escapes, so that a file's name can neither break a line nor steer a terminal."""
    text = os.fspath(text) if isinstance(text, os.PathLike) else str(text)
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
