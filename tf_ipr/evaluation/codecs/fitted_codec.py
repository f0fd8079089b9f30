"""Any codec at a number of bytes: each picture at the best quality that fits.

Bytes are those of the payload, without the container (`containers.py`): whoever has to fit a face into a
chip or a two-dimensional code stores the picture alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting

BUDGETS = (300, 400, 500, 600, 800, 1024)


class FittedCodec(ImageCodec):
    """Another codec by bytes; what does not fit at the lowest quality is coded at the lowest."""

    setting_name = "bytes"
    settings = BUDGETS
    all_settings = tuple(range(1, 1 << 20))

    def __init__(self, inner: ImageCodec):
        self.inner = inner

    def __eq__(self, other):
        return isinstance(other, FittedCodec) and self.inner == other.inner

    def __hash__(self):
        return hash(("fit", self.inner))

    @property
    def name(self) -> str:
        return f"fit+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"fit, {self.inner.label}"

    @property
    def one_by_one(self) -> bool:
        return self.inner.one_by_one

    @property
    def form(self) -> CodecForm:
        return dataclasses.replace(self.inner.form, fit=True)

    def fingerprint(self) -> str:
        return f"largest payload that fits, {self.inner.fingerprint()}"

    def unavailable_reason(self) -> str | None:
        return self.inner.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        return self.encode_batch([image_u8], setting)[0]

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        """As the base class: bisection over the inner codec's settings, all pictures in step.

        Sizes grow along the settings but for a few bytes of wobble, so a slightly better setting may be
        missed.
        """
        for image_u8 in images_u8:
            self.check_encode(image_u8, setting)
        settings = self.inner.all_settings
        files = self.inner.encode_batch(images_u8, settings[0])
        low, high = [0] * len(images_u8), [len(settings)] * len(images_u8)
        while True:
            tried: dict = {}
            for index, (bottom, top) in enumerate(zip(low, high)):
                if top - bottom > 1:
                    tried.setdefault((bottom + top) // 2, []).append(index)
            if not tried:
                return files
            for middle, indices in tried.items():
                coded = self.inner.encode_batch([images_u8[index] for index in indices],
                                                settings[middle])
                for index, data in zip(indices, coded):
                    if len(data) - self.inner.container_bytes(data) <= setting:
                        low[index], files[index] = middle, data
                    else:
                        high[index] = middle

    def decode(self, data: bytes) -> np.ndarray:
        return self.inner.decode(data)

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        return self.inner.decode_batch(files)

    def container_bytes(self, data: bytes) -> int:
        return self.inner.container_bytes(data)
