"""Shrink first, then any codec: what a practitioner does when a picture has to become small."""

from __future__ import annotations

import dataclasses
import struct

import numpy as np
from PIL import Image

from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting

_SIZE = struct.Struct(">HH")  # Behind the inner file: the original height and width.


@dataclasses.dataclass(frozen=True)
class ShrunkCodec(ImageCodec):
    """Another codec on a picture of `scale` times the sides; the decoder enlarges it again.

    Both ways with Pillow's Lanczos filter. The original size takes four bytes behind the inner
    file; they count, as container.
    """

    inner: ImageCodec
    scale: float

    def __post_init__(self):
        if not 0.0 < self.scale < 1.0:
            raise ValueError(f"shrink's scale must lie between 0 and 1, given {self.scale:g}")

    @property
    def name(self) -> str:
        return f"shrink{self.scale:g}+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"shrink {self.scale:g}, {self.inner.label}"

    @property
    def setting_name(self) -> str:
        return self.inner.setting_name

    @property
    def settings(self) -> tuple[Setting, ...]:
        return self.inner.settings

    @property
    def all_settings(self) -> tuple[Setting, ...]:
        return self.inner.all_settings

    @property
    def one_by_one(self) -> bool:
        return self.inner.one_by_one

    @property
    def form(self) -> CodecForm:
        return dataclasses.replace(self.inner.form, shrink=self.scale)

    def fingerprint(self) -> str:
        return f"shrink {self.scale:g} lanczos, {self.inner.fingerprint()}"

    def unavailable_reason(self) -> str | None:
        return self.inner.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        self.check_encode(image_u8, setting)
        height, width = image_u8.shape[:2]
        size = [max(1, round(side * self.scale)) for side in (width, height)]
        small = Image.fromarray(image_u8).resize(size, Image.Resampling.LANCZOS)
        return self.inner.encode(np.asarray(small), setting) + _SIZE.pack(height, width)

    def decode(self, data: bytes) -> np.ndarray:
        height, width = _SIZE.unpack(data[-_SIZE.size:])
        small = Image.fromarray(self.inner.decode(data[:-_SIZE.size]))
        return np.asarray(small.resize((width, height), Image.Resampling.LANCZOS))

    def container_bytes(self, data: bytes) -> int:
        return self.inner.container_bytes(data[:-_SIZE.size]) + _SIZE.size
