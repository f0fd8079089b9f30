"""GIF files (CompuServe, GIF89a): the first frame.

Viewers leave what the first frame does not cover transparent. Pillow fills it with a colour and looks
at how the frame is disposed of, so it gets a file of that one frame alone.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from PIL import GifImagePlugin

from tf_ipr.files.picture import ImageFileError, Picture, split

SIGNATURES = (b"GIF87a", b"GIF89a")
_EXTENSION, _FRAME, _TRAILER = b"!", b",", b";"
_GRAPHIC_CONTROL = 0xF9


def open_picture(file: BinaryIO) -> Picture:
    """Reads up to the end of the first frame; see `picture.Picture`."""
    screen = file.read(13)
    if len(screen) < 13:
        raise ImageFileError("is truncated or damaged: it has no GIF header")
    parts = [_palette(file, screen[10])]
    while True:
        marker = file.read(1)
        if marker == _EXTENSION:
            label = file.read(1)
            blocks = _blocks(file)
            if label == bytes([_GRAPHIC_CONTROL]) and len(blocks) >= 6:
                # Bits 2 to 4 say how to dispose of the frame, which is of no use here.
                parts.append(marker + label + blocks[:1] + bytes([blocks[1] & 0b11100011]) + blocks[2:])
        elif marker == _FRAME:
            frame = file.read(9)
            if len(frame) == 9:
                break
        else:
            raise ImageFileError("is truncated or damaged: it has no GIF frame")
    x, y, width, height = struct.unpack("<4H", frame[:8])
    canvas = tuple(
        max(pair) for pair in zip(struct.unpack("<2H", screen[6:10]), (x + width, y + height))
    )
    parts += [
        _FRAME,
        struct.pack("<4H", 0, 0, width, height),
        frame[8:],
        _palette(file, frame[8]),
        file.read(1),
        _blocks(file),
        _TRAILER,
    ]
    alone = screen[:6] + struct.pack("<2H", width, height) + screen[10:] + b"".join(parts)
    image = GifImagePlugin.GifImageFile(io.BytesIO(alone))

    def decode():
        image.load()
        return split(image)

    return Picture(canvas, decode, offset=(x, y))


def _palette(file: BinaryIO, flags: int) -> bytes:
    return file.read(3 << (flags & 7) + 1) if flags & 128 else b""


def _blocks(file: BinaryIO) -> bytes:
    """Sub-blocks up to the empty one, or the end of the file."""
    blocks = []
    while True:
        size = file.read(1)
        blocks.append(size)
        if size in (b"", b"\0"):
            return b"".join(blocks)
        blocks.append(file.read(size[0]))
