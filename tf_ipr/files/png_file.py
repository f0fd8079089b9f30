"""PNG files (W3C, Portable Network Graphics, third edition).

Pillow sees the chunks that hold pixels and no others. So a long or damaged note in a file does no
harm, and what bears on the colours is read here as the standard says, not as Pillow's mode implies.
"""

from __future__ import annotations

import dataclasses
import io
import struct
import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from tf_ipr.files import colour_space, exif
from tf_ipr.files.picture import ImageFileError, Picture, Samples, split

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FOR_PILLOW = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_COLOUR_AND_EXIF = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"tRNS")
_GREY, _COLOUR, _PALETTE, _GREY_ALPHA = 0, 2, 3, 4


@dataclasses.dataclass
class _Chunks:
    """The parts of a file that matter: a smaller PNG for Pillow, and chunks by name."""

    png: bytes
    notes: dict[bytes, bytes]

    @property
    def header(self) -> tuple[int, int]:
        """Bits a sample, colour type."""
        return self.png[24], self.png[25]


def open_picture(file: BinaryIO) -> Picture:
    """Reads the header of a PNG file; see `picture.Picture`."""
    chunks = _read_chunks(file)
    image = PngImagePlugin.PngImageFile(io.BytesIO(chunks.png))
    depth, kind = chunks.header
    return Picture(
        image.size,
        lambda: _decode(image, chunks),
        profile=_profile(chunks),
        orientation=exif.orientation(chunks.notes.get(b"eXIf")),
        wide=depth == 16,
    )


def _read_chunks(file: BinaryIO) -> _Chunks:
    kept, notes = [file.read(8)], {}
    while True:
        head = file.read(8)
        if len(head) < 8:
            break  # Pillow says whether pixels are missing.
        length, name = struct.unpack(">I4s", head)
        if name in _FOR_PILLOW or (name in _COLOUR_AND_EXIF and name not in notes):
            body = file.read(length + 4)
            if name in _FOR_PILLOW:
                kept.append(head + body)
            elif len(body) == length + 4 and (
                zlib.crc32(name + body[:-4]) == struct.unpack(">I", body[-4:])[0]
            ):
                notes[name] = body[:-4]
        elif file.seekable():
            file.seek(length + 4, io.SEEK_CUR)
        if name == b"IEND":
            break
    if len(kept) < 2 or kept[1][4:8] != b"IHDR" or len(kept[1]) != 25:
        raise ImageFileError("is truncated or damaged: it has no PNG header")
    if kept[-1][4:8] != b"IEND":
        kept.append(struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND")))
    if kept[1][17] == _PALETTE and b"tRNS" in notes:
        body = b"tRNS" + notes[b"tRNS"]
        at = next((n for n, chunk in enumerate(kept) if chunk[4:8] == b"IDAT"), len(kept) - 1)
        kept.insert(at, struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
    return _Chunks(b"".join(kept), notes)


def _profile(chunks: _Chunks) -> bytes | None:
    """The colours' profile, by the standard's order: cICP, iCCP, sRGB, then gAMA and cHRM."""
    notes = chunks.notes
    grey = chunks.header[1] in (_GREY, _GREY_ALPHA)
    if len(notes.get(b"cICP", b"")) == 4:
        return colour_space.of_code_points(notes[b"cICP"][0], notes[b"cICP"][1], grey)
    if b"iCCP" in notes:
        try:
            # After the name, its zero, and the compression method.
            return zlib.decompress(notes[b"iCCP"].split(b"\0", 1)[1][1:])
        except (IndexError, zlib.error):
            pass  # Viewers go on without it.
    if b"sRGB" in notes:
        return None
    gamma = struct.unpack(">I", notes[b"gAMA"])[0] / 1e5 if len(notes.get(b"gAMA", b"")) == 4 else None
    points = (
        np.array(struct.unpack(">8I", notes[b"cHRM"])).reshape(4, 2) / 1e5
        if len(notes.get(b"cHRM", b"")) == 32
        else None
    )
    return colour_space.of_gamma(gamma, points, grey)


def _decode(image: PngImagePlugin.PngImageFile, chunks: _Chunks) -> Samples:
    depth, kind = chunks.header
    if (depth, kind) == (16, _GREY_ALPHA):
        # Four bytes a pixel, as RGBA has them, so that the lower ones are kept.
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        pixels = np.asarray(image).astype(np.uint16)
        return Samples(Image.fromarray(pixels[..., 0] * 256 + pixels[..., 1]), image.getchannel("B"))
    image.load()
    transparent = chunks.notes.get(b"tRNS")
    if transparent is None or kind not in (_GREY, _COLOUR):
        return split(image)
    if len(transparent) != (2 if kind == _GREY else 6):
        return split(image)
    # The sample values that mean "transparent", in the file's own depth.
    values = np.frombuffer(transparent, ">u2").astype(np.int64)
    samples = split(image).colours
    pixels = np.asarray(samples)
    if kind == _GREY:
        match = pixels == (values[0] if depth == 16 else values[0] * 255 // (2**depth - 1))
    elif depth == 8:
        match = np.all(pixels == values, axis=-1)
    else:  # Pillow keeps one byte of 16-bit colour; the lower ones take a second look.
        again = PngImagePlugin.PngImageFile(io.BytesIO(chunks.png))
        again.tile = [tile._replace(args="RGB;16L") for tile in again.tile]
        match = np.all(pixels == values >> 8, axis=-1) & np.all(
            np.asarray(again) == values & 255, axis=-1
        )
    return Samples(samples, Image.fromarray(np.where(match, 0, 255).astype(np.uint8)))
