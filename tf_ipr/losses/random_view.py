"""Random views of a face: the crop a little turned, scaled, shifted, or mirrored.

Moving the landmarks by a similarity moves the crop by its inverse, so one alignment does it all.
"""

from __future__ import annotations

import tensorflow as tf


def vary(landmarks: tf.Tensor, spread: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws one view for each face.

    Args:
        landmarks: float32 [B, 5, 2], (x, y) in pixels.
        spread: standard deviation of each amount of `move`.

    Returns:
        (landmarks float32 [B, 5, 2] to align by, bool [B]: whether to mirror the crop).
    """
    batch = tf.shape(landmarks)[0]
    moved = move(landmarks, spread * tf.random.normal([batch, 4]))
    return moved, tf.random.uniform([batch]) < 0.5


def move(landmarks: tf.Tensor, amounts: tf.Tensor) -> tf.Tensor:
    """Moves each face's landmarks by a similarity about their middle.

    Args:
        landmarks: float32 [B, 5, 2], (x, y) in pixels.
        amounts: float32 [B, 4]: rotation in radians, logarithm of the scale, shift along x and y in
            standard deviations of the landmarks about their middle.

    Returns:
        float32 [B, 5, 2].
    """
    middle = tf.reduce_mean(landmarks, axis=1, keepdims=True)
    extent = tf.math.reduce_std(landmarks - middle, axis=[1, 2], keepdims=True)
    angle, scale, shift_x, shift_y = tf.unstack(amounts, axis=1)
    cos, sin = tf.exp(scale) * tf.cos(angle), tf.exp(scale) * tf.sin(angle)
    matrix = tf.stack([tf.stack([cos, -sin], 1), tf.stack([sin, cos], 1)], 1)
    moved = tf.matmul(landmarks - middle, matrix, transpose_b=True)
    shift = tf.stack([shift_x, shift_y], 1)[:, None, :] * extent
    return middle + moved + shift


def mirror_some(crops: tf.Tensor, mirrored: tf.Tensor) -> tf.Tensor:
    """Mirrors those crops float32 [B, S, S, 3] whose `mirrored` [B] is true."""
    return tf.where(mirrored[:, None, None, None], crops[:, :, ::-1], crops)
