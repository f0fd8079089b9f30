"""Five landmarks of a face, float32 [5, 2] as (x, y) in pixels, pixel centres at integers: left eye,
right eye, nose, left and right corner of the mouth, left being the smaller x.
"""

from __future__ import annotations

import numpy as np

# Left and right change places when a face is mirrored.
_MIRRORED = [1, 0, 2, 4, 3]


def mirror(landmarks: np.ndarray, width: int) -> np.ndarray:
    """Landmarks [..., 5, 2] in the mirror image of a picture `width` pixels wide; float32."""
    landmarks = np.asarray(landmarks, np.float32)[..., _MIRRORED, :].copy()
    landmarks[..., 0] = width - 1 - landmarks[..., 0]
    return landmarks
