"""Reading streams inside a graph: `bitstream.parse` in plain TensorFlow operations.

For a decoder that is one file: a SavedModel takes a batch of strings (`parse`), TFLite one buffer
of bytes (`parse_bytes`). What is wrong with a stream becomes its status and leaves the others of its
batch alone. Nothing here fails on any bytes, and nothing takes memory that a stream merely declares.
All integers are int32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from tf_ipr.coding import lanes
from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import MODULUS
from tf_ipr.format.stream_status import StreamStatus

_MAX_HEADER_BYTES = bitstream.FIXED_BYTES + 8
_MAX_STATE_BYTES = lanes.MAX_LANES // 2 + lanes.MAX_LANES * 30 // 8
_MANTISSA_WINDOW = 5  # A mantissa of up to 30 bits lies within so many bytes.
# What may come before the words of a stream, and a window at its end.
PREFIX_BYTES = _MAX_HEADER_BYTES + _MAX_STATE_BYTES + _MANTISSA_WINDOW


class ParsedStreams(NamedTuple):
    """Streams taken apart. Where the status is not OK, the rest is that of no image.

    Attributes:
      status: int32 [B], `StreamStatus`.
      width: int32 [B], pixels; 0 where the status is not OK; likewise `height`.
      height: int32 [B].
      quality: float32 [B], 1..100.
      model_id: int32 [B], the 32 bits as a signed number, see `signed_id`.
      lanes: int32 [B], K of each stream, 2..32.
      states: int32 [B, 32], 2^15 .. 2^31 - 1; 2^15 beyond a stream's own lanes.
      words_at: int32 [B], position of the first word in bytes.
      num_words: int32 [B].
      start_state: int32 [B], see `bitstream.start_state`.
    """

    status: tf.Tensor
    width: tf.Tensor
    height: tf.Tensor
    quality: tf.Tensor
    model_id: tf.Tensor
    lanes: tf.Tensor
    states: tf.Tensor
    words_at: tf.Tensor
    num_words: tf.Tensor
    start_state: tf.Tensor


def signed_id(model_id: str) -> int:
    """8 hexadecimal digits -> the int32 of the same bits."""
    return int.from_bytes(bytes.fromhex(model_id), "big", signed=True)


def parse(streams: tf.Tensor, max_pixels: int = bitstream.MAX_PIXELS) -> ParsedStreams:
    """Takes streams apart; the status is what `bitstream.parse` would raise, in its order.

    Args:
      streams: string [B], each a whole stream, or anything else.
      max_pixels: largest width * height accepted, up to 2^26.
    """
    # Only what comes before the words; zeros behind the end of a stream.
    data = tf.io.decode_raw(streams, tf.uint8, fixed_length=PREFIX_BYTES)
    return parse_bytes(tf.cast(data, tf.int32), tf.strings.length(streams), max_pixels)


def parse_bytes(data: tf.Tensor, length: tf.Tensor,
                max_pixels: int = bitstream.MAX_PIXELS) -> ParsedStreams:
    """As `parse`.

    Args:
      data: int32 [B, PREFIX_BYTES], the first bytes of each stream, 0 behind its end.
      length: int32 [B], bytes of each stream.
      max_pixels: likewise.
    """
    if not 0 < max_pixels <= bitstream.MAX_PIXELS:
        raise ValueError(f"`max_pixels` is {max_pixels}; allowed: 1..{bitstream.MAX_PIXELS}.")
    width, after_width, width_status = _varint(data, length, tf.fill(tf.shape(length),
                                                                     bitstream.FIXED_BYTES))
    height, states_at, height_status = _varint(data, length, after_width)
    too_large = width > max_pixels // height  # The product may have more than 31 bits.
    num_lanes = lanes.num_lanes_tensor(*(tf.where(too_large, 0, side) for side in (height, width)))
    states, mantissas_at, words_at, padding = _states(data, states_at, num_lanes)

    status = _first([
        (length == 0, StreamStatus.EMPTY),
        (data[:, 0] != bitstream.MAGIC, StreamStatus.FOREIGN),
        (length < bitstream.FIXED_BYTES, StreamStatus.TRUNCATED_HEADER),
        (data[:, 1] // 16 != bitstream.MAJOR, StreamStatus.VERSION),
        ((data[:, 6] < bitstream.QUALITY_STEPS[0]) | (data[:, 6] > bitstream.QUALITY_STEPS[-1]),
         StreamStatus.QUALITY),
        (width_status != StreamStatus.OK, width_status),
        (height_status != StreamStatus.OK, height_status),
        (too_large, StreamStatus.TOO_LARGE),
        ((length < mantissas_at) | (length < words_at), StreamStatus.TRUNCATED_STATES),
        (padding != 0, StreamStatus.PADDING_BITS),
        (tf.math.floormod(length - words_at, 2) != 0, StreamStatus.ODD_BYTES)])
    good = status == StreamStatus.OK
    high = data[:, 2] - 256 * tf.cast(data[:, 2] > 127, tf.int32)
    model_id = ((high * 256 + data[:, 3]) * 256 + data[:, 4]) * 256 + data[:, 5]
    return ParsedStreams(
        status, *(tf.where(good, value, other) for value, other in (
            (width, 0), (height, 0), (tf.cast(data[:, 6], tf.float32) / 2, 1.0),
            (model_id, 0), (num_lanes, lanes.MIN_LANES))),
        states, *(tf.where(good, value, 0) for value in (words_at, (length - words_at) // 2)),
        _start_state(data, states_at))


def words(streams: tf.Tensor, parsed: ParsedStreams) -> tf.Tensor:
    """The words of the streams whose status is OK: int32 [B, W], 0 behind a stream's own, W >= 1.

    W follows the longest of those streams, so exclude overlong ones before.
    """
    good = parsed.status == StreamStatus.OK
    own = tf.strings.substr(tf.where(good, streams, ""), tf.where(good, parsed.words_at, 0),
                            tf.where(good, 2 * parsed.num_words, 0))
    longest = tf.reduce_max(tf.concat([[1], tf.where(good, parsed.num_words, 0)], axis=0))
    return tf.cast(tf.io.decode_raw(own, tf.uint16, little_endian=False,
                                    fixed_length=2 * longest), tf.int32)


def refuse(parsed: ParsedStreams, condition: tf.Tensor, status: StreamStatus) -> ParsedStreams:
    """Marks the streams under `condition`, bool [B], with `status`, unless they had one before."""
    bad = (parsed.status == StreamStatus.OK) & condition
    return parsed._replace(
        status=tf.where(bad, int(status), parsed.status),
        **{name: tf.where(bad, 0, getattr(parsed, name))
           for name in ("width", "height", "words_at", "num_words")},
        lanes=tf.where(bad, lanes.MIN_LANES, parsed.lanes))


def _first(conditions: Sequence[tuple[tf.Tensor, object]]) -> tf.Tensor:
    """The status of the first condition, bool [B], that holds; OK where none does."""
    status = tf.fill(tf.shape(conditions[0][0]), int(StreamStatus.OK))
    for condition, value in reversed(conditions):
        status = tf.where(condition, tf.cast(value, tf.int32), status)
    return status


def _varint(data: tf.Tensor, length: tf.Tensor, position: tf.Tensor):
    """A size at `position` [B]: pixels [B], the position behind it [B] and a status [B]."""
    groups = tf.gather(data, position[:, tf.newaxis] + tf.range(4), batch_dims=1)
    more = tf.cast(groups >= 128, tf.int32)
    # Groups that belong to the number: no group before them is its last.
    reached = tf.cast(tf.equal(tf.cumsum(1 - more, axis=1, exclusive=True), 0), tf.int32)
    count = tf.reduce_sum(reached, axis=1)
    last = tf.gather(groups, count - 1, batch_dims=1)
    value = tf.reduce_sum(reached * (groups - 128 * more) * tf.constant([1, 1 << 7, 1 << 14, 1 << 21]),
                          axis=1)
    # Behind the end of the stream stand zeros, which end a number.
    status = _first([(position + count > length, StreamStatus.TRUNCATED_HEADER),
                     ((last >= 128) | ((last == 0) & (count > 1)), StreamStatus.NOT_CANONICAL)])
    return value + bitstream.MIN_SIDE, position + count, status


def _states(data: tf.Tensor, position: tf.Tensor, num_lanes: tf.Tensor):
    """Lane states at `position`, where mantissas and words start, and the value of the padding."""
    low = bitstream.STATE_LOW_LOG2
    lane = tf.range(lanes.MAX_LANES)
    mine = lane < num_lanes[:, tf.newaxis]
    pairs = tf.gather(data, position[:, tf.newaxis] + lane // 2, batch_dims=1)
    exponents = tf.where(lane % 2 == 0, pairs // 16, tf.math.floormod(pairs, 16))
    sizes = tf.where(mine, low + exponents, 0)
    mantissas_at = position + num_lanes // 2
    bits = tf.reduce_sum(sizes, axis=1)
    end = mantissas_at + (bits + 7) // 8

    at_bit = tf.cumsum(sizes, axis=1, exclusive=True)
    at_byte = mantissas_at[:, tf.newaxis] + at_bit // 8
    window = tf.gather(data, at_byte[:, :, tf.newaxis] + tf.range(_MANTISSA_WINDOW), batch_dims=1)
    # The first 24 bits of the window without those of the lane before, and its last 16 bits.
    used = 24 - tf.math.floormod(at_bit, 8)
    head = tf.math.floormod(tf.reduce_sum(window[:, :, :3] * [1 << 16, 1 << 8, 1], axis=2),
                            _power(used))
    tail = tf.reduce_sum(window[:, :, 3:] * [1 << 8, 1], axis=2)
    lacking = sizes - used  # Bits of the mantissa in the tail, up to 13; negative: bits too many.
    mantissa = tf.where(lacking > 0, head * _power(lacking) + tail // _power(16 - lacking),
                        head // _power(-lacking))
    states = tf.where(mine, _power(sizes) + mantissa, 1 << low)
    last = tf.gather(data, end - 1, batch_dims=1)
    padding = tf.math.floormod(last, _power(tf.math.floormod(-bits, 8)))
    return states, mantissas_at, end, padding


def _power(exponent: tf.Tensor) -> tf.Tensor:
    """2^exponent, int32; 1 for negative exponents."""
    return tf.gather(tf.constant([1 << i for i in range(31)]), tf.clip_by_value(exponent, 0, 30))


def _start_state(data: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """`bitstream.start_state` of the first `length` [B] bytes."""
    powers = tf.constant([pow(bitstream.HASH_MULTIPLIER, power, MODULUS)
                          for power in range(_MAX_HEADER_BYTES)])
    exponent = length[:, tf.newaxis] - 1 - tf.range(_MAX_HEADER_BYTES)
    # The sum stays below 15 * 255 * 32749 < 2^27.
    terms = data[:, :_MAX_HEADER_BYTES] * tf.gather(powers, tf.maximum(exponent, 0))
    terms = tf.where(exponent >= 0, terms, 0)
    return ((1 << bitstream.STATE_LOW_LOG2)
            + tf.math.floormod(tf.reduce_sum(terms, axis=1), MODULUS))
