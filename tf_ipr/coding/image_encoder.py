"""The encoder of one image with shapes that follow its content: what a device runs.

Gives the words of `SymbolCoder.encode`, and does less for them: what is skipped is left out before
anything else happens, and both phases go through one loop. `SymbolCoder` keeps every shape as
it was before skipping, which batches and XLA need.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.coding import rans, scan
from tf_ipr.coding.checksum import symbol_checksum
from tf_ipr.coding.symbol_coder import add_phase, lane_start
from tf_ipr.format.tables import TOTAL, ProbabilityTables

_IDLE = TOTAL * TOTAL  # frequency 4096, cumulative 0: the lane has no symbol


class ImageEncoder(tf.Module):
    """Codes the symbols of one image with fixed probability tables.

    Works eagerly, in `tf.function`, in a SavedModel and in TFLite; not compiled by XLA.
    """

    def __init__(self, tables: ProbabilityTables, unroll: int = scan.UNROLL, name=None):
        """`unroll`: coder steps per loop iteration, see `scan`; it changes speed alone."""
        super().__init__(name=name)
        self._unroll = unroll
        # One row behind the other without gaps: symbol s of table t stands at base[t] + s.
        packed = tables.frequency * TOTAL + tables.cumulative
        self._intervals = tf.constant(packed[np.arange(tables.max_symbols) < tables.size[:, None]])
        self._base = tf.constant(np.cumsum(tables.size) - tables.size - tables.lowest, tf.int32)

    def encode(self, side_symbols: tf.Tensor, side_tables: tf.Tensor, symbols: tf.Tensor,
               tables: tf.Tensor, lanes: tf.Tensor, start_state: tf.Tensor
               ) -> tuple[tf.Tensor, tf.Tensor]:
        """Encodes both phases of one image.

        Args:
          side_symbols: int32 [Nz], within the range of their tables.
          side_tables: int32 [Nz], table numbers; all are coded.
          symbols: int32 [N], likewise, 0 where the table is -1.
          tables: int32 [N], table numbers, -1 where the symbol is not coded.
          lanes: int32 [] or int, K.
          start_state: int32 [], what the header contributes, see `SymbolCoder`.

        Returns:
          words int32 [W], 0..65535, and states int32 [K], 2^15 .. 2^31 - 1.
        """
        coded = tf.reshape(tf.cast(tf.where(tables >= 0), tf.int32), [-1])
        symbols, tables = tf.gather(symbols, coded), tf.gather(tables, coded)
        checksum = add_phase(symbol_checksum(side_symbols[tf.newaxis]),
                             symbol_checksum(symbols[tf.newaxis], coded))
        states = tf.repeat(lane_start(start_state, checksum), lanes, axis=1)
        # Each phase begins with a step of its own: idle lanes, which change nothing, fill its last.
        grid = tf.concat([self._phase(side_symbols, side_tables, lanes),
                          self._phase(symbols, tables, lanes)], axis=0)
        num_steps = tf.shape(grid)[0] // lanes
        chunk = self._unroll * scan.BLOCKS
        spare = (chunk - 1 - (num_steps + chunk - 1) % chunk) * lanes
        grid = tf.pad(grid, [[0, spare]], constant_values=_IDLE)
        grid = tf.reshape(grid, tf.stack([-1, 1, lanes]))
        frequency = grid // TOTAL
        states, words, emitted = rans.encode_steps(states, frequency, grid - frequency * TOTAL,
                                                   num_steps, self._unroll)
        return tf.boolean_mask(words, emitted), states[0]

    def _phase(self, symbols, tables, lanes):
        """Packed intervals of coded symbols [n], idle up to a multiple of the lanes."""
        packed = tf.gather(self._intervals, tf.gather(self._base, tables) + symbols)
        spare = lanes - 1 - (tf.shape(packed)[0] + lanes - 1) % lanes
        return tf.pad(packed, [[0, spare]], constant_values=_IDLE)
