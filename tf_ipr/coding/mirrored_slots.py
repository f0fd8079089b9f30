"""The slot tables of `SymbolDecoder`, computed by TensorFlow from the frequencies.

For 112 tables they take 9 MB and the frequencies, where most are zero, 100 KB: an exported decoder
holds the latter and spreads them out once, when it is loaded (`export/load_time_values.py`).

The slots of a table stand in reverse order, see `symbol_decoder.py`; behind the last table stands the
identity step (frequency 4096, symbol 0), as in `tables.DecoderLookup`.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.coding import rans
from tf_ipr.format.tables import PRECISION_BITS, TOTAL, ProbabilityTables

MIRROR = (1 << 63) + rans.STATE_LOW - 1  # C of `symbol_decoder.py`


class MirroredSlots:
    """Each method computes one table, flat [(num_tables + 1) * 4096], from small constants."""

    def __init__(self, tables: ProbabilityTables):
        """Notes the symbols that exist, the highest of a table first."""
        exists = (np.arange(tables.max_symbols) < tables.size[:, None])[:, ::-1]
        self._counts = np.append(tables.frequency[:, ::-1][exists], TOTAL).astype(np.int16)
        self._firsts = np.append(tables.cumulative[:, ::-1][exists], 0).astype(np.int16)
        symbols = tables.lowest[:, None] + np.arange(tables.max_symbols)
        self._symbols = np.append(symbols[:, ::-1][exists], 0).astype(np.int16)
        self._num_tables = tables.num_tables + 1

    def frequency(self) -> tf.Tensor:
        """int64, 1..4096."""
        return self._spread(self._counts)

    def symbol(self) -> tf.Tensor:
        """int32."""
        return tf.cast(self._spread(self._symbols), tf.int32)

    def offset(self) -> tf.Tensor:
        """int64, what a step adds to f · (s div 4096)."""
        slot = tf.tile(tf.range(TOTAL - 1, -1, -1, tf.int64), [self._num_tables])
        offset = slot - self._spread(self._firsts)
        # h = x div 4096 stands in s as (C div 4096) - h, which the offset corrects for.
        return signed(MIRROR) - self.frequency() * (MIRROR >> PRECISION_BITS) - offset

    def _spread(self, values: np.ndarray) -> tf.Tensor:
        """One value for each symbol -> one for each slot."""
        # Not tf.repeat, which makes 4096 of every value first.
        starts = np.cumsum(self._counts, dtype=np.int32) - self._counts
        first = tf.scatter_nd(tf.constant(starts)[:, tf.newaxis], tf.ones_like(starts),
                              [self._num_tables * TOTAL])
        return tf.gather(tf.cast(tf.constant(values), tf.int64), tf.cumsum(first) - 1)


def signed(value: int) -> int:
    """The int64 of equal remainder modulo 2^64."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
