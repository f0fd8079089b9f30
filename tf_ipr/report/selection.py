"""Which codecs at which settings are shown as pictures, and which images.

Pictures are compared at about equal bytes: of every codec the measured setting whose mean file is
nearest to a target, and HEVC at CRF 23 before them, the paper's anchor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tf_ipr.evaluation.codecs.codec_form import MODEL
from tf_ipr.report.results import Group, Results

ANCHOR = ("hevc", 23)
MAX_CODECS = 12
MAX_IMAGES = 4


def is_model(row: dict) -> bool:
    """Whether the row is of one of our models."""
    return row["codec"]["kind"] == MODEL


def target_bytes(group: Group) -> float | None:
    """The size that our models (without any: all codecs) come nearest to together.

    A measured size, within a factor of two of the geometric mean of all; None if nothing is coded.
    """
    sizes = {label: [row["mean_bytes"] for row in curve] for label, curve in group.curves().items()}
    models = {row["label"] for row in group.coded if is_model(row)} & set(sizes)
    sizes = [sizes[label] for label in (models or sizes)]
    if not sizes:
        return None
    every = sorted(size for curve in sizes for size in curve)
    mean = math.exp(sum(map(math.log, every)) / len(every))
    nearby = [size for size in every if mean / 2 <= size <= 2 * mean] or every

    def apart(target):
        return sum(min(_distance(size, target) for size in curve) for curve in sizes)

    return min(nearby, key=apart)


def _distance(size: float, target: float) -> float:
    return abs(math.log(size / target))


def shown(group: Group, target: float | None = None) -> list[dict]:
    """Rows that are shown as pictures: the anchor, our models, then the others.

    Args:
      group: rows of one dataset.
      target: mean bytes of a file; None takes `target_bytes`.
    """
    target = target or target_bytes(group)
    nearest = [min(curve, key=lambda row: _distance(row["mean_bytes"], target))
               for curve in group.curves().values()]
    nearest = sorted(nearest, key=lambda row: not is_model(row))[:MAX_CODECS]
    anchor = [row for row in group.coded if row["codec"]["kind"] == ANCHOR[0]
              and not row["codec"]["shrink"] and row["setting"] == ANCHOR[1]]
    return anchor + [row for row in nearest if row not in anchor]


def examples(results: Results, group: Group) -> list[str]:
    """Images to show: those that the results name for the dataset, else the worst by identity.

    Never more than `MAX_IMAGES`.
    """
    found = results.examples(group.dataset) or worst_images(group.coded)
    return found[:MAX_IMAGES]


def worst_images(rows: Sequence[dict]) -> list[str]:
    """Images in the lists of the worst, the most frequent first."""
    counts: dict = {}
    for row in rows:
        for recognizer in row["recognizers"]:
            for entry in recognizer.get("worst", ()):
                counts[entry["image"]] = counts.get(entry["image"], 0) + 1
    return sorted(counts, key=lambda image: -counts[image])


def with_worst(rows: Sequence[dict]) -> list[dict]:
    """Of the rows shown those whose worst images are shown too: the anchor and our models."""
    found = [row for row in rows if is_model(row) or row["codec"]["kind"] == ANCHOR[0]]
    return found or list(rows[:MAX_IMAGES])
