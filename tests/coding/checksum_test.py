"""The checksum of symbols against plain Python, also where sums grow large."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding.checksum import symbol_checksum


@pytest.mark.parametrize("length", [0, 1, 1024, 1025, 40000, 300000])
@pytest.mark.parametrize("low, high", [(-32768, -32767), (32767, 32768), (-128, 128)])
def test_checksum(length, low, high):
    symbols = np.random.default_rng(length).integers(low, high, (2, length)).astype(np.int32)
    weights = 1 + np.arange(length, dtype=object) % 32748
    expected = [int(sum(weights * row)) % 32749 for row in symbols]
    np.testing.assert_array_equal(symbol_checksum(tf.constant(symbols)), expected)


def test_zeros_at_the_end_change_nothing():
    symbols = tf.constant([[5, -3, 0, 7]])
    np.testing.assert_array_equal(symbol_checksum(symbols),
                                  symbol_checksum(tf.pad(symbols, [[0, 0], [0, 2000]])))


def test_every_change_of_one_symbol_is_seen():
    symbols = np.random.default_rng(0).integers(-20, 20, (1, 50)).astype(np.int32)
    before = symbol_checksum(tf.constant(symbols)).numpy()
    changed = np.repeat(symbols, 50, axis=0)
    changed[np.arange(50), np.arange(50)] += np.int32([1, -9] * 25)
    assert (symbol_checksum(tf.constant(changed)).numpy() != before).all()
