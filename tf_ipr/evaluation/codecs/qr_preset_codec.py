"""The picture that tools for faces in QR codes make: grey WebP of 48 pixels.

As the preset for matching of idphoto (ID PASS): a portrait of 3:4 around the face, its longer side 48
pixels, without colour, lossy WebP. Here the picture given is cut to its middle three quarters, which
holds the whole face of a loose crop; the decoder enlarges it and repeats its edge columns.
"""

from __future__ import annotations

import dataclasses
import struct

import numpy as np
from PIL import Image

from tf_ipr.evaluation.codecs import pillow_codecs
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting

_LONGEST = 48
_SIZE = struct.Struct(">HH")  # Behind the WebP file: the height and width given.


@dataclasses.dataclass(frozen=True)
class QrPresetCodec(ImageCodec):
    """idphoto's preset; the setting is WebP's quality, 60 in the preset."""

    name: str = "idphoto"
    label: str = "idphoto 48"
    setting_name: str = "quality"
    settings: tuple[int, ...] = (60,)
    all_settings: tuple[int, ...] = tuple(range(101))

    @property
    def _webp(self) -> ImageCodec:
        return pillow_codecs.grey(pillow_codecs.WEBP)

    def fingerprint(self) -> str:
        return f"grey 3:4 of {_LONGEST} pixels, {self._webp.fingerprint()}"

    def unavailable_reason(self) -> str | None:
        return self._webp.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        self.check_encode(image_u8, setting)
        height, width = image_u8.shape[:2]
        left, right = _portrait(height, width)
        scale = _LONGEST / max(height, right - left)
        size = [max(1, round(side * scale)) for side in (right - left, height)]
        small = Image.fromarray(image_u8[:, left:right]).resize(size, Image.Resampling.LANCZOS)
        return self._webp.encode(np.asarray(small), setting) + _SIZE.pack(height, width)

    def decode(self, data: bytes) -> np.ndarray:
        height, width = _SIZE.unpack(data[-_SIZE.size:])
        left, right = _portrait(height, width)
        small = Image.fromarray(self._webp.decode(data[:-_SIZE.size]))
        large = np.asarray(small.resize((right - left, height), Image.Resampling.LANCZOS))
        return np.pad(large, [(0, 0), (left, width - right), (0, 0)], "edge")

    def container_bytes(self, data: bytes) -> int:
        return self._webp.container_bytes(data[:-_SIZE.size]) + _SIZE.size


def _portrait(height: int, width: int) -> tuple[int, int]:
    """First and last column of the middle that is three quarters as wide as high, or all."""
    kept = min(width, round(0.75 * height))
    left = (width - kept) // 2
    return left, left + kept


QR_PRESET = QrPresetCodec()
