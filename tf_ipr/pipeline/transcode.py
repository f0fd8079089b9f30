"""Bytes to bytes, without files: what a folder's run and a distributed pipeline do to each element."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from tf_ipr.files import image_file

# What tells our pictures from another's, see `is_our_png`.
_SOFTWARE = ("Software", "tf_ipr")


@dataclasses.dataclass(frozen=True)
class Rate:
    """How a quality is chosen: exactly one of the three is not None.

    Attributes:
      quality: 1 (fewest bytes) .. 100.
      max_bytes: the best whose stream has at most so many bytes.
      target_bpp: the one that comes nearest to so many bits per pixel.
    """
    quality: float | None = None
    max_bytes: int | None = None
    target_bpp: float | None = None

    def __post_init__(self):
        if len(self.options) != 1:
            raise ValueError(f"{self} is given; give exactly one of its three")

    @property
    def options(self) -> dict:
        """The one that is given, as `Codec.compress` takes it."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def compress(picture: bytes, codec: Any, rate: Rate, max_pixels: int,
             name: str = "the picture") -> bytes:
    """A picture file's bytes -> a stream; `name` stands in errors.

    Raises:
      ImageFileError: no picture, damaged, or larger than `max_pixels`.
      ValueError: smaller than 16 pixels, or not to be had at that rate.
    """
    return codec.compress(read(picture, max_pixels, name), **rate.options)


def decompress(stream: bytes, codec_of: Callable[[bytes], Any]) -> bytes:
    """A stream -> a PNG file's bytes.

    Args:
      stream: the stream.
      codec_of: stream -> the codec that decodes it.

    Raises:
      BitstreamError: damaged, foreign, too large, or of another model.
    """
    return png(codec_of(stream).decompress(stream))


def read(picture: bytes, max_pixels: int, name: str = "the picture") -> np.ndarray:
    """A picture file's bytes -> uint8 RGB (H, W, 3), by `image_file`; `name` stands in errors."""
    file = io.BytesIO(picture)
    file.name = name
    return image_file.read_image(file, max_pixels)


def png(image: np.ndarray, dpi: tuple[float, float] | None = None) -> bytes:
    """uint8 RGB (H, W, 3) -> a PNG file's bytes, which name the software that wrote them."""
    software = PngImagePlugin.PngInfo()
    software.add_text(*_SOFTWARE)
    file = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(
        file, "png", pnginfo=software, **({"dpi": dpi} if dpi else {}))
    return file.getvalue()


def is_our_png(head: bytes) -> bool:
    """Whether a PNG file, of which this is the beginning, was made by `png`."""
    return b"tEXt" + b"\0".join(part.encode("latin-1") for part in _SOFTWARE) in head[:128]
