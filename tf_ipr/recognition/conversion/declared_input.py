"""What a model's file does not say of its input and its user must: range of values, place of the face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tf_ipr.faces import alignment

ARCFACE = "arcface"
# Landmarks nearer to one another than this share of the crop are no face in pixels.
_LEAST_EXTENT = 0.1


def parse_range(numbers: Sequence[str]) -> list[list[float]]:
    """["-1", "1"], or six numbers, as [[low, high]] × 3; ValueError for anything else."""
    values = _floats(numbers)
    if len(values) == 2:
        return [values] * 3
    if len(values) == 6:
        return [values[:2], values[2:4], values[4:]]
    raise ValueError(f"value_range={','.join(numbers)}: expected two or six numbers")


def parse_template(given: Sequence[str] | None, size: int) -> list[list[float]]:
    """Where the landmarks lie in a model's input.

    Args:
        given: ["arcface"] for ArcFace's template scaled to the input; ten numbers x, y of left eye,
            right eye, nose, left and right corner of the mouth (as seen in the picture); None or
            nothing for ArcFace's in an input of its own size, 112.
        size: height and width of the input.

    Returns:
        Five points [x, y].

    Raises:
        ValueError: for anything else, for points that are no face in such an input, and for none where
            the input has another size.
    """
    if not given:
        if size != alignment.ARCFACE_SIZE:
            raise ValueError(
                f"an input of {size} pixels has no template of its own: say where the landmarks lie in it, with "
                f"--template={ARCFACE} (ArcFace's, scaled) or ten numbers x,y of both eyes, nose and corners "
                "of the mouth")
        given = [ARCFACE]
    if list(given) == [ARCFACE]:
        return alignment.scale_points(alignment.ARCFACE_TEMPLATE, size / alignment.ARCFACE_SIZE).tolist()
    points = np.array(_floats(given))
    if points.size != 10:
        raise ValueError(f"template={','.join(given)}: expected {ARCFACE} or ten numbers")
    points = points.reshape(5, 2)
    if points.min() < 0 or points.max() >= size or np.ptp(points, axis=0).min() < _LEAST_EXTENT * size:
        raise ValueError(
            f"template={','.join(given)}: these points are no face in {size}×{size} pixels; they "
            "are x,y in pixels of the input")
    return points.tolist()


def _floats(texts: Sequence[str]) -> list[float]:
    """The numbers, or none if one is no number."""
    try:
        return [float(text) for text in texts]
    except ValueError:
        return []
