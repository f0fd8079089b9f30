"""One picture and what became of it in a few bytes: a row of the sheet, a block of the text."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.codecs.image_codec import ImageCodec
from tf_ipr.evaluation.demo import equal_bytes
from tf_ipr.evaluation.demo.equal_bytes import Coded
from tf_ipr.evaluation.demo.judge import Cosine


@dataclasses.dataclass(frozen=True)
class Part:
    """A picture by several codecs.

    Attributes:
      name: what the picture is.
      original_u8: uint8 [H, W, 3].
      allowed: bytes that no codec exceeds.
      coded: ours, then the others.
      threshold: the recogniser's cosine from which two faces are one person; None without a recogniser.
    """

    name: str
    original_u8: np.ndarray
    allowed: int
    coded: tuple[Coded, ...]
    threshold: float | None = None

    @property
    def title(self) -> str:
        height, width = self.original_u8.shape[:2]
        return f"{self.name}, {width}x{height} pixels, in at most {self.allowed:,} bytes"

    def verdict(self, coded: Coded) -> str:
        """What the recogniser says, or, without one, how near the pixels are."""
        if self.threshold is None:
            return f"PSNR {coded.psnr_db:.1f} dB"
        if coded.cosine is None:
            return "no face found"
        return f"{coded.cosine:.3f}: " + ("same person" if self.same_person(coded) else "not recognised")

    def same_person(self, coded: Coded) -> bool | None:
        """Whether the recogniser takes the two faces for one person; None without a recogniser."""
        if self.threshold is None:
            return None
        return coded.cosine is not None and coded.cosine >= self.threshold


def make(
    name: str,
    image_u8: np.ndarray,
    max_bytes: int,
    codec,
    others: Sequence[ImageCodec],
    cosine: Cosine | None = None,
    threshold: float | None = None,
) -> Part:
    """Codes a picture by ours and by the others.

    Args:
      name: what the picture is.
      image_u8: uint8 RGB [H, W, 3].
      max_bytes: allowed; where our lowest quality needs more, all codecs get as many as that.
      codec: ours.
      others: available codecs; those that cannot make a file so small are left out.
      cosine: how near a decoded face is to the original; None without a recogniser or a face.
      threshold: the recogniser's.
    """
    own = equal_bytes.ours(codec, image_u8, max_bytes, cosine)
    allowed = max(max_bytes, own.num_bytes)
    coded = [own, *(equal_bytes.other(one, image_u8, allowed, cosine) for one in others)]
    return Part(
        name,
        image_u8,
        allowed,
        tuple(one for one in coded if one is not None),
        None if cosine is None else threshold,
    )
