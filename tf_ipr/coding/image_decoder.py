"""The decoder of one image for TFLite: what a device runs.

Decodes what `ImageEncoder` and `SymbolCoder.encode` write, with loops made for TFLite, which takes
about 40 nanoseconds per operation of a step, however few numbers it holds, as long as every shape is
known when a loop starts; and which prepares the body of a loop anew every time the loop starts, in a
time that grows with the square of its operations. Hence

  * the lanes of a loop are a constant, and lanes beyond an image's own idle;
  * one slot table tells the symbol, and two small ones its frequency and where its slots begin;
  * only symbols that are coded are dealt to lanes;
  * `UNROLL` steps make an iteration, `BLOCKS` iterations fill a small buffer of fixed shape, and an
    outer loop of few iterations collects the buffers;
  * constants are as wide as what they are combined with, and differences stand in place of sums: both
    take TFLite less time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_ipr.coding.checksum import symbol_checksum
from tf_ipr.coding.rans import STATE_LOW, WORD
from tf_ipr.coding.symbol_coder import add_phase, lane_start
from tf_ipr.format.tables import TOTAL, ProbabilityTables

UNROLL = 16  # Steps per iteration of the inner loop.
BLOCKS = 64  # Iterations of the inner loop per iteration of the outer loop.
_CHUNK = UNROLL * BLOCKS  # Steps per iteration of the outer loop.


class ImageDecoderState(NamedTuple):
    """Where a decoder stands between phases."""

    words: tf.Tensor  # int32 [spare + W + 1]: zeros, the negative words, last one first, a dummy.
    end: tf.Tensor  # int32 [], `last` when all words were read.
    states: tf.Tensor  # int32 [K].
    last: tf.Tensor  # int32 [], index in `words` of the last one read; below `end`: overrun.
    checksum: tf.Tensor  # int32 [1], of the symbols decoded so far.


class ImageDecoder(tf.Module):
    """Decodes the symbols of one image with fixed probability tables.

    Works eagerly, in `tf.function`, in a SavedModel and in TFLite; not compiled by XLA.
    """

    def __init__(self, tables: ProbabilityTables, lanes: Sequence[int], first_table: int = 0,
                 name=None):
        """Builds the slot tables.

        Args:
          tables: the tables.
          lanes: how many lanes the loops have, ascending: one loop for each number, and an image
            goes through the first that has enough.
          first_table: the smallest table that is decoded with; those below take no space.
        """
        super().__init__(name=name)
        self._first_table, self._lanes = first_table, tuple(lanes)
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

    @property
    def constants(self) -> dict[str, np.ndarray]:
        """The slot tables by name: what decides which symbols a stream holds."""
        return {"row_of_slot": self._row_of_slot.numpy(), "frequency": self._frequency.numpy(),
                "first_slot": self._first_slot.numpy(), "symbol": self._symbol.numpy()}

    @property
    def max_lanes(self) -> int:
        """K of all states outside of the loops."""
        return self._lanes[-1]

    def start(self, words: tf.Tensor, num_words: tf.Tensor, states: tf.Tensor) -> ImageDecoderState:
        """The state before the first phase.

        Args:
          words: int32 [at least W], 0..65535.
          num_words: int32 [], W; negative to decode nothing.
          states: int32 [K], K = `max_lanes`, 2^15 .. 2^31 - 1.
        """
        # A lane reads at most one word per step, so zeros behind the words make every read safe, and
        # it is enough to look after each iteration whether they ran out.
        spare = tf.zeros([UNROLL * self.max_lanes], tf.int32)
        words = tf.concat([spare, tf.reverse(-words, [0]), [0]], axis=0)
        begin = tf.size(words) - 1
        return ImageDecoderState(words, begin - num_words, states, begin, tf.zeros([1], tf.int32))

    def decode_all(self, coder_state: ImageDecoderState, tables: tf.Tensor,
                   lanes: int | tf.Tensor) -> tuple[tf.Tensor, ImageDecoderState]:
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
               lanes: int | tf.Tensor) -> tuple[tf.Tensor, ImageDecoderState]:
        """As `decode_all`; table -1 marks symbols that are not coded, they are 0."""
        coded = tf.cast(tf.where(tables >= 0), tf.int32)
        positions = tf.reshape(coded, [-1])
        symbols, coder_state = self._decode(coder_state, tf.gather(tables, positions), lanes)
        return (tf.scatter_nd(coded, symbols, tf.shape(tables)),
                _with_checksum(coder_state, symbols, positions))

    def finished(self, coder_state: ImageDecoderState, start_state: tf.Tensor,
                 lanes: int | tf.Tensor) -> tf.Tensor:
        """bool []: all lanes are back at their start and all words were read, no more.

        Args:
          coder_state: after the last phase.
          start_state: int32 [], what the header contributes, see `SymbolCoder`.
          lanes: as before.
        """
        away = tf.not_equal(coder_state.states, lane_start(start_state, coder_state.checksum)[0])
        away = tf.logical_and(away, tf.range(self.max_lanes) < lanes)
        return tf.logical_and(tf.logical_not(tf.reduce_any(away)),
                              tf.equal(coder_state.last, coder_state.end))

    def _decode(self, coder_state, tables, lanes):
        """Table numbers [n], all coded -> symbols [n], state; the checksum stays."""
        count = tf.shape(tables)[0]
        num_steps = (count + (lanes - 1)) // lanes
        num_chunks = (num_steps + (_CHUNK - 1)) // _CHUNK
        places = num_chunks * _CHUNK * lanes
        # By chunk, step and lane, where the slots of the symbol begin, negative.
        grid = tf.pad((self._first_table - tables) * TOTAL, [[0, places - count]],
                      constant_values=-self._idle)
        grid = tf.reshape(grid, tf.stack([-1, _CHUNK, lanes]))
        states, last, rows = self._choose_loop(coder_state, grid, lanes, num_steps, self._lanes)
        # Where decoding stopped early there are too few.
        rows = tf.pad(rows, [[0, places - tf.shape(rows)[0]]])
        rows = tf.slice(rows, [0], count[tf.newaxis])
        return tf.gather(self._symbol, rows), coder_state._replace(states=states, last=last)

    def _choose_loop(self, coder_state, grid, lanes, num_steps, widths):
        """`_decode_chunks` of the first of `widths` that has enough lanes."""
        if len(widths) == 1:
            return self._decode_chunks(coder_state, grid, lanes, num_steps, widths[0])
        return tf.cond(
            lanes <= widths[0],
            lambda: self._decode_chunks(coder_state, grid, lanes, num_steps, widths[0]),
            lambda: self._choose_loop(coder_state, grid, lanes, num_steps, widths[1:]))

    def _decode_chunks(self, coder_state, grid, lanes, num_steps, width):
        """The loops, of `width` lanes: states [K], the last word, the rows of the symbols."""
        def more(chunk, states, last, rows):
            del states, rows
            return tf.logical_and(chunk * _CHUNK < num_steps, last >= coder_state.end)

        def decode_chunk(chunk, states, last, rows):
            begin = tf.pad(tf.gather(grid, chunk), [[0, 0], [0, width - lanes]],
                           constant_values=-self._idle)
            states, last, found = self._decode_chunk(
                coder_state, states, last, tf.reshape(begin, [BLOCKS, UNROLL * width]),
                num_steps - chunk * _CHUNK, width)
            found = tf.slice(tf.reshape(found, [_CHUNK, width]), [0, 0], tf.stack([_CHUNK, lanes]))
            return chunk + 1, states, last, tf.concat([rows, tf.reshape(found, [-1])], axis=0)

        _, states, last, rows = tf.while_loop(
            more, decode_chunk,
            (0, coder_state.states[:width], coder_state.last, tf.zeros([0], tf.int32)),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([width]), tf.TensorShape([]),
                              tf.TensorShape([None])))
        return tf.concat([states, coder_state.states[width:]], axis=0), last, rows

    def _decode_chunk(self, coder_state, states, last, begin, num_steps, width):
        """Steps of one chunk, int32 [BLOCKS, UNROLL * width] -> states, last, rows, shaped alike."""
        num_blocks = tf.minimum((num_steps + (UNROLL - 1)) // UNROLL, BLOCKS)

        def more(block, states, last, rows):
            del states, rows
            return tf.logical_and(block < num_blocks, last[0] >= coder_state.end)

        def decode_block(block, states, last, rows):
            found = []
            for slots_begin in tf.split(tf.gather(begin, block), UNROLL):
                states, last, row = self._step(coder_state.words, states, last, slots_begin)
                found.append(row)
            return block + 1, states, last, rows.write(block, tf.concat(found, axis=0))

        rows = tf.TensorArray(tf.int32, size=BLOCKS, element_shape=[UNROLL * width])
        _, states, last, rows = tf.while_loop(
            more, decode_block, (0, states, tf.fill([width], last), rows))
        return states, last[0], rows.stack()

    def _step(self, words, states, last, slots_begin):
        """One step of all lanes, see `rans`: states, `last` and the symbols' rows [width]."""
        width = states.shape[0]
        wide = {number: tf.fill([width], number) for number in (TOTAL, STATE_LOW, STATE_LOW - 1, WORD)}
        high = states // wide[TOTAL]
        slot = tf.math.floormod(states, wide[TOTAL]) - slots_begin
        # Older run-times look nothing up by int16.
        row = tf.cast(tf.gather(self._row_of_slot, slot), tf.int32)
        states = tf.gather(self._frequency, row) * high - (tf.gather(self._first_slot, row) - slot)
        short = states < wide[STATE_LOW]
        read = last - tf.cumsum(tf.cast(short, tf.int32))
        # The minimum only keeps the lanes that need no word from overflowing.
        refilled = (tf.minimum(states, wide[STATE_LOW - 1]) * wide[WORD] - tf.gather(words, read))
        return tf.where(short, refilled, states), tf.gather(read, tf.fill([width], width - 1)), row


def _with_checksum(coder_state, symbols, positions: tf.Tensor | None = None):
    checksum = symbol_checksum(symbols[tf.newaxis], positions)
    return coder_state._replace(checksum=add_phase(coder_state.checksum, checksum))
