"""A face by its five landmarks, cut out so that they come to lie on a recogniser's template.

    crop = tf_ipr.align(image, landmarks, size=112)

Coordinates are (x, y) in pixels with pixel centres at integers, as in OpenCV.  The crop in
TensorFlow, differentiable and batched, is `tf_ipr.faces.alignment`.
"""

from __future__ import annotations

import math

import numpy as np

# The five-point template that ArcFace and its successors align to, in a 112×112 crop: left eye,
# right eye, nose, left and right corner of the mouth, as seen in the image (InsightFace,
# `face_align.py`; Deng et al., ArcFace, CVPR 2019).
ARCFACE_SIZE = 112
ARCFACE_TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)

# The sizes of pre-aligned images and how each shows the 112×112 template.
ALIGNED_SIZES = (112, 128, 448)

# Below this reduction bilinear sampling alone shows no aliasing worth a blurrier picture.
_SHARP_REDUCTION = 2.0
_MOST_TIMES_LARGER = 16


def template_for(size: int) -> np.ndarray:
    """Where the ArcFace landmarks lie in a pre-aligned image of one of `ALIGNED_SIZES`.

    Args:
        size: 112 (the template itself), 128 (the template with 8 pixels of margin around it, for
            small faces such as LFW's) or 448 (the template four times as large: CelebA-HQ-align).

    Returns:
        float32 [5, 2], (x, y) in pixels.

    Raises:
        ValueError: for any other size.
    """
    if size == 112:
        return ARCFACE_TEMPLATE.copy()
    if size == 128:
        return ARCFACE_TEMPLATE + 8.0
    if size == 448:
        return scale_points(ARCFACE_TEMPLATE, 4.0)
    raise ValueError(f"no pre-aligned size {size}; choose one of {ALIGNED_SIZES}")


def scale_points(points: np.ndarray, factor: float) -> np.ndarray:
    """Moves points as a resize by `factor` moves the picture (which scales pixel *edges*)."""
    return ((np.asarray(points, np.float32) + 0.5) * factor - 0.5).astype(np.float32)


def align(image: np.ndarray, landmarks: np.ndarray, size: int = ARCFACE_SIZE) -> np.ndarray:
    """Cuts out an aligned face.

    A face that is more than twice as large as in the crop is cut out at a multiple of the size
    first and then shrunk with an anti-aliasing filter. Outside of the image lies black.

    Args:
        image: uint8 RGB (H, W, 3).
        landmarks: (5, 2), (x, y) pixels of the image: left eye, right eye, nose, left and right
            corner of the mouth, as seen in the image. They may lie outside of it.
        size: one of `ALIGNED_SIZES`.

    Returns:
        uint8 (size, size, 3), with the landmarks on `template_for(size)`.

    Raises:
        ValueError: an image or landmarks of another kind, landmarks that are not finite or all in
            one place, or another size.
    """
    image, landmarks = np.asarray(image), np.asarray(landmarks, np.float64)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            f"The image has dtype {image.dtype} and shape {image.shape}; it must "
            "be uint8 (H, W, 3), RGB."
        )
    if landmarks.shape != (5, 2) or not np.all(np.isfinite(landmarks)):
        raise ValueError(
            f"The landmarks have shape {landmarks.shape} and are "
            f"{'' if np.all(np.isfinite(landmarks)) else 'not '}finite; they must be "
            "five finite points (x, y)."
        )
    template = template_for(size)
    a, b, shift = similarity(landmarks, template)
    reduction = 1.0 / max(math.hypot(a, b), 1e-6)
    if not np.ptp(landmarks, axis=0).any():
        raise ValueError(
            f"The landmarks all lie at {landmarks[0].tolist()}; five different points are needed."
        )
    if reduction <= _SHARP_REDUCTION:
        pixels = _warp(image, a, b, shift, size)
    else:
        through = size * min(math.ceil(reduction - 1e-3), _MOST_TIMES_LARGER)
        pixels = _shrink(
            _warp(image, *similarity(landmarks, scale_points(template, through / size)), through), size
        )
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, float, np.ndarray]:
    """The least-squares similarity (Umeyama, PAMI 1991) that takes points to others.

    Args:
        source: (N, 2), N ≥ 2.
        target: (N, 2).

    Returns:
        a, b and the shift (2,): a point p goes to [[a, -b], [b, a]]·p + shift.
    """
    # In the plane the solution is closed: with centred points as complex numbers, rotation and
    # scale are multiplication by Σ conj(p)·q / Σ |p|².
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    p, q = source - source.mean(0), target - target.mean(0)
    power = max(np.sum(p * p), np.finfo(np.float64).tiny)
    a = float(np.sum(p * q) / power)
    b = float(np.sum(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) / power)
    return a, b, target.mean(0) - np.array([[a, -b], [b, a]]) @ source.mean(0)


def _warp(image: np.ndarray, a: float, b: float, shift: np.ndarray, size: int) -> np.ndarray:
    """Bilinear crop, float64 (size, size, 3); beyond the border a sample is black."""
    power = a * a + b * b
    inverse = np.array([[a, b], [-b, a]]) / power
    rows, columns = np.mgrid[0:size, 0:size]
    x, y = (np.stack([columns - shift[0], rows - shift[1]], -1) @ inverse.T).transpose(2, 0, 1)
    height, width = image.shape[:2]
    # Everything further than a pixel outside is black anyway; clipping keeps the integers small.
    x, y = np.clip(x, -1, width), np.clip(y, -1, height)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    x, y = x - left, y - top
    result = np.zeros([size, size, 3])
    for row, column, weight in (
        (top, left, (1 - x) * (1 - y)),
        (top, left + 1, x * (1 - y)),
        (top + 1, left, (1 - x) * y),
        (top + 1, left + 1, x * y),
    ):
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        samples = image[np.where(inside, row, 0), np.where(inside, column, 0)]
        result += samples * (weight * inside)[..., None]
    return result


def _shrink(pixels: np.ndarray, size: int) -> np.ndarray:
    """Anti-aliased resize of a square: a triangle filter as wide as the reduction."""
    filter_ = triangle_filter(len(pixels), size)
    return np.tensordot(np.tensordot(filter_, pixels, 1), filter_, ([1], [1])).transpose(0, 2, 1)


def triangle_filter(length: int, size: int) -> np.ndarray:
    """The matrix float32 [size, length] of an anti-aliased linear resize."""
    scale = max(length / size, 1.0)
    centres = (np.arange(size) + 0.5) * length / size
    distance = np.abs(np.arange(length)[None] + 0.5 - centres[:, None]) / scale
    weights = np.maximum(0.0, 1.0 - distance)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
