"""The main face of a picture: where it is, and its aligned crop."""

from __future__ import annotations

import numpy as np

from tf_ipr.runtime.alignment import align


class NoFaceError(ValueError):
    """No face was found where one is needed."""


def crop_main_face(image: np.ndarray, detector, size: int) -> np.ndarray:
    """`tf_ipr.align` around the main face that `detector` finds; NoFaceError if there is none."""
    return align(image, main_face_landmarks(image, detector), size)


def main_face_landmarks(image: np.ndarray, detector) -> np.ndarray:
    """float32 [5, 2] of the main face that `detector` finds; NoFaceError if there is none."""
    landmarks = detector.landmarks([image])[0]
    if not np.all(np.isfinite(landmarks)):
        raise NoFaceError("no face was found")
    return landmarks
