"""Running sums and compaction against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding import compaction


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 5000])
def test_running_sum_is_the_cumulative_sum(length, jit_compile):
    values = np.random.default_rng(length).integers(0, 2, (3, length)).astype(np.int32)
    result = tf.function(compaction.running_sum, jit_compile=jit_compile)(tf.constant(values))
    np.testing.assert_array_equal(result, np.cumsum(values, axis=1))


def test_marked_values_move_to_the_front_in_order():
    values = np.random.default_rng(0).integers(0, 65536, (2, 300)).astype(np.int32)
    mask = np.random.default_rng(1).random((2, 300)) < 0.3
    result, count = compaction.compact(tf.constant(values), tf.constant(mask), 300)
    for row in range(2):
        expected = values[row][mask[row]]
        assert count[row].numpy() == expected.size
        np.testing.assert_array_equal(result[row, :expected.size], expected)
        assert not result[row, expected.size:].numpy().any()


@pytest.mark.parametrize("length", [0, 5])
def test_nothing_marked(length):
    result, count = compaction.compact(tf.ones([2, length], tf.int32),
                                       tf.fill([2, length], False), 0)
    assert result.shape == (2, 0)
    np.testing.assert_array_equal(count, [0, 0])
