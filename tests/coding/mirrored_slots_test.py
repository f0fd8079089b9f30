"""The decoder's slot tables, as TensorFlow computes them, against those NumPy lists slot by slot."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coding import coder_cases
from tf_ipr.coding.mirrored_slots import MIRROR, MirroredSlots, signed
from tf_ipr.format.tables import ProbabilityTables


def _mirrored(values):
    return values.reshape(-1, 4096)[:, ::-1].reshape(-1)


def _check(tables):
    slots, lookup = MirroredSlots(tables), tables.decoder_lookup()
    frequency = _mirrored(lookup.frequency)
    np.testing.assert_array_equal(slots.frequency(), frequency)
    np.testing.assert_array_equal(slots.symbol(), _mirrored(lookup.symbol))
    # s' = C - (f · h + offset) for the slot's own state, h = 0: all of it in Python's integers.
    expected = [signed(MIRROR - int(f) * (MIRROR >> 12) - int(o))
                for f, o in zip(frequency, _mirrored(lookup.offset))]
    assert slots.offset().numpy().tolist() == expected


def test_tables_of_a_model():
    _check(coder_cases.tables())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=300)
                          .filter(lambda pmf: sum(pmf) > 0), st.integers(-300, 300)),
                min_size=1, max_size=4))
def test_any_tables(pmfs):
    _check(ProbabilityTables.from_pmfs([pmf for pmf, _ in pmfs], [low for _, low in pmfs]))
