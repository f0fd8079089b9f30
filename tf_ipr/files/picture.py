"""A picture between its file and its pixels: what every reader of a kind of file hands over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PIL import Image


class ImageFileError(ValueError):
    """The file is no image that is read, is damaged, or is too large."""


@dataclasses.dataclass
class Samples:
    """Decoded pixels, before their colours are those of sRGB.

    Attributes:
      colours: mode L, RGB, CMYK or LAB with 8 bits, or I;16 for grey whose white is 65535.
      alpha: mode L, 255 for opaque; None where everything is.
    """

    colours: Image.Image
    alpha: Image.Image | None = None


@dataclasses.dataclass
class Picture:
    """A file whose header is read and whose pixels are not.

    Attributes:
      size: width and height, of the whole canvas.
      decode: gives the samples; called once.
      profile: the ICC profile of the colours; None for sRGB.
      orientation: of EXIF, 1 to 8, still to be undone; 1 is upright.
      offset: where the samples lie on the canvas.
      wide: the file has 16 bits a sample, and `decode` gives the upper 8 of its colours.
    """

    size: tuple[int, int]
    decode: Callable[[], Samples]
    profile: bytes | None = None
    orientation: int = 1
    offset: tuple[int, int] = (0, 0)
    wide: bool = False


def split(image: Image.Image) -> Samples:
    """Parts the colours of a loaded image of 8 bits from its alpha.

    Args:
      image: of any mode of Pillow with 8 bits a sample or fewer, or I;16 of white 65535.
    """
    mode = image.mode
    if mode in ("La", "RGBa"):  # Premultiplied.
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[mode])
    elif mode == "PA" or (mode == "P" and "transparency" in image.info):
        image = image.convert("RGBA")
    elif mode in ("P", "RGBX", "YCbCr"):
        image = image.convert("RGB")
    elif mode == "1":
        image = image.convert("L")
    if image.mode in ("LA", "RGBA"):
        return Samples(image.convert(image.mode[:-1]), image.getchannel("A"))
    if image.mode not in ("L", "I;16", "RGB", "CMYK", "LAB"):
        raise ImageFileError(
            f"has pixels of Pillow's mode {mode}, which has no agreed meaning "
            "here; store it with 8 or 16 bits a sample"
        )
    return Samples(image)
