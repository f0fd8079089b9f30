"""Scores as files that `geteerinf` of the package pyeer reads.

    NAME_genuine.txt    one genuine score a line, as a whole number
    NAME_impostor.txt   line s, from 0 on: how many impostor scores are s (pyeer's histogram format)

    geteerinf -p FOLDER -g NAME_genuine.txt -i NAME_impostor.txt -e NAME -ht

pyeer's form for millions of scores takes whole numbers only. So a score is 0 without a face, else
1 + floor((cosine + 1) · 8,192): pyeer's thresholds are exact to 1.2e-4 of a cosine.
"""

from __future__ import annotations

import pathlib

import numpy as np

from tf_ipr.evaluation.protocols.comparisons import BINS, MISSING, Comparisons
from tf_ipr.files import atomic_file


def whole_numbers(scores: np.ndarray) -> np.ndarray:
    """int64 of cosines float32, as described above."""
    places = np.clip((scores + 1) * (BINS / 2), 0, BINS - 1).astype(np.int64) + 1
    return np.where(scores == MISSING, 0, places)


def write(found: Comparisons, folder, name: str) -> tuple[pathlib.Path, pathlib.Path]:
    """Writes both files, whole or not at all; those that exist are replaced.

    Args:
      found: all comparisons.
      folder: is made.
      name: of the experiment, the files' first part.

    Returns:
      The paths of the genuine and of the impostor file.
    """
    paths = []
    for kind, numbers in (("genuine", np.sort(whole_numbers(found.genuine_scores))),
                          ("impostor", found.histogram)):
        paths.append(pathlib.Path(folder) / f"{name}_{kind}.txt")
        with atomic_file.writing(paths[-1], "w") as file:
            file.write("".join(f"{number}\n" for number in numbers))
    return paths[0], paths[1]
