"""Writing a stream inside a graph: `bitstream.pack` in plain TensorFlow operations.

For an encoder that is one TFLite file, pixels in, bytes out. Bytes are int32 until the very end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_ipr.coding import compaction
from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import MODULUS

_MAX_HEADER_BYTES = bitstream.FIXED_BYTES + 8
_MAX_MANTISSA_BITS = 30


class HeaderTensors(NamedTuple):
    """A header in a graph."""

    data: tf.Tensor  # int32 [15], bytes, zero behind `length`.
    length: tf.Tensor  # int32 [].
    start_state: tf.Tensor  # int32 [], `start_state` of `SymbolCoder.encode`.


def header_bytes(width: tf.Tensor, height: tf.Tensor, quality_step: tf.Tensor,
                 model_id: str) -> HeaderTensors:
    """`bitstream.Header.to_bytes` and `bitstream.start_state`.

    Args:
      width: int32 scalar, pixels, within the limits of `bitstream.Header`; likewise `height`.
      height: int32 scalar.
      quality_step: int32 scalar, 2 * quality, 2..200.
      model_id: 8 hexadecimal digits.
    """
    constant = [bitstream.MAGIC, bitstream.MAJOR << 4 | bitstream.MINOR, *bytes.fromhex(model_id)]
    fixed = tf.concat([tf.constant(constant, tf.int32), tf.reshape(quality_step, [1])], axis=0)
    sizes = tf.stack([width, height]) - bitstream.MIN_SIDE
    groups = tf.math.floormod(sizes[:, tf.newaxis] // 128 ** np.arange(4, dtype=np.int32), 128)
    lengths = 1 + tf.reduce_sum(
        tf.cast(sizes[:, tf.newaxis] >= 128 ** np.arange(1, 4, dtype=np.int32), tf.int32), axis=1)
    index = tf.constant([[0, 1, 2, 3]])
    more = tf.cast(index < lengths[:, tf.newaxis] - 1, tf.int32)
    used = tf.concat([tf.fill([1, len(constant) + 1], True),
                      tf.reshape(index < lengths[:, tf.newaxis], [1, -1])], axis=1)
    values = tf.concat([fixed[tf.newaxis], tf.reshape(groups + 128 * more, [1, -1])], axis=1)
    data, length = compaction.compact(values, used, _MAX_HEADER_BYTES)
    return HeaderTensors(data[0], length[0], _start_state(data[0], length[0]))


def stream_bytes(header: HeaderTensors, states: tf.Tensor, words: tf.Tensor,
                 num_words: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """`bitstream.pack` of one image.

    Args:
      header: from `header_bytes`.
      states: int32 [K], K even, 2^15 .. 2^31 - 1.
      words: int32 [N], 0..65535.
      num_words: int32 scalar, 0..N.

    Returns:
      uint8 [15 + ceil(34 K / 8) + 2 N], zero behind the stream, and its length, int32 scalar.
    """
    state_data, state_length = _state_bytes(states)
    prefix = tf.concat([header.data, state_data], axis=0)
    index = tf.range(tf.shape(prefix)[0])
    used = tf.logical_or(index < header.length,
                         tf.logical_and(index >= _MAX_HEADER_BYTES,
                                        index < _MAX_HEADER_BYTES + state_length))
    prefix, _ = compaction.compact(prefix[tf.newaxis], used[tf.newaxis], tf.shape(prefix)[0])
    prefix_length = header.length + state_length
    high = words // 256
    body = tf.reshape(tf.stack([high, words - 256 * high], axis=1), [-1])
    length = prefix_length + 2 * num_words
    # Word bytes move forward to close the gap behind the prefix.
    index = tf.range(tf.shape(prefix)[1] + tf.shape(body)[0])
    source = tf.where(index < prefix_length, index,
                      tf.minimum(index - prefix_length + tf.shape(prefix)[1],
                                 tf.reduce_max(index)))
    data = tf.gather(tf.concat([prefix[0], body], axis=0), source)
    return tf.cast(tf.where(index < length, data, tf.zeros_like(data)), tf.uint8), length


def _start_state(data: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """`bitstream.start_state`: the sum of byte_i * 257^(length - 1 - i) modulo 32749."""
    powers = [pow(bitstream.HASH_MULTIPLIER, power, MODULUS)
              for power in range(_MAX_HEADER_BYTES)]
    exponent = length - 1 - tf.range(_MAX_HEADER_BYTES)
    # Bytes behind `length` are 0. The sum stays below 15 * 255 * 32749 < 2^27.
    terms = data * tf.gather(tf.constant(powers), tf.maximum(exponent, 0))
    return (1 << bitstream.STATE_LOW_LOG2) + tf.math.floormod(tf.reduce_sum(terms),
                                                              MODULUS)


def _state_bytes(states: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Exponents and mantissas of int32 [K] as int32 bytes, and how many of them count."""
    low = bitstream.STATE_LOW_LOG2
    thresholds = tf.constant([1 << low + power for power in range(1, 16)])
    exponents = tf.reduce_sum(tf.cast(states[:, tf.newaxis] >= thresholds, tf.int32), axis=1)
    powers = tf.constant([1 << power for power in range(_MAX_MANTISSA_BITS + 1)])
    mantissas = states - tf.gather(powers, low + exponents)
    place = low - 1 + exponents[:, tf.newaxis] - tf.range(_MAX_MANTISSA_BITS)
    bits = tf.math.floormod(
        mantissas[:, tf.newaxis] // tf.gather(powers, tf.maximum(place, 0)), 2)
    capacity = (tf.shape(states)[0] * _MAX_MANTISSA_BITS + 7) // 8
    bits, count = compaction.compact(tf.reshape(bits, [1, -1]), tf.reshape(place >= 0, [1, -1]),
                                     8 * capacity)
    mantissa_bytes = _join(bits, [128, 64, 32, 16, 8, 4, 2, 1])
    nibbles = _join(exponents, [16, 1])
    return (tf.concat([nibbles, mantissa_bytes], axis=0),
            tf.shape(nibbles)[0] + (count[0] + 7) // 8)


def _join(digits: tf.Tensor, weights) -> tf.Tensor:
    """Groups of digits to bytes."""
    return tf.reduce_sum(tf.reshape(digits, [-1, len(weights)]) * tf.constant(weights), axis=1)
