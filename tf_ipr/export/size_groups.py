"""Running networks on a batch of mixed sizes, exactly as on each image alone.

A convolution pads with zeros at the border of the tensor, which must be the border of the image. So
images of one size run together, in runs of bounded memory, and nothing is computed on padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

# More images at once are no faster, and take more memory.
_RUN_PIXELS = 1 << 19


class Runs(NamedTuple):
    """Runs of images of one size: run r has the images `order[first[r]:first[r + 1]]`."""

    order: tf.Tensor  # int32 [N], images that take part, sorted by size.
    first: tf.Tensor  # int32 [R + 1].
    height: tf.Tensor  # int32 [B].
    width: tf.Tensor  # int32 [B].


def plan(height: tf.Tensor, width: tf.Tensor, run_pixels: int = _RUN_PIXELS) -> Runs:
    """Groups images by size; int32 [B] each, those of height 0 take no part.

    A run has at most `run_pixels` pixels, or is a single image.
    """
    key = tf.cast(height, tf.int64) * (1 << 31) + tf.cast(width, tf.int64)
    order = tf.argsort(key, stable=True)
    key = tf.gather(key, order)
    num_absent = tf.reduce_sum(tf.cast(height == 0, tf.int32))
    order, key = order[num_absent:], key[num_absent:]
    pixels = tf.gather(height * width, order)
    rank = tf.range(tf.shape(order)[0]) - tf.searchsorted(key, key)
    starts = tf.math.floormod(rank, tf.maximum(run_pixels // tf.maximum(pixels, 1), 1)) == 0
    first = tf.cast(tf.where(starts)[:, 0], tf.int32)
    return Runs(order, tf.concat([first, tf.shape(order)], axis=0), height, width)


def over_runs(runs: Runs, function: Callable, result: tf.Tensor) -> tf.Tensor:
    """Replaces rows of `result` [B, ...] by what `function` makes of them.

    Args:
      runs: from `plan`.
      function: (images int32 [G], their height [], their width []) -> rows [G, ...].
      result: what images without a run keep.
    """
    def body(run, rows):
        images = runs.order[runs.first[run]:runs.first[run + 1]]
        height, width = (tf.gather(side, images[0]) for side in (runs.height, runs.width))
        return run + 1, tf.tensor_scatter_nd_update(
            rows, images[:, tf.newaxis], function(images, height, width))

    return tf.while_loop(lambda run, _: run < tf.shape(runs.first)[0] - 1, body,
                         (tf.constant(0), result), parallel_iterations=1,
                         shape_invariants=(tf.TensorShape([]), result.shape))[1]
