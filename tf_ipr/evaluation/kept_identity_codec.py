"""A model on aligned crops, each at the lowest quality that keeps its identity."""

from __future__ import annotations

import dataclasses
from typing import Optional, Sequence

import numpy as np

from tf_ipr.datasets.shape_batches import map_stacked
from tf_ipr.evaluation.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.learned_codec import LearnedCodec
from tf_ipr.recognition import alignment
from tf_ipr.recognition.identity_search import smallest_keeping_each
from tf_ipr.recognition.recognizer import Recognizer


@dataclasses.dataclass(frozen=True)
class KeptIdentityCodec(ImageCodec):
    """What tf_ipr_compress --align --min_identity makes; the setting is the cosine to keep.

    A crop that not even the highest quality keeps is coded at the highest.

    Attributes:
      inner: the model.
      recognizer: who judges, at the encoder.
    """

    inner: LearnedCodec
    recognizer: Recognizer

    setting_name = "min_identity"
    settings = (0.95, 0.97, 0.98, 0.985, 0.99)
    all_settings = tuple(thousandths / 1000 for thousandths in range(1, 1000))
    one_by_one = False

    @property
    def name(self) -> str:
        return f"keep+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"keep identity, {self.inner.label}"

    def identity(self) -> str:
        return f"identity by {self.recognizer.fingerprint[:16]} kept, {self.inner.identity()}"

    def unavailable_reason(self) -> Optional[str]:
        return self.inner.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        """As the base class; ValueError also for an image that has no aligned crop's size."""
        return self.encode_batch([image_u8], setting)[0]

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        for image_u8 in images_u8:
            self.check_encode(image_u8, setting)

        def encode(images):
            points = alignment.template_for(images.shape[1])
            found = smallest_keeping_each(self.inner.codec, images, self.recognizer, setting,
                                          landmarks=np.stack([points] * len(images)))
            return [one.stream for one in found]

        return map_stacked(encode, images_u8)

    def decode(self, data: bytes) -> np.ndarray:
        return self.inner.decode(data)

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        return self.inner.decode_batch(files)

    def container_bytes(self, data: bytes) -> int:
        return self.inner.container_bytes(data)
