"""Symbols of a batch of images to words, and back.

Two phases share the lanes and the words of an image: the side information z comes first, then the
latent y, whose tables are known only once z is decoded.

  z symbols, tables --+                                        +--> decode_side --> z symbols
                      +--> encode --> words, states [B, K] --->+                       |
  y symbols, tables --+                                        +--> decode <--- tables of y
                                                                       |
                                                                       +--> y symbols, finished?
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_ipr.coding import compaction, rans, scan, table_ops
from tf_ipr.coding import lanes as lanes_lib
from tf_ipr.coding.checksum import symbol_checksum
from tf_ipr.format.bitstream import MODULUS
from tf_ipr.format.tables import TOTAL, ProbabilityTables

_PHASE_MULTIPLIER = 257


class CoderState(NamedTuple):
    """Where a decoder stands between phases."""

    words: tf.Tensor  # int32 [B, W].
    num_words: tf.Tensor  # int32 [B], words of each image; the rest of its row is padding.
    states: tf.Tensor  # int32 [B, K].
    position: tf.Tensor  # int32 [B], words read so far; above `num_words`: overrun.
    checksum: tf.Tensor  # int32 [B], of the symbols decoded so far.
    lanes: tf.Tensor | None  # int32 [B], lanes of each image; None: K for all.


class SymbolCoder(tf.Module):
    """Codes symbols with fixed probability tables, in plain TensorFlow operations.

    Works eagerly, in `tf.function`, compiled by XLA, in a SavedModel and in TFLite. All tensors are
    int32. A table number of -1 marks a symbol that is neither coded nor decoded: one that both
    sides skip, or padding of images with fewer symbols; it comes back as 0.

    `lanes` is a Python int (static shapes, for XLA), or int32 [B] when images of a batch have
    different numbers of lanes; then K is the largest of them, and states of lanes beyond an
    image's own have no meaning.

    `start_state`, 2^15 .. 2^15 + 32748, is what the header of a stream contributes to the state from
    which all lanes start; a checksum of the symbols is added, see `checksum`.
    """

    def __init__(self, tables: ProbabilityTables, unroll: int = scan.UNROLL, name=None):
        """Builds the lookup tensors.

        Args:
          tables: the probability tables.
          unroll: coder steps per loop iteration, see `scan`. It changes speed alone. The default
            suits TensorFlow graphs and TFLite; 4 suits XLA, whose loops are cheap, better.
        """
        super().__init__(name=name)
        self.tables = tables
        self._unroll = unroll
        # Tensors, not NumPy arrays: a graph captures them once instead of copying them per trace.
        self._slots, self._slot_symbol = self._make_lookup()
        packed = tables.frequency * TOTAL + tables.cumulative
        self._intervals = tf.constant(packed.reshape(-1), tf.int32)

    def encode(self, side_symbols: tf.Tensor, side_tables: tf.Tensor, symbols: tf.Tensor,
               tables: tf.Tensor, lanes: int | tf.Tensor, start_state: tf.Tensor
               ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Encodes one batch.

        Args:
          side_symbols: int32 [B, Nz], within their tables (see `ProbabilityTables.clip`).
          side_tables: int32 [B, Nz], table numbers or -1.
          symbols: int32 [B, Ny], within their tables.
          tables: int32 [B, Ny], table numbers or -1.
          lanes: K, see the class.
          start_state: int32 [B], see the class.

        Returns:
          words: int32 [B, Nz + Ny], 0..65535, 0 beyond `num_words`.
          num_words: int32 [B].
          states: int32 [B, K], in 2^15 .. 2^31 - 1.
        """
        side = lanes_lib.deal(side_tables, lanes, unroll=self._unroll)
        main = lanes_lib.deal(tables, lanes, unroll=self._unroll)
        side_symbols = tf.where(side.coded, side_symbols, tf.zeros_like(side_symbols))
        symbols = tf.where(main.coded, symbols, tf.zeros_like(symbols))  # As the decoder sees them.
        checksum = add_phase(symbol_checksum(side_symbols), symbol_checksum(symbols))
        states = tf.repeat(lane_start(start_state, checksum), side.shape[2], axis=1)
        states, words, emitted = self._encode_phase(main, symbols, tables, states)
        states, side_words, side_emitted = self._encode_phase(side, side_symbols, side_tables,
                                                              states)
        capacity = tf.shape(side_tables)[1] + tf.shape(tables)[1]
        words, num_words = compaction.compact(tf.concat([side_words, words], axis=1),
                                              tf.concat([side_emitted, emitted], axis=1), capacity)
        return words, num_words, states

    def decode_side(self, words: tf.Tensor, num_words: tf.Tensor, states: tf.Tensor,
                    side_tables: tf.Tensor, lanes: tf.Tensor | None = None
                    ) -> tuple[tf.Tensor, CoderState]:
        """Starts decoding: the side information.

        Args:
          words: int32 [B, W], 0..65535, W >= 0.
          num_words: int32 [B], 0..W.
          states: int32 [B, K], 2^15 .. 2^31 - 1.
          side_tables: int32 [B, Nz], table numbers or -1.
          lanes: int32 [B] if images of the batch have different numbers of lanes.

        Returns:
          side_symbols int32 [B, Nz], and the state for `decode`. Words that run out read as 0;
          `finished` tells.
        """
        nothing = tf.zeros_like(num_words)
        start = CoderState(tf.math.floormod(words, rans.WORD), num_words,
                           tf.maximum(states, rans.STATE_LOW), nothing, nothing, lanes)
        return self.decode(start, side_tables)

    def decode(self, coder_state: CoderState, tables: tf.Tensor) -> tuple[tf.Tensor, CoderState]:
        """Decodes the next phase: int32 tables [B, N] -> int32 symbols [B, N], new state."""
        words, num_words, states, position, checksum, lanes = coder_state
        num_lanes = lanes if lanes is not None else states.shape[1]
        if num_lanes is None:
            num_lanes = tf.repeat(tf.shape(states)[1], tf.shape(states)[0])
        deal = lanes_lib.deal(tables, num_lanes, tf.shape(states)[1], self._unroll)
        starts = lanes_lib.to_grid(tables * TOTAL, deal, empty=self.tables.num_tables * TOTAL)
        states, position, slots = rans.decode_steps(states, words, position, starts,
                                                    deal.num_steps, self._slots, self._unroll)
        symbols = tf.gather(self._slot_symbol, lanes_lib.from_grid(slots, deal))
        symbols = tf.where(deal.coded, tf.cast(symbols, tf.int32), tf.zeros_like(tables))
        return symbols, CoderState(words, num_words, states, position,
                                   add_phase(checksum, symbol_checksum(symbols)), lanes)

    def finished(self, coder_state: CoderState, start_state: tf.Tensor) -> tf.Tensor:
        """bool [B]: all lanes are back at their start and all words were read, no more.

        Args:
          coder_state: after the last phase.
          start_state: int32 [B], see the class.
        """
        states, lanes = coder_state.states, coder_state.lanes
        home = tf.equal(states, lane_start(start_state, coder_state.checksum))
        if lanes is not None:
            home = tf.logical_or(home, tf.range(tf.shape(states)[1]) >= lanes[:, tf.newaxis])
        return tf.logical_and(tf.reduce_all(home, axis=1),
                              tf.equal(coder_state.position, coder_state.num_words))

    def _make_lookup(self):
        """Slot tables as `decode` wants them, and the symbol of each slot."""
        lookup = self.tables.decoder_lookup()
        return (rans.Lookup(tf.constant(lookup.frequency), tf.constant(lookup.offset)),
                tf.constant(lookup.symbol))

    def _encode_phase(self, deal, symbols, tables, states):
        """Encodes one phase; words and their mask come back as [B, T * K] in reading order."""
        packed = tf.gather(self._intervals, table_ops.flat_index(self.tables, symbols, tables))
        grid = lanes_lib.to_grid(packed, deal, empty=TOTAL * TOTAL)
        frequency = grid // TOTAL
        states, words, emitted = rans.encode_steps(states, frequency, grid - frequency * TOTAL,
                                                   deal.num_steps, self._unroll)
        return states, _by_image(words), _by_image(emitted)


def _by_image(grid: tf.Tensor) -> tf.Tensor:
    """[T, B, K] -> [B, T * K]."""
    return tf.reshape(tf.transpose(grid, [1, 0, 2]), [tf.shape(grid)[1], -1])


def add_phase(checksum: tf.Tensor, phase_checksum: tf.Tensor) -> tf.Tensor:
    """Checksum [B] of the phases so far and of one more; before the first it is 0."""
    return tf.math.floormod(checksum * _PHASE_MULTIPLIER + phase_checksum, MODULUS)


def lane_start(start_state: tf.Tensor, checksum: tf.Tensor) -> tf.Tensor:
    """The state [B, 1] from which the lanes of each image start."""
    seed = start_state - rans.STATE_LOW + checksum
    return (rans.STATE_LOW + tf.math.floormod(seed, MODULUS))[:, tf.newaxis]
