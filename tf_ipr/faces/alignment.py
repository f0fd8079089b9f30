"""Alignment: five landmarks, a least-squares similarity, a bilinear crop.

The template, and the crop of a picture without TensorFlow, are in `tf_ipr.runtime.alignment`.
Everything here is plain TensorFlow, batched, differentiable with respect to the image, and compiles
under XLA, so that a recogniser can sit inside a loss: `embedding(align(image, landmarks))`.

Coordinates are (x, y) with pixel centres at integers, as in OpenCV.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_ipr.runtime.alignment import (
    ALIGNED_SIZES,
    ARCFACE_SIZE,
    ARCFACE_TEMPLATE,
    scale_points,
    template_for,
    triangle_filter,
)

__all__ = ["ALIGNED_SIZES", "ARCFACE_SIZE", "ARCFACE_TEMPLATE", "align", "invert", "scale_points", "shrink",
           "similarity", "template_for", "warp"]

def similarity(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The least-squares similarity that takes `source` to `target`.

    Minimises Σ |target - (s·R·source + t)|² over scale, rotation and translation (Umeyama, PAMI
    1991). In the plane and without reflection the solution is closed: with centred points as
    complex numbers, s·R is multiplication by Σ conj(p)·q / Σ |p|². No singular value
    decomposition, so it costs nothing under XLA.

    Args:
        source: float32 [B, 5, 2] (any number of points ≥ 2).
        target: float32 [5, 2] or [B, 5, 2].

    Returns:
        float32 [B, 2, 3], the matrix [s·R | t].
    """
    source = tf.convert_to_tensor(source, tf.float32)
    target = tf.broadcast_to(tf.convert_to_tensor(target, tf.float32), tf.shape(source))
    source_mean = tf.reduce_mean(source, axis=1, keepdims=True)
    target_mean = tf.reduce_mean(target, axis=1, keepdims=True)
    p, q = source - source_mean, target - target_mean
    power = tf.reduce_sum(tf.square(p), axis=[1, 2])
    a = tf.math.divide_no_nan(tf.reduce_sum(p * q, axis=[1, 2]), power)
    b = tf.math.divide_no_nan(
        tf.reduce_sum(p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0], axis=1), power)
    rotation = tf.stack([tf.stack([a, -b], axis=-1), tf.stack([b, a], axis=-1)], axis=1)
    shift = target_mean[:, 0, :, None] - rotation @ source_mean[:, 0, :, None]
    return tf.concat([rotation, shift], axis=-1)


def invert(matrix: tf.Tensor) -> tf.Tensor:
    """The inverse of similarities float32 [B, 2, 3]."""
    a, b = matrix[:, 0, 0], matrix[:, 1, 0]
    power = tf.square(a) + tf.square(b)
    a, b = tf.math.divide_no_nan(a, power), tf.math.divide_no_nan(b, power)
    rotation = tf.stack([tf.stack([a, b], axis=-1), tf.stack([-b, a], axis=-1)], axis=1)
    return tf.concat([rotation, -(rotation @ matrix[:, :, 2:])], axis=-1)


def warp(images: tf.Tensor, matrix: tf.Tensor, size: int) -> tf.Tensor:
    """Bilinear crop: pixel (u, v) of the result is the image at `invert(matrix)`·(u, v, 1).

    Outside the image lies black, sample by sample: a position half a pixel beyond the border is
    half as bright (OpenCV's `warpAffine` with BORDER_CONSTANT 0, which is how ArcFace's own crops
    were made).

    Args:
        images: float32 [B, H, W, C].
        matrix: float32 [B, 2, 3], image to crop, as `similarity` returns it.
        size: height and width of the crop.

    Returns:
        float32 [B, size, size, C]; differentiable with respect to `images`.
    """
    images = tf.convert_to_tensor(images, tf.float32)
    inverse = invert(matrix)
    line = tf.range(size, dtype=tf.float32)
    grid = tf.stack(tf.meshgrid(line, line) + [tf.ones([size, size])], axis=-1)  # [S, S, 3]
    points = tf.einsum("hwk,bck->bhwc", grid, inverse)                            # [B, S, S, 2]

    height, width = tf.shape(images)[1], tf.shape(images)[2]
    limit = tf.cast(tf.stack([width, height]), tf.float32)
    # Everything further than a pixel outside is black anyway; clipping keeps the integers small.
    points = tf.clip_by_value(points, -1.0, limit)
    corner = tf.minimum(tf.floor(points), limit - 1.0)
    weight = points - corner
    corner = tf.cast(corner, tf.int32) + 1                                        # in the padded image

    # With the four neighbours side by side in the channels one gather (and in the gradient one
    # scatter) serves all four samples.
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    quads = tf.concat([padded[:, :-1, :-1], padded[:, :-1, 1:],
                       padded[:, 1:, :-1], padded[:, 1:, 1:]], axis=-1)           # [B, H+1, W+1, 4C]
    batch, channels = tf.shape(images)[0], images.shape[-1]
    index = corner[..., 1] * (width + 1) + corner[..., 0]
    index += tf.range(batch)[:, None, None] * ((height + 1) * (width + 1))
    samples = tf.gather(tf.reshape(quads, [-1, 4 * channels]), tf.reshape(index, [-1]))
    samples = tf.reshape(samples, [batch, size, size, 4, channels])

    x, y = weight[..., 0], weight[..., 1]
    weights = tf.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], axis=-1)
    return tf.reduce_sum(samples * weights[..., None], axis=3)


def align(images: tf.Tensor, landmarks: tf.Tensor, size: int = ARCFACE_SIZE,
          template: Sequence[Sequence[float]] | np.ndarray = ARCFACE_TEMPLATE,
          through: int | None = None) -> tf.Tensor:
    """Crops faces so that their landmarks come to lie on a template.

    Args:
        images: float32 [B, H, W, 3], any range.
        landmarks: float32 [B, 5, 2], (x, y) pixels of the images.
        size: height and width of the crop.
        template: float32 [5, 2], (x, y) pixels of the crop.
        through: crop at this larger size first and shrink that with an anti-aliasing filter.
            CelebA-HQ needs it (1024 → 448 → 112): a face there has several pixels for every one
            of the crop, and bilinear sampling alone would alias.

    Returns:
        float32 [B, size, size, 3], differentiable with respect to `images`.
    """
    if through is None:
        return warp(images, similarity(landmarks, template), size)
    large = scale_points(template, through / size)
    return shrink(warp(images, similarity(landmarks, large), through), size)


def shrink(images: tf.Tensor, size: int) -> tf.Tensor:
    """Anti-aliased resize to `size`×`size`: a triangle filter as wide as the reduction.

    The same filter as `tf.image.resize(antialias=True)`, written as two matrix products, because
    that operation does not compile under XLA.

    Args:
        images: float32 [B, H, W, C] with static H and W.
        size: height and width of the result.

    Returns:
        float32 [B, size, size, C], differentiable.
    """
    rows = tf.constant(triangle_filter(images.shape[1], size))
    columns = tf.constant(triangle_filter(images.shape[2], size))
    return tf.einsum("ph,bhwc,qw->bpqc", rows, images, columns)
