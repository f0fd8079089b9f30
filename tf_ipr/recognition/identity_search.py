"""The smallest stream whose decoded face is still the same face."""

from __future__ import annotations

import dataclasses
from typing import Optional

import numpy as np

from tf_ipr.coding import QUALITY_STEPS
from tf_ipr.recognition.aligned_image import NoFaceError


class IdentityNotReached(ValueError):
    """No quality keeps the identity that was asked for."""


@dataclasses.dataclass(frozen=True)
class Found:
    """A stream and what it keeps.

    Attributes:
        stream: the bytes.
        quality: it was coded with.
        cosine: between the embeddings of the original and the decoded face.
    """

    stream: bytes
    quality: float
    cosine: float


def smallest_keeping(codec, image: np.ndarray, recognizer, min_identity: float, detector=None,
                     landmarks: Optional[np.ndarray] = None) -> Found:
    """Bisects the quality for the smallest stream that keeps an identity.

    What is judged is what a server would see: the decoded image, with the landmarks found in it by
    itself. (A pre-aligned image has its landmarks by construction, given as `landmarks`.)

    Args:
        codec: a `tf_ipr.Codec`.
        image: uint8 RGB (H, W, 3).
        recognizer: a `Recognizer`.
        min_identity: cosine to keep, below 1.
        detector: a `FaceDetector`; not needed with `landmarks`.
        landmarks: float32 [5, 2] that hold in the original and in every decoded image.

    Returns:
        The stream found; its cosine is at least `min_identity`.

    Raises:
        NoFaceError: the original has no face.
        IdentityNotReached: not even the highest quality keeps it.
        ValueError: `min_identity` is not within -1..1.
    """
    if not -1.0 <= min_identity < 1.0:
        raise ValueError(f"min_identity is {min_identity}; a cosine in -1 <= x < 1 is expected")

    def embed(pixels):
        points = landmarks
        if points is None:
            points = detector.landmarks([pixels])[0]
        if not np.all(np.isfinite(points)):
            return None
        return recognizer.embed_images(pixels[None], points[None])[0]

    original = embed(image)
    if original is None:
        raise NoFaceError("no face was found")

    def code(half_steps) -> Found:
        stream = codec.compress(image, quality=half_steps / 2)
        embedding = embed(codec.decompress(stream))
        cosine = -1.0 if embedding is None else float(original @ embedding)
        return Found(stream, half_steps / 2, cosine)

    low, high = QUALITY_STEPS[0] - 1, QUALITY_STEPS[-1]
    best = code(high)
    if best.cosine < min_identity:
        raise IdentityNotReached(
            f"no quality keeps an identity of {min_identity:g}: the highest reaches "
            f"{best.cosine:.3f} with {len(best.stream)} bytes. Ask for less, or use a model "
            "trained for identity.")
    while high - low > 1:
        middle = (low + high) // 2
        found = code(middle)
        if found.cosine >= min_identity:
            high, best = middle, found
        else:
            low = middle
    return best
