"""Probability tables as operations: ranges and code lengths."""

from __future__ import annotations

import numpy as np

from tests.coding import coder_cases
from tf_ipr.coding import table_ops
from tf_ipr.format.tables import PRECISION_BITS, ProbabilityTables


def test_clip_limits_to_the_table_and_zeroes_skipped_symbols():
    tables = ProbabilityTables.from_pmfs([np.ones(5), np.ones(3)], [-2, 4])
    clipped = table_ops.clip(tables, np.int32([[-9, 9], [0, 9], [5, -7]]), np.int32([[0, 0], [1, 1], [1, -1]]))
    np.testing.assert_array_equal(clipped, [[-2, 2], [4, 6], [5, 0]])


def test_bits_are_code_lengths_and_skipped_symbols_are_free():
    tables = ProbabilityTables.from_pmfs([[2, 1, 1], [1, 0]], [-1, 0])
    bits = table_ops.bits(tables, np.int32([-1, 0, 0, 1, 5]), np.int32([0, 0, 1, 1, -1])).numpy()
    np.testing.assert_allclose(bits, [1, 2, 12 - np.log2(4095), PRECISION_BITS, 0], rtol=1e-6)


def test_code_lengths_are_those_of_a_complete_code():
    tables = coder_cases.tables()
    for table in range(tables.num_tables):
        symbols = tables.lowest[table] + np.arange(tables.size[table], dtype=np.int32)
        bits = table_ops.bits(tables, symbols, np.full(len(symbols), table, np.int32)).numpy()
        np.testing.assert_allclose(np.sum(2.0 ** -bits), 1.0, rtol=1e-5)
