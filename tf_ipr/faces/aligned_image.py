"""Pre-aligned pictures: a face cut out so that its landmarks lie where everyone knows them."""

from __future__ import annotations

import math

import numpy as np

from tf_ipr.faces import alignment

# Below this reduction bilinear sampling alone shows no aliasing worth a blurrier picture.
_SHARP_REDUCTION = 2.0


class NoFaceError(ValueError):
    """No face was found where one is needed."""


def crop(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    """Cuts out an aligned face.

    A face that is more than twice as large as in the crop is cut out at a multiple of the size
    first and then shrunk with an anti-aliasing filter.

    Args:
        image: uint8 RGB (H, W, 3).
        landmarks: float32 [5, 2].
        size: one of `alignment.ALIGNED_SIZES`.

    Returns:
        uint8 (size, size, 3), with the landmarks on `alignment.template_for(size)`.
    """
    template = alignment.template_for(size)
    matrix = alignment.similarity(landmarks[None], template)[0].numpy()
    reduction = 1.0 / max(math.hypot(matrix[0, 0], matrix[1, 0]), 1e-6)
    through = None
    if reduction > _SHARP_REDUCTION:
        through = size * min(math.ceil(reduction), 16)
    pixels = alignment.align(image[None].astype(np.float32), landmarks[None], size, template,
                             through)
    return np.clip(np.round(pixels[0].numpy()), 0, 255).astype(np.uint8)


def crop_main_face(image: np.ndarray, detector, size: int) -> np.ndarray:
    """`crop` around the main face that `detector` finds; NoFaceError if there is none."""
    return crop(image, main_face_landmarks(image, detector), size)


def main_face_landmarks(image: np.ndarray, detector) -> np.ndarray:
    """float32 [5, 2] of the main face that `detector` finds; NoFaceError if there is none."""
    landmarks = detector.landmarks([image])[0]
    if not np.all(np.isfinite(landmarks)):
        raise NoFaceError("no face was found")
    return landmarks
