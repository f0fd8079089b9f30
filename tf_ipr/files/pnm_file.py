"""PBM, PGM and PPM files (Netpbm): any maximum value, plain and binary."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image, PpmImagePlugin

from tf_ipr.files.picture import ImageFileError, Picture, Samples, split


def open_picture(file: BinaryIO) -> Picture:
    """Reads the header of a PNM file; see `picture.Picture`."""
    image = PpmImagePlugin.PpmImageFile(file)
    decoder, _, offset, arguments = image.tile[0]
    if decoder == "ppm" or arguments == "I;16B":
        # Pillow takes a second for a million samples that are not of 8 bits.
        maximum = 65535 if arguments == "I;16B" else int(arguments[1])  # type: ignore[index]
        bands = 3 if image.mode == "RGB" else 1
        return Picture(
            image.size,
            lambda: _decode(file, offset, image.size, bands, maximum),
            wide=maximum > 255,
        )

    def decode() -> Samples:
        image.load()
        if image.mode != "I":
            return split(image)
        return Samples(Image.fromarray(np.asarray(image).astype(np.uint16)))  # White is 65535.

    return Picture(image.size, decode)


def _decode(file: BinaryIO, offset: int, size: tuple[int, int], bands: int, maximum: int) -> Samples:
    """Binary samples of 0..maximum: as I;16 for grey of more than 8 bits, else of 8 bits."""
    width, height = size
    kind = np.dtype(">u2" if maximum > 255 else np.uint8)
    count = width * height * bands
    file.seek(offset)
    content = file.read(count * kind.itemsize)
    if len(content) < count * kind.itemsize:
        raise ImageFileError(f"is truncated: {len(content)} bytes of {count * kind.itemsize} are there")
    values = np.frombuffer(content, kind).reshape((height, width, 3)[: 2 + (bands == 3)])
    white, result = (65535, np.uint16) if bands == 1 and maximum > 255 else (255, np.uint8)
    # A table: each value is scaled once, and no large intermediate is needed.
    levels = np.arange(256**kind.itemsize, dtype=np.int64)
    scale = np.minimum((levels * 2 * white + maximum) // (2 * maximum), white).astype(result)
    return Samples(Image.fromarray(scale[values]))
