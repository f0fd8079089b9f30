"""Where in the picture the bits of a stream go.

The bits of a position are those of the latent's symbols there, by the integer tables
(-log2 p, skipped symbols cost nothing), and an equal share of the hyper-latent's symbol above it.
Header and lane states belong to no place and are left out.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.coding import table_ops
from tf_ipr.models.inference import InferenceModel


class BitAllocation:
    """Bits per position of the latent for one model; `stride` is the pixels between two of them."""

    def __init__(self, model: InferenceModel):
        """`model`: as `tf_ipr.models.model_folder.load` gives it."""
        self._model = model
        self.stride = model.network.config.stride
        self._compiled = tf.function(self._bits, reduce_retracing=True)

    def __call__(self, images_u8: np.ndarray, quality: float) -> np.ndarray:
        """Bits of images uint8 [B, H, W, 3] at a quality 1..100.

        Returns:
          float32 [B, ⌈H/16⌉, ⌈W/16⌉]; the sum is the length of the ideal stream in bits.
        """
        return self._compiled(tf.constant(images_u8), tf.fill([len(images_u8)], float(quality))
                              ).numpy()

    def _bits(self, images, quality):
        model = self._model
        symbols = model.symbols(model.network.analyse(tf.cast(images, tf.float32)), quality)
        latent = tf.reduce_sum(table_ops.bits(model.tables, symbols.latent, symbols.latent_tables), 3)
        side = tf.reduce_sum(table_ops.bits(model.tables, symbols.side, symbols.side_tables), 3)
        rows, columns = tf.shape(latent)[1], tf.shape(latent)[2]

        def above(length):
            """Which hyper-latent position lies above each latent one, and how many it covers."""
            index = tf.range(length) // model.network.config.side_stride
            return index, tf.cast(tf.gather(tf.math.bincount(index), index), tf.float32)

        (row, height), (column, width) = above(rows), above(columns)
        spread = tf.gather(tf.gather(side, row, axis=1), column, axis=2)
        return latent + spread / (height[:, None] * width[None])


def share_in_box(bits: np.ndarray, box: np.ndarray, height: int, width: int,
                 stride: int) -> tuple[float, float]:
    """The part of the bits, and of the picture's area, inside a box.

    A position counts with the part of its pixels, as far as they lie in the picture, that is
    inside of the box.

    Args:
      bits: float [⌈height/stride⌉, ⌈width/stride⌉].
      box: x1, y1, x2, y2 in pixels; may reach beyond the picture.
      height, width: of the picture in pixels.
      stride: of the model, pixels from one position to the next.

    Returns:
      (share of the bits, share of the area), each 0..1.
    """
    down = _overlap(box[1], box[3], bits.shape[0], height, stride)
    across = _overlap(box[0], box[2], bits.shape[1], width, stride)
    inside = np.outer(down[0], across[0]) / np.outer(down[1], across[1])
    area = np.sum(down[0]) * np.sum(across[0]) / (height * width)
    return float(np.sum(bits * inside) / np.sum(bits)), float(area)


def _overlap(low: float, high: float, count: int, size: int, stride: int
             ) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of each position inside low..high, and pixels of each position, along one axis."""
    starts = np.arange(count) * stride
    ends = np.minimum(starts + stride, size)
    return np.maximum(np.minimum(ends, high) - np.maximum(starts, low), 0), ends - starts
