"""A model whose encoder searches: the latent of every picture refined by a recogniser's gradient."""

from __future__ import annotations

import functools
from typing import Optional, Sequence

import numpy as np

from tf_ipr.datasets.shape_batches import map_stacked
from tf_ipr.evaluation.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.learned_codec import LearnedCodec
from tf_ipr.recognition import alignment
from tf_ipr.recognition.detection import FaceDetector
from tf_ipr.recognition.recognizer import Recognizer
from tf_ipr.refinement import Refinement


class RefinedCodec(ImageCodec):
    """What tf_ipr_compress --refine makes; the setting is the quality.

    Pictures without a face are coded as the model's analysis has them.
    """

    setting_name = LearnedCodec.setting_name
    all_settings = LearnedCodec.all_settings
    one_by_one = False

    def __init__(self, inner: LearnedCodec, recognizer: Recognizer, steps: int,
                 align: Optional[int] = None):
        """Arguments:

          inner: the model.
          recognizer: whose gradient is followed, at the encoder.
          steps: of the refinement.
          align: the size of pictures that are aligned crops; None looks for the face in each.

        Raises ValueError and ImportError as `Refinement`.
        """
        self.inner = inner
        self.settings = inner.settings
        self._refinement = Refinement(inner.codec, [recognizer], steps)
        self._align = align
        self._detector = functools.cache(FaceDetector)

    @property
    def name(self) -> str:
        return f"refine{self._refinement.steps}+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"refine {self._refinement.steps}, {self.inner.label}"

    def identity(self) -> str:
        recognizer, = self._refinement.recognizers
        return (f"refined by {recognizer.fingerprint[:16]} in {self._refinement.steps} steps, "
                f"{self.inner.identity()}")

    def unavailable_reason(self) -> Optional[str]:
        return self.inner.unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        """As the base class; ValueError also for an image that has not the aligned crops' size."""
        return self.encode_batch([image_u8], setting)[0]

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        for image_u8 in images_u8:
            self.check_encode(image_u8, setting)
            if self._align and image_u8.shape[:2] != (self._align, self._align):
                raise ValueError(f"The image has {image_u8.shape[1]}x{image_u8.shape[0]} pixels; aligned "
                                 f"crops have {self._align}x{self._align}.")
        return map_stacked(
            lambda images: self.inner.codec.compress_batch(
                images, setting, self._refinement.of(self._landmarks(images))), images_u8)

    def _landmarks(self, images) -> np.ndarray:
        if self._align:
            return np.stack([alignment.template_for(self._align)] * len(images))
        return self._detector().landmarks(list(images))

    def decode(self, data: bytes) -> np.ndarray:
        return self.inner.decode(data)

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        return self.inner.decode_batch(files)

    def container_bytes(self, data: bytes) -> int:
        return self.inner.container_bytes(data)
