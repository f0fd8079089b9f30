"""What a recogniser says of a coded face: how near it is to the original, and whether it is the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tf_ipr.faces.detection import main_face
from tf_ipr.runtime import alignment

# Decoded image, uint8 [H, W, 3] -> cosine of its face to the original's; None where no face is found.
Cosine = Callable[[np.ndarray], float | None]


class Judge:
    """A recogniser and a face detector.

    Attributes:
      name: of the recogniser.
      threshold: the cosine from which it takes two faces for one person.
    """

    def __init__(self, recognizer, detector):
        """Takes a `Recognizer` and a `FaceDetector`."""
        self.name, self.threshold = recognizer.name, recognizer.facts.threshold
        self._recognizer, self._detector = recognizer, detector

    def to_face(self, original_u8: np.ndarray) -> Cosine:
        """The cosine to an aligned face, whose landmarks are known, before and behind the codec."""
        landmarks = alignment.template_for(original_u8.shape[0])
        original = self._embed(original_u8, landmarks)
        return lambda decoded_u8: float(original @ self._embed(decoded_u8, landmarks))

    def to_picture(self, original_u8: np.ndarray) -> Cosine | None:
        """The cosine to a whole picture's face, which is sought anew in every decoded one.

        Returns:
          None where the original has no face.
        """
        original = self._embed_main_face(original_u8)
        if original is None:
            return None

        def cosine(decoded_u8):
            decoded = self._embed_main_face(decoded_u8)
            return None if decoded is None else float(original @ decoded)

        return cosine

    def _embed_main_face(self, image_u8: np.ndarray) -> np.ndarray | None:
        face = main_face(self._detector.detect([image_u8])[0], *image_u8.shape[:2])
        return None if face is None else self._embed(image_u8, face.landmarks)

    def _embed(self, image_u8: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return self._recognizer.embed_images(image_u8[None], landmarks[None])[0]
