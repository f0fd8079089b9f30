"""The decoder of one image for TFLite: what a device runs.

Decodes what `ImageEncoder` and `SymbolCoder.encode` write, with loops made for TFLite, which takes
about 40 nanoseconds per operation of a step, however few numbers it holds, as long as every shape is
known when a loop starts; and which prepares the body of a loop anew every time the loop starts, in a
time that grows with the square of its operations. Hence

  * the lanes of the loop are a constant, and lanes beyond an image's own idle;
  * one slot table tells the symbol, and two small ones its frequency and where its slots begin;
  * only symbols that are coded are dealt to lanes;
  * `UNROLL` steps make an iteration, `BLOCKS` iterations fill a small buffer of fixed shape, and an
    outer loop of few iterations collects the buffers.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple, Union

import numpy as np
import tensorflow as tf

from tf_ipr.coding.checksum import symbol_checksum
from tf_ipr.coding.rans import STATE_LOW, WORD
from tf_ipr.coding.symbol_coder import add_phase, lane_start
from tf_ipr.format.tables import TOTAL, ProbabilityTables

UNROLL = 16  # Steps per iteration of the inner loop.
BLOCKS = 64  # Iterations of the inner loop per iteration of the outer loop.


class ImageDecoderState(NamedTuple):
    """Where a decoder stands between phases."""

    words: tf.Tensor  # int32 [1 + W + spare]: a dummy, the words, zeros.
    num_words: tf.Tensor  # int32 [], W; negative: nothing is decoded.
    states: tf.Tensor  # int32 [K].
    position: tf.Tensor  # int32 [1], words read so far; above `num_words`: overrun.
    checksum: tf.Tensor  # int32 [1], of the symbols decoded so far.


class ImageDecoder(tf.Module):
    """Decodes the symbols of one image with fixed probability tables.

    Works eagerly, in `tf.function`, in a SavedModel and in TFLite; not compiled by XLA.
    """

    def __init__(self, tables: ProbabilityTables, max_lanes: int, first_table: int = 0, name=None):
        """Builds the slot tables.

        Args:
          tables: the tables.
          max_lanes: lanes that the loop has, at least those of any image to come.
          first_table: the smallest table that is decoded with; those below take no space.
        """
        super().__init__(name=name)
        self._first_table, self._max_lanes = first_table, max_lanes
        size, frequency = tables.size[first_table:], tables.frequency[first_table:]
        self._idle = len(size) * TOTAL  # Where the slots of a lane without a symbol begin.
        # Rows: all symbols of all tables, and last the identity step of an idle lane.
        used = np.arange(tables.max_symbols) < size[:, None]
        frequency = np.append(frequency[used], TOTAL)
        row_type = np.int16 if len(frequency) < 1 << 15 else np.int32
        self._row_of_slot = tf.constant(
            np.repeat(np.arange(len(frequency)), frequency).astype(row_type))
        self._frequency = tf.constant(frequency, tf.int32)
        self._first_slot = tf.constant(np.cumsum(frequency) - frequency, tf.int32)
        symbols = tables.lowest[first_table:, None] + np.arange(tables.max_symbols)
        self._symbol = tf.constant(np.append(symbols[used], 0), tf.int32)

    def start(self, words: tf.Tensor, num_words: tf.Tensor, states: tf.Tensor) -> ImageDecoderState:
        """The state before the first phase.

        Args:
          words: int32 [at least W], 0..65535.
          num_words: int32 [], W; negative to decode nothing.
          states: int32 [K], K = `max_lanes`, 2^15 .. 2^31 - 1.
        """
        # A lane reads at most one word per step, so zeros behind the words make every read safe, and
        # it is enough to look after each iteration whether they ran out. Word 0 is a dummy:
        # `position` is the index of the last word read.
        nothing = tf.zeros([1], tf.int32)
        spare = tf.zeros([UNROLL * self._max_lanes], tf.int32)
        return ImageDecoderState(tf.concat([nothing, words, spare], axis=0), num_words, states,
                                 nothing, nothing)

    def decode_all(self, coder_state: ImageDecoderState, tables: tf.Tensor,
                   lanes: Union[int, tf.Tensor]) -> Tuple[tf.Tensor, ImageDecoderState]:
        """Decodes a phase without skipped symbols.

        Args:
          coder_state: from `start` or the phase before.
          tables: int32 [N], table numbers.
          lanes: the image's own number of lanes, int or int32 [].

        Returns:
          int32 [N] symbols and the state. Where the words run out decoding stops, and the
          symbols have no meaning.
        """
        symbols, coder_state = self._decode(coder_state, tables, lanes)
        return symbols, _with_checksum(coder_state, symbols)

    def decode(self, coder_state: ImageDecoderState, tables: tf.Tensor,
               lanes: Union[int, tf.Tensor]) -> Tuple[tf.Tensor, ImageDecoderState]:
        """As `decode_all`; table -1 marks symbols that are not coded, they are 0."""
        coded = tf.cast(tf.where(tables >= 0), tf.int32)
        positions = tf.reshape(coded, [-1])
        symbols, coder_state = self._decode(coder_state, tf.gather(tables, positions), lanes)
        return (tf.scatter_nd(coded, symbols, tf.shape(tables)),
                _with_checksum(coder_state, symbols, positions))

    def finished(self, coder_state: ImageDecoderState, start_state: tf.Tensor,
                 lanes: Union[int, tf.Tensor]) -> tf.Tensor:
        """bool []: all lanes are back at their start and all words were read, no more.

        Args:
          coder_state: after the last phase.
          start_state: int32 [], what the header contributes, see `SymbolCoder`.
          lanes: as before.
        """
        away = tf.not_equal(coder_state.states, lane_start(start_state, coder_state.checksum)[0])
        away = tf.logical_and(away, tf.range(self._max_lanes) < lanes)
        return tf.logical_and(tf.logical_not(tf.reduce_any(away)),
                              tf.equal(coder_state.position[0], coder_state.num_words))

    def _decode(self, coder_state, tables, lanes):
        """Table numbers [n], all coded -> symbols [n], state; the checksum stays."""
        _, num_words, states, position, _ = coder_state
        count = tf.shape(tables)[0]
        num_steps = (count + (lanes - 1)) // lanes
        chunk_steps = UNROLL * BLOCKS
        num_chunks = (num_steps + (chunk_steps - 1)) // chunk_steps
        places = num_chunks * chunk_steps * lanes
        # Where the slots of each symbol begin, by chunk, step and lane.
        grid = tf.pad((tables - self._first_table) * TOTAL, [[0, places - count]],
                      constant_values=self._idle)
        grid = tf.reshape(grid, tf.stack([-1, chunk_steps, lanes]))

        def more(chunk, states, position, rows):
            del states, rows
            return tf.logical_and(chunk < num_chunks, position[0] <= num_words)

        def decode_chunk(chunk, states, position, rows):
            slots_begin = tf.pad(tf.gather(grid, chunk), [[0, 0], [0, self._max_lanes - lanes]],
                                 constant_values=self._idle)
            states, position, found = self._decode_chunk(
                coder_state._replace(states=states, position=position),
                tf.reshape(slots_begin, [BLOCKS, -1]), num_steps - chunk * chunk_steps)
            found = tf.reshape(found, [chunk_steps, self._max_lanes])[:, :lanes]
            return chunk + 1, states, position, tf.concat([rows, tf.reshape(found, [-1])], axis=0)

        _, states, position, rows = tf.while_loop(
            more, decode_chunk, (0, states, position, tf.zeros([0], tf.int32)),
            shape_invariants=(tf.TensorShape([]), states.shape, position.shape,
                              tf.TensorShape([None])))
        # Where decoding stopped early there are too few.
        rows = tf.pad(rows, [[0, places - tf.shape(rows)[0]]])[:count]
        return (tf.gather(self._symbol, rows),
                coder_state._replace(states=states, position=position))

    def _decode_chunk(self, coder_state, slots_begin, num_steps):
        """Steps of one chunk, [BLOCKS, UNROLL * K] -> states, position, the symbols' rows alike."""
        words, num_words, states, position, _ = coder_state
        num_blocks = tf.minimum((num_steps + (UNROLL - 1)) // UNROLL, BLOCKS)

        def more(block, states, position, rows):
            del states, rows
            return tf.logical_and(block < num_blocks, position[0] <= num_words)

        def decode_block(block, states, position, rows):
            found = []
            for begin in tf.split(tf.gather(slots_begin, block), UNROLL):
                states, position, row = self._step(words, states, position, begin)
                found.append(row)
            found = tf.cast(tf.concat(found, axis=0), tf.int32)
            return block + 1, states, position, rows.write(block, found)

        rows = tf.TensorArray(tf.int32, size=BLOCKS, element_shape=[UNROLL * self._max_lanes])
        _, states, position, rows = tf.while_loop(more, decode_block, (0, states, position, rows))
        return states, position, rows.stack()

    def _step(self, words, states, position, slots_begin):
        """One step of all lanes, see `rans`: states, position and the symbols' rows [K]."""
        high = states // TOTAL
        slot = tf.math.floormod(states, TOTAL) + slots_begin
        row = tf.gather(self._row_of_slot, slot)
        states = (tf.gather(self._frequency, row) * high + slot) - tf.gather(self._first_slot, row)
        short = states < STATE_LOW
        last = tf.cumsum(tf.cast(short, tf.int32)) + position
        # The minimum only keeps the lanes that need no word from overflowing.
        refilled = tf.minimum(states, STATE_LOW - 1) * WORD + tf.gather(words, last)
        return tf.where(short, refilled, states), last[-1:], row


def _with_checksum(coder_state, symbols, positions: Optional[tf.Tensor] = None):
    checksum = symbol_checksum(symbols[tf.newaxis], positions)
    return coder_state._replace(checksum=add_phase(coder_state.checksum, checksum))
