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

from typing import NamedTuple, Tuple, Union

import tensorflow as tf

from tf_ipr.coding import compaction
from tf_ipr.coding import lanes as lanes_lib
from tf_ipr.coding import rans
from tf_ipr.coding import scan
from tf_ipr.coding.tables import TOTAL, ProbabilityTables


class CoderState(NamedTuple):
    """Where a decoder stands between phases."""

    words: tf.Tensor  # int32 [B, W].
    num_words: tf.Tensor  # int32 [B], words of each image; the rest of its row is padding.
    states: tf.Tensor  # int32 [B, K].
    position: tf.Tensor  # int32 [B], words read so far; above `num_words`: overrun.


class SymbolCoder(tf.Module):
    """Codes symbols with fixed probability tables, in plain TensorFlow operations.

    Works eagerly, in `tf.function`, compiled by XLA, in a SavedModel and in TFLite. All tensors are
    int32. A table number of -1 marks a symbol that is neither coded nor decoded: one that both
    sides skip, or padding of images with fewer symbols; it comes back as 0.

    `lanes` is a Python int (static shapes, for XLA), or int32 [B] when images of a batch have
    different numbers of lanes; then K is the largest of them and lanes beyond an image's own stay
    at their start state.
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
        lookup = tables.decoder_lookup()
        # Tensors, not NumPy arrays: a graph captures them once instead of copying them per trace.
        self._slots = rans.Lookup(tf.constant(lookup.frequency), tf.constant(lookup.offset))
        self._slot_symbol = tf.constant(lookup.symbol)
        packed = tables.frequency * TOTAL + tables.cumulative
        self._intervals = tf.constant(packed.reshape(-1), tf.int32)

    def encode(self, side_symbols: tf.Tensor, side_tables: tf.Tensor, symbols: tf.Tensor,
               tables: tf.Tensor, lanes: Union[int, tf.Tensor], start_state: tf.Tensor
               ) -> Tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Encodes one batch.

        Args:
          side_symbols: int32 [B, Nz], within their tables (see `ProbabilityTables.clip`).
          side_tables: int32 [B, Nz], table numbers or -1.
          symbols: int32 [B, Ny], within their tables.
          tables: int32 [B, Ny], table numbers or -1.
          lanes: K, see the class.
          start_state: int32 [B], 2^15 .. 2^31 - 1, what every lane of an image starts from.

        Returns:
          words: int32 [B, Nz + Ny], 0..65535, 0 beyond `num_words`.
          num_words: int32 [B].
          states: int32 [B, K], in 2^15 .. 2^31 - 1.
        """
        side = lanes_lib.deal(side_tables, lanes, unroll=self._unroll)
        main = lanes_lib.deal(tables, lanes, unroll=self._unroll)
        states = tf.repeat(start_state[:, tf.newaxis], side.shape[2], axis=1)
        states, words, emitted = self._encode_phase(main, symbols, tables, states)
        states, side_words, side_emitted = self._encode_phase(side, side_symbols, side_tables,
                                                              states)
        capacity = tf.shape(side_tables)[1] + tf.shape(tables)[1]
        words, num_words = compaction.compact(tf.concat([side_words, words], axis=1),
                                              tf.concat([side_emitted, emitted], axis=1), capacity)
        return words, num_words, states

    def decode_side(self, words: tf.Tensor, num_words: tf.Tensor, states: tf.Tensor,
                    side_tables: tf.Tensor, lanes: Union[int, tf.Tensor, None] = None
                    ) -> Tuple[tf.Tensor, CoderState]:
        """Starts decoding: the side information.

        Args:
          words: int32 [B, W], 0..65535, W >= 0.
          num_words: int32 [B], 0..W.
          states: int32 [B, K], 2^15 .. 2^31 - 1.
          side_tables: int32 [B, Nz], table numbers or -1.
          lanes: see the class. Default: K for every image.

        Returns:
          side_symbols int32 [B, Nz], and the state for `decode`. Words that run out read as 0;
          `finished` tells.
        """
        start = CoderState(tf.math.floormod(words, rans.WORD), num_words,
                           tf.maximum(states, rans.STATE_LOW), tf.zeros_like(num_words))
        return self.decode(start, side_tables, lanes)

    def decode(self, coder_state: CoderState, tables: tf.Tensor,
               lanes: Union[int, tf.Tensor, None] = None) -> Tuple[tf.Tensor, CoderState]:
        """Decodes the next phase: int32 tables [B, N] -> int32 symbols [B, N], new state."""
        words, num_words, states, position = coder_state
        if lanes is None:
            lanes = states.shape[1]
        if lanes is None:
            lanes = tf.repeat(tf.shape(states)[1], tf.shape(states)[0])
        deal = lanes_lib.deal(tables, lanes, tf.shape(states)[1], self._unroll)
        starts = lanes_lib.to_grid(tables * TOTAL, deal, empty=self.tables.num_tables * TOTAL)
        states, position, slots = rans.decode_steps(states, words, position, starts,
                                                    deal.num_steps, self._slots, self._unroll)
        symbols = tf.gather(self._slot_symbol, lanes_lib.from_grid(slots, deal))
        symbols = tf.where(deal.coded, tf.cast(symbols, tf.int32), tf.zeros_like(tables))
        return symbols, CoderState(words, num_words, states, position)

    def finished(self, coder_state: CoderState, start_state: tf.Tensor) -> tf.Tensor:
        """bool [B]: all lanes are back at `start_state` [B] and all words were read, no more.

        Lanes beyond an image's own must have been given `start_state`.
        """
        home = tf.reduce_all(tf.equal(coder_state.states, start_state[:, tf.newaxis]), axis=1)
        return tf.logical_and(home, tf.equal(coder_state.position, coder_state.num_words))

    def _encode_phase(self, deal, symbols, tables, states):
        """Encodes one phase; words and their mask come back as [B, T * K] in reading order."""
        packed = tf.gather(self._intervals, self.tables.flat_index(symbols, tables))
        grid = lanes_lib.to_grid(packed, deal, empty=TOTAL * TOTAL)
        frequency = grid // TOTAL
        states, words, emitted = rans.encode_steps(states, frequency, grid - frequency * TOTAL,
                                                   deal.num_steps, self._unroll)
        return states, _by_image(words), _by_image(emitted)


def _by_image(grid: tf.Tensor) -> tf.Tensor:
    """[T, B, K] -> [B, T * K]."""
    return tf.reshape(tf.transpose(grid, [1, 0, 2]), [tf.shape(grid)[1], -1])

