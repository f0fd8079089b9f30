"""A model on aligned crops, each at the lowest quality that keeps its identity."""

from __future__ import annotations

import numpy as np

from tf_ipr.encoding.identity_search import smallest_keeping_each
from tf_ipr.evaluation.codecs.codec_form import KEEP
from tf_ipr.evaluation.codecs.image_codec import Setting
from tf_ipr.evaluation.codecs.searching_codec import SearchingCodec
from tf_ipr.faces import alignment


class KeptIdentityCodec(SearchingCodec):
    """What tf_ipr_compress --align --min_identity makes; the setting is the cosine to keep.

    A crop that not even the highest quality keeps is coded at the highest.
    """

    search = KEEP
    setting_name = "min_identity"
    settings = (0.95, 0.97, 0.98, 0.985, 0.99)
    all_settings = tuple(thousandths / 1000 for thousandths in range(1, 1000))

    @property
    def name(self) -> str:
        return f"keep+{self.inner.name}"

    @property
    def label(self) -> str:
        return f"keep identity, {self.inner.label}"

    def fingerprint(self) -> str:
        return f"identity by {self.recognizer.fingerprint[:16]} kept, {self.inner.fingerprint()}"

    def encode_stack(self, images_u8: np.ndarray, setting: Setting) -> list[bytes]:
        """As the base class; ValueError for images that have no aligned crop's size."""
        points = alignment.template_for(images_u8.shape[1])
        found = smallest_keeping_each(self.inner.codec, images_u8, self.recognizer, setting,
                                      landmarks=np.stack([points] * len(images_u8)))
        return [one.stream for one in found]
