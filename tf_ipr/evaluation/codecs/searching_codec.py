"""A model whose encoder searches, with a recogniser beside it; the decoder is the model's own."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.datasets.shape_batches import map_stacked
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec
from tf_ipr.recognition.recognizer import Recognizer


class SearchingCodec(ImageCodec):
    """Base of such codecs.

    Attributes:
      inner: the model.
      recognizer: who judges, at the encoder.
      search: what the search is called in a `CodecForm`.
      steps: of the search, or None.
    """

    one_by_one = False
    search: str
    steps: int | None = None

    def __init__(self, inner: LearnedCodec, recognizer: Recognizer):
        self.inner = inner
        self.recognizer = recognizer

    @property
    def form(self) -> CodecForm:
        return dataclasses.replace(self.inner.form, search=self.search, steps=self.steps,
                                   leaders=(self.recognizer.name,))

    @abc.abstractmethod
    def encode_stack(self, images_u8: np.ndarray, setting: Setting) -> list[bytes]:
        """The file of each image of one size, uint8 [B, H, W, 3]; arguments are checked."""

    def unavailable_reason(self) -> str | None:
        return self.inner.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        return self.encode_batch([image_u8], setting)[0]

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        for image_u8 in images_u8:
            self.check_encode(image_u8, setting)
        return map_stacked(lambda images: self.encode_stack(images, setting), images_u8)

    def decode(self, data: bytes) -> np.ndarray:
        return self.inner.decode(data)

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        return self.inner.decode_batch(files)

    def container_bytes(self, data: bytes) -> int:
        return self.inner.container_bytes(data)
