"""Pictures that an evaluation shares with a training, by content: names tell nothing."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.files import image_file
from tf_ipr.files.file_key import file_key


class SharedPicturesError(ValueError):
    """A test set holds pictures of the training."""


def check(datasets: Sequence[EvaluationSet], training: Sequence, allow: bool = False) -> list[str]:
    """Looks for pictures of the training in test sets.

    Args:
      datasets: the test sets.
      training: folders of images, or text files that name one a line, relative to the file.
      allow: whether to report shared pictures instead of refusing them.

    Returns:
      A sentence for each set that shares pictures.

    Raises:
      SharedPicturesError: a set shares pictures, and `allow` is false.
      OSError: a folder, a list or a file in a list is absent.
    """
    known = {file_key(path): path for place in training for path in _files(pathlib.Path(place))}
    notes = []
    for dataset in datasets:
        shared = [(path, known[key]) for path, key in zip(dataset.paths, dataset.keys) if key in known]
        if shared:
            mine, theirs = shared[0]
            notes.append(f"{dataset.name} shares {len(shared):,} of its {len(dataset.paths):,} "
                         f"pictures with the "
                         f"training, first {mine} = {theirs}")
    if notes and not allow:
        raise SharedPicturesError(
            f"{'; '.join(notes)}; a model knows what it was trained on: leave them out, or ask for it "
            f"with "
            "--allow_training_images")
    return notes


def _files(place: pathlib.Path) -> list[pathlib.Path]:
    if place.is_dir():
        return image_file.list_images(place)
    lines = [line.strip() for line in place.read_text(encoding="utf-8").splitlines()]
    return [place.parent / line for line in lines if line]
