"""Probability tables as TensorFlow operations: the range of a symbol, its place, its ideal length.

All take `ProbabilityTables`, and table numbers of which -1 marks a symbol that is not coded.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.format.tables import PRECISION_BITS, ProbabilityTables


def clip(tables: ProbabilityTables, symbols: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Clips int32 `symbols` to the range of their tables; 0 where the number is -1 (skipped)."""
    table = tf.maximum(numbers, 0)
    lowest = tf.gather(tables.lowest, table)
    highest = lowest + tf.gather(tables.size, table) - 1
    clipped = tf.minimum(tf.maximum(symbols, lowest), highest)
    return tf.where(numbers < 0, tf.zeros_like(clipped), clipped)


def flat_index(tables: ProbabilityTables, symbols: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Index of (table, symbol) in the flattened `frequency`; table 0, entry 0 for number -1."""
    table = tf.maximum(numbers, 0)
    index = table * tables.max_symbols + symbols - tf.gather(tables.lowest, table)
    return tf.where(numbers < 0, tf.zeros_like(index), index)


def bits(tables: ProbabilityTables, symbols: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Ideal code length -log2(frequency / 4096) of each symbol, in bits.

    Args:
      tables: the tables.
      symbols: int32, any shape, within the range of their tables (see `clip`).
      numbers: int32, same shape, the table of each; -1 marks a skipped symbol, which costs 0 bits.

    Returns:
      float32 of the same shape.
    """
    lengths = PRECISION_BITS - np.log2(np.maximum(tables.frequency, 1))
    lengths = tf.constant(lengths.reshape(-1), tf.float32)
    cost = tf.gather(lengths, flat_index(tables, symbols, numbers))
    return tf.where(numbers < 0, tf.zeros_like(cost), cost)
