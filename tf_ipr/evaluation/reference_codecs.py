"""Codecs to compare with, each through its real encoder and each real byte counted.

| name | encoder | setting | fixed choices |
|---|---|---|---|
| jpeg | libjpeg-turbo (Pillow) | quality 1..95 | 4:2:0, baseline, optimised Huffman tables |
| webp | libwebp (Pillow) | quality 0..100 | lossy, method 6 (slowest, best) |
| avif | libaom (Pillow) | quality 0..100 | 4:2:0, 8 bits, one thread, speed 6 |
| hevc | x265 (PyAV) | CRF 0..51, in quarters | see `tf_ipr.evaluation.hevc` |

AVIF at speed 4 would take four times as long for 4 % fewer bytes at equal PSNR (LFW).
"""

from __future__ import annotations

import dataclasses
import io
from typing import Optional

import numpy as np
from PIL import Image, features

from tf_ipr.evaluation import hevc
from tf_ipr.evaluation.image_codec import ImageCodec


@dataclasses.dataclass(frozen=True)
class PillowCodec(ImageCodec):
    """A codec of Pillow; `label` is its format name there, `feature` its name among features."""

    name: str
    label: str
    settings: tuple[int, ...]
    all_settings: tuple[int, ...]
    feature: str
    options: tuple[tuple[str, object], ...] = ()
    setting_name: str = "quality"

    def identity(self) -> str:
        options = " ".join(f"{name}={value}" for name, value in self.options)
        return f"{self.label} {features.version(self.feature) or 'plugin'} {options}"

    def unavailable_reason(self) -> Optional[str]:
        if features.check(self.feature):
            return None
        hint = ""
        if self.feature == "avif":
            try:  # Pillow before 11.3 has AVIF only through this plugin, which registers itself.
                import pillow_avif  # noqa: F401
                return None
            except ImportError:
                hint = ", or pillow-avif-plugin"
        return f"this Pillow was built without {self.label}; install its wheel from PyPI{hint}"

    def encode(self, image_u8: np.ndarray, setting: int) -> bytes:
        self.check_encode(image_u8, setting)
        file = io.BytesIO()
        Image.fromarray(image_u8).save(file, self.label, quality=setting, **dict(self.options))
        return file.getvalue()

    def decode(self, data: bytes) -> np.ndarray:
        with Image.open(io.BytesIO(data), formats=[self.label]) as image:
            return np.asarray(image.convert("RGB"))


JPEG = PillowCodec(
    name="jpeg", label="JPEG", settings=(10, 20, 50), all_settings=tuple(range(1, 96)),
    feature="jpg", options=(("optimize", True), ("subsampling", "4:2:0")))
WEBP = PillowCodec(
    name="webp", label="WebP", settings=(5, 20, 50), all_settings=tuple(range(101)),
    feature="webp", options=(("method", 6),))
AVIF = PillowCodec(
    name="avif", label="AVIF", settings=(10, 30, 50), all_settings=tuple(range(101)),
    feature="avif", options=(("speed", 6), ("max_threads", 1), ("subsampling", "4:2:0")))

ALL = {codec.name: codec for codec in (hevc.HEVC, AVIF, WEBP, JPEG)}
