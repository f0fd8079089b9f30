"""From a picture of any size to what is coded: the aligned face and the whole picture.

A thousand bytes hold the face of a picture of about 256×256 pixels, not that of a photograph of twelve
megapixels. So the whole picture is shrunk. Where its face would become too small to be recognised, the
surroundings of the face are cut out first. The aligned face is taken from the picture as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tf_ipr.faces.detection import Face, main_face
from tf_ipr.runtime import alignment

FACE_SIDE = 112
PICTURE_SIDE = 256  # Pixels of the longer side of the whole picture.
DETECTION_SIDE = 1024  # Pixels of the longer side of the picture in which faces are sought.
_LEAST_FACE = 72  # Pixels of the longer side of the face in the whole picture.
_SURROUNDINGS = 2.4  # Side of what is cut out, in sides of the face: about as in LFW.
_LEAST_SIDE = 16  # What the codec takes.


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is coded.

    Attributes:
      face_u8: the aligned face, uint8 [112, 112, 3]; None where no face was found or sought.
      picture_u8: the whole picture, uint8 [H, W, 3], sides of at most 256 pixels.
      notes: what was done to the picture and how many faces there are, in sentences.
    """

    face_u8: np.ndarray | None
    picture_u8: np.ndarray
    notes: tuple[str, ...]


def of(image_u8: np.ndarray, detector=None) -> Subject:
    """Finds the face and brings the picture to its size.

    Args:
      image_u8: uint8 RGB [H, W, 3], of any size.
      detector: a `FaceDetector`; None where faces are not to be sought.

    Raises:
      ValueError: the picture is, or becomes, narrower than the codec takes.
    """
    notes, face = [], None
    if detector is not None:
        faces = _faces(image_u8, detector)
        face = main_face(faces, *image_u8.shape[:2])
        if face is None:
            notes.append(
                "No face was found, so no recogniser can say anything. The whole picture is shown."
            )
        elif len(faces) > 1:
            notes.append(f"{len(faces)} faces were found. The largest and most central one is followed.")
    picture_u8 = image_u8
    if face is not None and _is_small(face, image_u8.shape):
        picture_u8 = _surroundings(image_u8, face)
        notes.append(
            "The face is small in the picture. Its surroundings were cut out, "
            f"{picture_u8.shape[1]}x{picture_u8.shape[0]} pixels."
        )
    shrunk_u8 = _limit(picture_u8, PICTURE_SIDE)
    if shrunk_u8 is not picture_u8:
        notes.append(
            f"The whole picture was shrunk to {shrunk_u8.shape[1]}x{shrunk_u8.shape[0]} pixels; the "
            f"demo's limit is {PICTURE_SIDE} a side."
        )
    if min(shrunk_u8.shape[:2]) < _LEAST_SIDE:
        raise ValueError(
            f"the picture has {image_u8.shape[1]}x{image_u8.shape[0]} pixels"
            + (
                f", within {PICTURE_SIDE} a side {shrunk_u8.shape[1]}x{shrunk_u8.shape[0]}"
                if shrunk_u8 is not image_u8
                else ""
            )
            + f"; both sides must have {_LEAST_SIDE} at least. Cut out what matters."
        )
    face_u8 = None if face is None else alignment.align(image_u8, face.landmarks, FACE_SIDE)
    return Subject(face_u8, shrunk_u8, tuple(notes))


def _faces(image_u8: np.ndarray, detector) -> Sequence[Face]:
    """All faces, in pixels of the picture, sought in one of at most `DETECTION_SIDE`."""
    sought = _limit(image_u8, DETECTION_SIDE)
    factor = max(image_u8.shape[:2]) / max(sought.shape[:2])
    return [
        Face(
            alignment.scale_points(face.box, factor),
            alignment.scale_points(face.landmarks, factor),
            face.confidence,
        )
        for face in detector.detect([sought])[0]
    ]


def _is_small(face: Face, shape) -> bool:
    scale = min(1.0, PICTURE_SIDE / max(shape[:2]))
    return scale < 1.0 and _side(face) * scale < _LEAST_FACE


def _side(face: Face) -> float:
    return float(np.max(face.box[2:] - face.box[:2]))


def _surroundings(image_u8: np.ndarray, face: Face) -> np.ndarray:
    """A square around the face, moved and cut so that it lies within the picture."""
    height, width = image_u8.shape[:2]
    side = max(round(_SURROUNDINGS * _side(face)), _LEAST_SIDE)
    centre = (face.box[:2] + face.box[2:]) / 2
    left, top = (
        int(np.clip(round(float(middle) - side / 2), 0, max(0, size - side)))
        for middle, size in zip(centre, (width, height))
    )
    return image_u8[top : top + side, left : left + side]


def _limit(image_u8: np.ndarray, side: int) -> np.ndarray:
    """The image itself, or shrunk to a longer side of `side`."""
    height, width = image_u8.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image_u8
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image_u8).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
