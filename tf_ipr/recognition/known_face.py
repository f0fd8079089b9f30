"""A photograph whose face every recogniser must see: the check of the declared input.

A recogniser fed with values of another range still returns numbers, only meaningless ones. So the
packaged photograph (Eileen Collins, NASA, public domain; the crop around the face of the
photograph that scikit-image carries as `astronaut`) is embedded whenever a recogniser is loaded.
"""

from __future__ import annotations

import pathlib

import numpy as np

from tf_ipr.datasets.landmarks import mirror
from tf_ipr.files import image_file
from tf_ipr.recognition.description import RecognizerError

PATH = pathlib.Path(__file__).with_name("known_face.png")

# As MTCNN finds them.
LANDMARKS = np.array([[64.11, 60.59], [106.04, 62.90], [84.88, 88.17], [60.89, 98.87],
                      [104.95, 100.87]], np.float32)

# A different machine's convolutions move an embedding by about 1e-6.
_SAME = 0.9999


def image() -> np.ndarray:
    """The photograph, uint8 RGB (168, 168, 3)."""
    return image_file.read_image(PATH)


def embed(recognizer) -> np.ndarray:
    """The photograph's embedding, float32 [1, D]."""
    return recognizer.embed_images(image()[None], LANDMARKS[None])


def check(recognizer) -> None:
    """Checks that a loaded recogniser is the one that was described.

    Raises:
        RecognizerError: if the photograph's embedding is not the one in the JSON, or, where the
            JSON has none, if the recogniser does not see a face (`check_sees_face`).
    """
    if not recognizer.facts.known_face:
        check_sees_face(recognizer)
        return
    cosine = float(embed(recognizer)[0] @ np.array(recognizer.facts.known_face, np.float32))
    if not cosine >= _SAME:
        raise RecognizerError(
            f"{recognizer.name}: the packaged photograph's embedding has cosine {cosine:.4f} to "
            "the one in recognizer.json: value_range, colour_order or template are not those the "
            "recogniser was converted with; convert it again")


def check_sees_face(recognizer) -> None:
    """Checks that the declared input makes sense to a trained recogniser.

    Its mirror image must look like the same person, and the photograph upside down must not: a
    network whose input is far out of its range (0..255 where -1..1 belongs, or the other way
    round) sees the same in everything. For embeddings compared by angle the two cosines must
    differ by 0.6 (measured on both MobileFaceNets: 0.9 in the right range, at most 0.5 in one a
    hundred times as large); those compared by distance keep all faces at small angles, so there
    the mirror image must be four times as near.

    Raises:
        RecognizerError: if it does not.
    """
    pixels = image()[None]
    mirrored = mirror(LANDMARKS[None], pixels.shape[2])
    same = recognizer.embed_images(pixels[:, :, ::-1], mirrored)[0]
    crop = recognizer.align(pixels.astype(np.float32), LANDMARKS[None])
    other = recognizer.embed_crops(crop[:, ::-1]).numpy()[0]
    face = embed(recognizer)[0]
    same, other = float(face @ same), float(face @ other)
    if recognizer.facts.distance == "cosine":
        sees = same - other > 0.6
    else:
        sees = 1 - same < (1 - other) / 4
    if not sees:
        raise RecognizerError(
            f"{recognizer.name} does not see a face in the declared input: the packaged "
            f"photograph has cosine {same:.3f} to its mirror image and {other:.3f} to itself "
            "upside down. Is value_range right (what 0 and 255 become), and are the weights "
            "trained?")
