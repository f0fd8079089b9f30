"""Interleaved rANS: the arithmetic that turns symbols into 16-bit words and back.

Asymmetric numeral systems (Duda, "Asymmetric numeral systems: entropy coding combining speed of
Huffman coding with compression rate of arithmetic coding", 2013), range variant, with the lanes of
Giesen ("Interleaved entropy coders", 2014): K states of one image share one sequence of words.

Invariant: between steps every state x is in [2^15, 2^31). With frequency f and cumulative
frequency c of a symbol (of 4096):

  encode:  if x >= f * 2^19: emit x mod 2^16, x = x div 2^16
           x = (x div f) * 4096 + x mod f + c
  decode:  slot = x mod 4096 selects the symbol;  x = f * (x div 4096) + slot - c
           if x < 2^15: x = x * 2^16 + next word

The encoder runs the steps backwards. Words are stored in the order in which the decoder reads
them: step after step, and within a step lane after lane. A lane without a symbol at some step
has f = 4096, c = 0, for which both rules leave x as it is and move no word.

Everything is int32 and uses division and remainder, not bit operations, because TFLite has those
as built-in operators.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_ipr.coding import scan
from tf_ipr.format.tables import TOTAL

STATE_LOW = 1 << 15  # Smallest state; the largest is 2^31 - 1.
WORD = 1 << 16
_REACH = 1 << 19  # 2^31 / 4096: a state below f * _REACH stays below 2^31 in the encoder's step.


class Lookup(NamedTuple):
    """Slot tables as int32 tensors, flat; see `tables.DecoderLookup`."""

    frequency: tf.Tensor
    offset: tf.Tensor


def encode_steps(states: tf.Tensor, frequency: tf.Tensor, cumulative: tf.Tensor,
                 num_steps: tf.Tensor, unroll: int = scan.UNROLL
                 ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Encodes a grid of symbols, last step first.

    Args:
      states: int32 [B, K] before encoding.
      frequency: int32 [T, B, K], 1..4095, or 4096 where the lane has no symbol.
      cumulative: int32 [T, B, K], 0..4095, 0 where the lane has no symbol.
      num_steps: int32 scalar, steps that hold symbols. T as `scan.scan` wants it.
      unroll: steps per loop iteration, see `scan`.

    Returns:
      states: int32 [B, K] after encoding.
      words: int32 [T, B, K], 0..65535.
      emitted: bool [T, B, K], where `words` holds a word; the reading order is T, then K.
    """
    limit = (frequency - 1) * _REACH + (_REACH - 1)  # f * 2^19 - 1; f = 4096 does not overflow.
    gain = TOTAL - frequency

    def step(carry, frequency, limit, gain, cumulative):
        state, = carry
        reduced = tf.where(state > limit, state // WORD, state)
        # (x div f) * 4096 + x mod f + c  =  x + (x div f) * (4096 - f) + c
        return (reduced + reduced // frequency * gain + cumulative,), state

    (states,), before = scan.scan(step, (states,), [frequency, limit, gain, cumulative],
                                  num_steps, unroll, backward=True)
    return states, tf.math.floormod(before, WORD), before > limit


def decode_steps(states: tf.Tensor, words: tf.Tensor, position: tf.Tensor, tables: tf.Tensor,
                 num_steps: tf.Tensor, lookup: Lookup, unroll: int = scan.UNROLL):
    """Decodes a grid of symbols.

    Args:
      states: int32 [B, K] as the encoder left them, >= 2^15.
      words: int32 [B, W], 0..65535.
      position: int32 [B], 0..W, words already read.
      tables: int32 [T, B, K], start of the table of each symbol in `lookup` (4096 * number);
        the start of the identity table where the lane has no symbol.
      num_steps: int32 scalar, steps that hold symbols. T as `scan.scan` wants it.
      lookup: the slot tables.
      unroll: steps per loop iteration, see `scan`.

    Returns:
      states: int32 [B, K] after decoding.
      position: int32 [B], words read so far; above W if the words ran out (0 was read instead).
      slots: int32 [T, B, K], index into the slot tables, where the symbols stand.
    """
    # A lane reads at most one word per step, so zeros behind the words make every read safe
    # without a check in the loop. Word 0 is a dummy: `last` is the index of the last word read.
    batch, capacity = tf.shape(words)[0], tf.shape(words)[1]
    spare = num_steps * tf.shape(states)[1]
    if tables.shape[0] is not None and states.shape[1] is not None:
        spare = tables.shape[0] * states.shape[1]
    words = tf.pad(words, [[0, 0], [1, spare]])
    first = tf.range(batch) * tf.shape(words)[1]
    words = tf.reshape(words, [-1])
    last = (first + tf.minimum(position, capacity))[:, tf.newaxis]

    def step(carry, table):
        state, last = carry
        slot = tf.math.floormod(state, TOTAL) + table
        state = (tf.gather(lookup.frequency, slot) * (state // TOTAL)
                 + tf.gather(lookup.offset, slot))
        short = state < STATE_LOW
        read = tf.cumsum(tf.cast(short, tf.int32), axis=1) + last
        # The minimum only keeps the lanes that need no word from overflowing.
        refilled = tf.minimum(state, STATE_LOW - 1) * WORD + tf.gather(words, read)
        return (tf.where(short, refilled, state), read[:, -1:]), slot

    (states, end), slots = scan.scan(step, (states, last), [tables], num_steps, unroll)
    return states, position + (end - last)[:, 0], slots
