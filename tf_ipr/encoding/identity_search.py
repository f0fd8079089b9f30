"""The smallest stream whose decoded face is still the same face."""

from __future__ import annotations

import dataclasses

import numpy as np

from tf_ipr.faces.aligned_image import NoFaceError
from tf_ipr.format.bitstream import QUALITY_STEPS


class IdentityNotReached(ValueError):
    """No quality keeps the identity that was asked for."""


@dataclasses.dataclass(frozen=True)
class Found:
    """A stream and what it keeps.

    Attributes:
        stream: the bytes.
        quality: it was coded with.
        cosine: between the embeddings of the original and the decoded face; -1 where decoding lost
            the face.
    """

    stream: bytes
    quality: float
    cosine: float


def smallest_keeping(codec, image: np.ndarray, recognizer, min_identity: float, detector=None,
                     landmarks: np.ndarray | None = None) -> Found:
    """Bisects the quality for the smallest stream that keeps an identity.

    Args:
        codec, recognizer, min_identity, detector: as for `smallest_keeping_each`.
        image: uint8 RGB (H, W, 3).
        landmarks: float32 [5, 2] that hold in the original and in every decoded image.

    Returns:
        The stream found; its cosine is at least `min_identity`.

    Raises:
        NoFaceError: the original has no face.
        IdentityNotReached: not even the highest quality keeps it.
        ValueError: `min_identity` is not within -1..1.
    """
    found, = smallest_keeping_each(codec, image[None], recognizer, min_identity, detector,
                                   None if landmarks is None else landmarks[None])
    if found is None:
        raise NoFaceError("no face was found")
    if found.cosine < min_identity:
        raise IdentityNotReached(
            f"no quality keeps an identity of {min_identity:g}: the highest reaches "
            f"{found.cosine:.3f} with {len(found.stream)} bytes. Ask for less, or use a model "
            "trained for identity.")
    return found


def smallest_keeping_each(codec, images: np.ndarray, recognizer, min_identity: float,
                          detector=None, landmarks: np.ndarray | None = None
                          ) -> list[Found | None]:
    """Bisects the quality of every image, all of them together.

    What is judged is what a server would see: the decoded image, with the landmarks found in it by
    itself. (A pre-aligned image has its landmarks by construction, given as `landmarks`.)

    Args:
        codec: a `tf_ipr.Codec`.
        images: uint8 RGB (B, H, W, 3).
        recognizer: a `Recognizer`.
        min_identity: cosine to keep, below 1.
        detector: a `FaceDetector`; not needed with `landmarks`.
        landmarks: float32 [B, 5, 2] that hold in the originals and in every decoded image.

    Returns:
        For each image the stream found; where not even the highest quality keeps the identity, that
        of the highest; None where the original has no face.

    Raises:
        ValueError: `min_identity` is not within -1..1.
    """
    if not -1.0 <= min_identity < 1.0:
        raise ValueError(f"min_identity is {min_identity}; a cosine in -1 <= x < 1 is expected")

    def embed(pixels, members):
        """Embeddings; NaN where there is no face."""
        points = detector.landmarks(list(pixels)) if landmarks is None else landmarks[members]
        return recognizer.embed_faces(pixels, points)

    originals = embed(images, np.arange(len(images)))

    def code(members, half_steps):
        streams = codec.compress_batch(images[members], half_steps / 2)
        embeddings = embed(codec.decompress_batch(streams), members)
        cosines = np.nan_to_num(np.sum(originals[members] * embeddings, axis=1), nan=-1.0)
        return [Found(stream, float(step) / 2, float(cosine))
                for stream, step, cosine in zip(streams, half_steps, cosines)]

    best: list[Found | None] = [None] * len(images)
    low = np.full(len(images), QUALITY_STEPS[0] - 1)
    high = np.full(len(images), QUALITY_STEPS[-1])
    members = np.flatnonzero(np.all(np.isfinite(originals), axis=1))
    steps = high
    while len(members):
        for index, found in zip(members, code(members, steps[members])):
            kept = found.cosine >= min_identity
            if kept or best[index] is None:
                best[index], high[index] = found, 2 * found.quality
            if not kept:
                low[index] = 2 * found.quality
        steps = (low + high) // 2
        members = members[high[members] - low[members] > 1]
    return best
