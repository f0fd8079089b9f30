"""Which lane codes which symbol.

The symbols of an image that are really coded (table >= 0) are numbered j = 0, 1, 2, ... in their
order; symbol j goes to step j div K, lane j mod K of a grid [T, B, K]. More lanes mean fewer steps
(time) and more states in the stream (bytes), so K grows with the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_ipr.coding import compaction, scan
from tf_ipr.format.lane_count import MAX_LANES, MIN_LANES, PIXELS_PER_LANE_LOG2


def num_lanes_tensor(height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """`lane_count.num_lanes` on int32 tensors of any one shape."""
    # Products up to 2^31 - 1; the sizes a stream may declare are far below.
    pixels = tf.cast(height, tf.int32) * tf.cast(width, tf.int32)
    lanes = tf.fill(tf.shape(pixels), MIN_LANES)
    bound = MIN_LANES
    while bound < MAX_LANES:
        lanes += tf.where(pixels > (bound << PIXELS_PER_LANE_LOG2), bound, 0)
        bound *= 2
    return lanes


class Deal(NamedTuple):
    """Places of the symbols of [B, N] in a grid [T, B, K]."""

    coded: tf.Tensor  # bool [B, N]: the symbol is coded.
    place: tf.Tensor  # int32 [B, N]: index into the flattened grid; any valid one if not coded.
    shape: tf.Tensor  # int32 [3]: T, B, K. T is as `scan.scan` wants it.
    num_steps: tf.Tensor  # int32 []: steps that hold symbols.


def deal(tables: tf.Tensor, lanes: int | tf.Tensor, max_lanes=None,
         unroll: int = scan.UNROLL) -> Deal:
    """Deals the coded symbols to lanes.

    Args:
      tables: int32 [B, N]; -1 marks a symbol that is not coded.
      lanes: K, a Python int (all shapes stay static, as XLA needs), or int32 [B]: images of
        different size in one batch. Lanes beyond an image's own have no symbols.
      max_lanes: K of the grid; needed only with a tensor of lanes. Default: its maximum.
      unroll: steps per loop iteration, see `scan`; T is padded accordingly.
    """
    coded = tables >= 0
    number = compaction.running_sum(tf.cast(coded, tf.int32))
    count = tf.reduce_sum(tf.cast(coded, tf.int32), axis=1)
    num_steps = tf.reduce_max((count + (lanes - 1)) // lanes)
    batch, length = tf.shape(tables)[0], tf.shape(tables)[1]
    if isinstance(lanes, (int, np.integer)):
        per_image, max_lanes = lanes, lanes
        most_steps = (length + (lanes - 1)) // lanes
    else:
        per_image = lanes[:, tf.newaxis]
        max_lanes = tf.reduce_max(lanes) if max_lanes is None else max_lanes
        most_steps = num_steps
    multiple = unroll * scan.BLOCKS
    padded_steps = tf.maximum((most_steps + (multiple - 1)) // multiple, 1) * multiple
    number = tf.maximum(number - 1, 0)
    step = number // per_image
    place = ((step * batch + tf.range(batch)[:, tf.newaxis]) * max_lanes
             + number - step * per_image)
    return Deal(coded, place, tf.stack([padded_steps, batch, max_lanes]), num_steps)


def to_grid(values: tf.Tensor, deal: Deal, empty: int) -> tf.Tensor:
    """Lays int32 [B, N] out as [T, B, K]; `empty` where no symbol is."""
    # Scattering adds, and what is not coded adds 0 wherever it lands.
    updates = tf.where(deal.coded, values - empty, tf.zeros_like(values))
    size = tf.reduce_prod(deal.shape)
    flat = tf.scatter_nd(tf.reshape(deal.place, [-1, 1]), tf.reshape(updates, [-1]), size[tf.newaxis])
    return tf.reshape(flat, deal.shape) + empty


def from_grid(grid: tf.Tensor, deal: Deal) -> tf.Tensor:
    """Collects [T, B, K] back into [B, N]; entries of symbols that are not coded are arbitrary."""
    return tf.gather(tf.reshape(grid, [-1]), deal.place)
