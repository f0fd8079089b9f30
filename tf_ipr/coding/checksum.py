"""Checksum of symbols, which the coder's start state carries at no cost in bytes.

Decoding ends at the state from which encoding started. Were that state known beforehand, a flipped
bit near the end of a stream could turn one symbol into another of equal frequency unnoticed: both
are valid. So the start state depends on all symbols of the image.
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.format.bitstream import MODULUS

_ROW = 1024


def symbol_checksum(symbols: tf.Tensor, positions: tf.Tensor | None = None) -> tf.Tensor:
    """sum_i (1 + i mod 32748) * symbol_i modulo 32749, per row.

    Any change of one symbol changes it, and so does swapping two symbols less than 32748 apart.

    Args:
      symbols: int32 [B, N], -32768..32767; zeros at the end change nothing. N up to 2^26.
      positions: int32 [N], the i of each symbol where those between them, all 0, are left out.

    Returns:
      int32 [B], 0..32748.
    """
    batch, length = tf.shape(symbols)[0], tf.shape(symbols)[1]
    positions = tf.range(length) if positions is None else positions
    weights = 1 + tf.math.floormod(positions, MODULUS - 1)
    terms = tf.math.floormod(symbols * weights, MODULUS)  # Products stay within 2^30.
    terms = tf.pad(terms, [[0, 0], [0, _ROW - 1 - (length + _ROW - 1) % _ROW]])
    # Two sums with a remainder between them, so that neither exceeds 31 bits.
    rows = tf.reduce_sum(tf.reshape(terms, tf.stack([batch, -1, _ROW])), axis=2)
    return tf.math.floormod(tf.reduce_sum(tf.math.floormod(rows, MODULUS), axis=1), MODULUS)
