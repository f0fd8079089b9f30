"""What of a picture is coded: the aligned face, or a loose upright square around it.

    aligned   the landmarks lie on ArcFace's template, as `tf_ipr_align` cuts it; 112, 128 or 448 pixels
    loose     upright, half as large again as the template's square: hair, chin and some background, as a
              tool for photographs of identity cuts it; any size from 16 pixels on

Landmarks are those of the original. In a crop they are known, so that no detector takes part.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from tf_ipr.evaluation.codecs.codec_form import ALIGNED, LOOSE
from tf_ipr.faces.aligned_image import NoFaceError
from tf_ipr.runtime.alignment import ALIGNED_SIZES, align, template_for

_LOOSENESS = 1.5
# Of ArcFace's template of 112 pixels: the middle of the eyes to that of the mouth, and where the point
# half way between them lies.
_EYES_TO_MOUTH, _HALF_WAY = 40.687, (56.03, 71.94)
_SMALLEST, _LARGEST = 16, 1024


@dataclasses.dataclass(frozen=True)
class Crop:
    """A way to cut, and the size in pixels of the square that comes out."""

    kind: str
    size: int

    def __post_init__(self):
        if self.kind == ALIGNED and self.size not in ALIGNED_SIZES:
            raise ValueError(f"aligned crops have 112, 128 or 448 pixels, given {self.size}")
        if self.kind == LOOSE and not _SMALLEST <= self.size <= _LARGEST:
            raise ValueError(f"loose crops have {_SMALLEST} to {_LARGEST} pixels, given {self.size}")

    @property
    def title(self) -> str:
        """In words."""
        return f"{self.kind} crops of {self.size} pixels"

    @property
    def label(self) -> str:
        """Before a codec's label."""
        return f"{'align' if self.kind == ALIGNED else 'loose'} {self.size}"

    def cut(self, image_u8: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The crop, uint8 [size, size, 3].

        Args:
          image_u8: uint8 RGB [H, W, 3].
          landmarks: float32 [5, 2] of the image.

        Raises:
          NoFaceError: the landmarks are NaN.
        """
        if not np.all(np.isfinite(landmarks)):
            raise NoFaceError("no face was found in the original")
        if self.kind == ALIGNED:
            return align(image_u8, landmarks, self.size)
        left, top, side = _square(landmarks)
        height, width = image_u8.shape[:2]
        # Beyond the picture lies black. Pillow's box counts pixel edges.
        margins = [int(np.ceil(max(0.0, beyond))) for beyond in (
            -left, -top, left + side - width, top + side - height)]
        padded = np.pad(image_u8, [(margins[1], margins[3]), (margins[0], margins[2]), (0, 0)])
        left, top = left + margins[0], top + margins[1]
        return np.asarray(Image.fromarray(padded).resize(
            (self.size, self.size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)))

    def landmarks(self, landmarks: np.ndarray) -> np.ndarray:
        """Where the landmarks of the image, float32 [5, 2], lie in the crop."""
        if self.kind == ALIGNED:
            return template_for(self.size)
        left, top, side = _square(landmarks)
        return ((landmarks + 0.5 - [left, top]) * (self.size / side) - 0.5).astype(np.float32)


def _square(landmarks: np.ndarray) -> tuple[float, float, float]:
    """Left and top edge and side of the loose square, in pixels."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    scale = max(float(np.linalg.norm(mouth - eyes)), 1.0) / _EYES_TO_MOUTH
    side = _LOOSENESS * 112 * scale
    margin = (_LOOSENESS - 1) / 2 * 112
    left, top = (eyes + mouth) / 2 + 0.5 - (np.array(_HALF_WAY) + 0.5 + margin) * scale
    return float(left), float(top), side
