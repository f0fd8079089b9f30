"""A model whose encoder refines the latent of every picture by a recogniser's gradient."""

from __future__ import annotations

import functools

import numpy as np

from tf_ipr.encoding.refinement import Refinement
from tf_ipr.evaluation.codecs.codec_form import REFINE
from tf_ipr.evaluation.codecs.image_codec import Setting
from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec
from tf_ipr.evaluation.codecs.searching_codec import SearchingCodec
from tf_ipr.faces import alignment
from tf_ipr.faces.detection import FaceDetector
from tf_ipr.recognition.recognizer import Recognizer


class RefinedCodec(SearchingCodec):
    """What tf_ipr_compress --refine makes; the setting is the quality.

    Pictures without a face are coded as the model's analysis has them.
    """

    search = REFINE
    setting_name = LearnedCodec.setting_name
    all_settings = LearnedCodec.all_settings

    def __init__(self, inner: LearnedCodec, recognizer: Recognizer, steps: int,
                 align: int | None = None):
        """Arguments:

          inner: the model.
          recognizer: whose gradient is followed, at the encoder.
          steps: of the refinement.
          align: the size of pictures that are aligned crops; None looks for the face in each.

        Raises ValueError and ImportError as `Refinement`.
        """
        super().__init__(inner, recognizer)
        self.settings = inner.settings
        self._refinement = Refinement(inner.codec, [recognizer], steps)
        self.steps = steps
        self._align = align
        self._detector = functools.cache(FaceDetector)

    @property
    def name(self) -> str:
        return f"refine{self._refinement.steps}+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"refine {self._refinement.steps}, {self.inner.label}"

    def fingerprint(self) -> str:
        return (f"refined by {self.recognizer.fingerprint[:16]} in {self._refinement.steps} steps, "
                f"{self.inner.fingerprint()}")

    def encode_stack(self, images_u8: np.ndarray, setting: Setting) -> list[bytes]:
        """As the base class; ValueError for images that have not the aligned crops' size."""
        height, width = images_u8.shape[1:3]
        if not self._align:
            landmarks = self._detector().landmarks(list(images_u8))
        elif height == width == self._align:
            landmarks = np.stack([alignment.template_for(self._align)] * len(images_u8))
        else:
            raise ValueError(f"The image has {width}x{height} pixels; aligned crops have "
                             f"{self._align}x{self._align}.")
        return self.inner.codec.compress_batch(images_u8, setting, self._refinement.of(landmarks))
