"""`SymbolCoder` whose decoding is tuned for TensorFlow's executor: servers, and whole batches.

The steps of the decoder depend on one another and are tiny, so their time is the number of
operations, about a microsecond each however few numbers they hold. `SymbolCoder` keeps to what
XLA and TFLite have too. Here a step takes 15 operations instead of 17, none of which broadcasts,
and what is not coded is left out around the loop as well.

A state x is kept as s = C - x with C = 2^63 + 2^15 - 1, in int64, where numbers wrap at 2^63:

    x >= 2^15      s is in 2^63 - 2^31 .. 2^63 - 1
    x <  2^15      s wraps below -2^63 + 2^15: the sign says that the lane needs a word
    refilled       C - (x * 2^16 + w) = s * 2^16 + (C - C * 2^16 - w)
    s after step   max(s, refilled), which takes the second where x < 2^15 and the first elsewhere

The last 12 bits of C are ones: those of s are 4095 - slot, so the slot tables are mirrored.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_ipr.coding import rans, scan
from tf_ipr.coding.checksum import symbol_checksum
from tf_ipr.coding.mirrored_slots import MIRROR, MirroredSlots, signed
from tf_ipr.coding.symbol_coder import CoderState, SymbolCoder, add_phase
from tf_ipr.format.tables import PRECISION_BITS, TOTAL, ProbabilityTables

Hold = Callable[[Callable[[], tf.Tensor]], Callable[[], tf.Tensor]]

_WORD_BITS = 16


class SymbolDecoder(SymbolCoder):
    """Decodes the same symbols as `SymbolCoder`, faster; not compiled by XLA, not in TFLite."""

    def __init__(self, tables: ProbabilityTables, unroll: int = scan.UNROLL, name=None,
                 hold: Hold | None = None):
        """As `SymbolCoder`.

        Args:
          tables, unroll: likewise.
          hold: where slot tables are kept: takes a function that computes one and returns a function
            that reads it. Default: computed now.
        """
        self._hold = hold or _computed_now
        super().__init__(tables, unroll, name)

    def decode(self, coder_state: CoderState, tables: tf.Tensor):
        """Decodes the next phase: int32 tables [B, N] -> int32 symbols [B, N], new state."""
        words, num_words, states, position, checksum, lanes = coder_state
        batch, length = tf.shape(tables)[0], tf.shape(tables)[1]
        per_image = tf.fill([batch], tf.shape(states)[1]) if lanes is None else lanes
        index, place, num_steps = _deal(tables, per_image, tf.shape(states)[1])

        # The grid [T, B, K] of `scan`; a lane without a symbol takes the identity step.
        chunk = self._unroll * scan.BLOCKS
        padded_steps = tf.maximum((num_steps + (chunk - 1)) // chunk, 1) * chunk
        shape = tf.concat([[padded_steps], tf.shape(states)], axis=0)
        idle = self.tables.num_tables * TOTAL
        starts = tf.gather(tf.reshape(tables, [-1]), index) * TOTAL - idle
        starts = tf.scatter_nd(place[:, tf.newaxis], starts, tf.reduce_prod(shape)[tf.newaxis])
        starts = tf.reshape(tf.cast(starts + idle, tf.int64), shape)

        states, position, slots = _decode_steps(states, words, position, starts, num_steps,
                                                self._lookup(), self._unroll)
        slots = tf.gather(tf.reshape(slots, [-1]), place)
        symbols = tf.gather(self._slot_symbol(), slots)
        symbols = tf.scatter_nd(index[:, tf.newaxis], symbols, (batch * length)[tf.newaxis])
        symbols = tf.reshape(symbols, tf.stack([batch, length]))
        return symbols, CoderState(words, num_words, states, position,
                                   add_phase(checksum, symbol_checksum(symbols)), lanes)

    def _lookup(self) -> rans.Lookup:
        frequency, offset = self._slots
        return rans.Lookup(frequency(), offset())

    def _make_lookup(self):
        slots = MirroredSlots(self.tables)
        frequency, offset, symbol = map(self._hold, (slots.frequency, slots.offset, slots.symbol))
        return (frequency, offset), symbol


def _computed_now(make: Callable[[], tf.Tensor]) -> Callable[[], tf.Tensor]:
    value = make()
    return lambda: value


def _deal(tables, lanes, max_lanes):
    """Places of the n coded symbols, see `lanes.deal`.

    Args:
      tables: int32 [B, N], -1 where no symbol is coded.
      lanes: int32 [B].
      max_lanes: int32 [], K of the grid.

    Returns:
      int32 [n] into the flattened [B, N], int32 [n] into the flattened grid [T, B, K], and int32
      [], the steps that hold symbols.
    """
    coded = tables >= 0
    count = tf.reduce_sum(tf.cast(coded, tf.int32), axis=1)
    index = tf.cast(tf.where(tf.reshape(coded, [-1]))[:, 0], tf.int32)
    batch = tf.shape(tables)[0]
    image = tf.repeat(tf.range(batch), count)
    number = tf.range(tf.shape(index)[0]) - tf.gather(tf.cumsum(count, exclusive=True), image)
    own_lanes = tf.gather(lanes, image)
    step = number // own_lanes
    place = (step * batch + image) * max_lanes + number - step * own_lanes
    return index, place, tf.reduce_max((count + (lanes - 1)) // lanes)


def _decode_steps(states, words, position, starts, num_steps, lookup, unroll):
    """`rans.decode_steps` with mirrored tables; starts and slots are int64."""
    # Zeros behind the words make every read safe, as there.
    batch, capacity = tf.shape(words)[0], tf.shape(words)[1]
    words = tf.pad(words, [[0, 0], [1, num_steps * tf.shape(states)[1]]])
    first = tf.range(batch) * tf.shape(words)[1]
    words = (signed(MIRROR - (MIRROR << _WORD_BITS))
             - tf.cast(tf.reshape(words, [-1]), tf.int64))
    begin = tf.cast(first + tf.minimum(position, capacity), tf.int64)[:, tf.newaxis]
    # As wide as the states: operations that broadcast take twice the time.
    last = begin + tf.zeros_like(states, tf.int64)
    last_lane = tf.fill([tf.shape(states)[1]], tf.shape(states)[1] - 1)

    def step(carry, start):
        state, last = carry
        slot = tf.bitwise.bitwise_and(state, TOTAL - 1) + start
        state = (tf.gather(lookup.frequency, slot)
                 * tf.bitwise.right_shift(state, np.int64(PRECISION_BITS))
                 + tf.gather(lookup.offset, slot))
        # The sign is 0 or -1.
        read = last - tf.cumsum(tf.bitwise.right_shift(state, np.int64(63)), axis=1)
        refilled = (tf.bitwise.left_shift(state, np.int64(_WORD_BITS)) + tf.gather(words, read))
        return (tf.maximum(state, refilled), tf.gather(read, last_lane, axis=1)), slot

    state = signed(MIRROR) - tf.cast(states, tf.int64)
    (state, last), slots = scan.scan(step, (state, last), [starts], num_steps, unroll)
    read = tf.cast((last - begin)[:, 0], tf.int32)
    return tf.cast(signed(MIRROR) - state, tf.int32), position + read, slots
