"""Probability tables: whole, without zeros, optimal, validated."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.coding import coder_cases
from tf_ipr.format.tables import ProbabilityTables, quantize_pmf


def check_tables(tables):
    """The guarantees of every set of tables, and of what is derived from it."""
    for table in range(tables.num_tables):
        size = tables.size[table]
        frequency = tables.frequency[table, :size].astype(int)
        assert frequency.sum() == 4096
        assert frequency.min() >= 1 and frequency.max() <= 4095
        assert not tables.frequency[table, size:].any()
        assert tables.cumulative[table, 0] == 0
        np.testing.assert_array_equal(np.diff(tables.cumulative[table, :size]), frequency[:-1])
        lookup = [part[4096 * table:4096 * (table + 1)] for part in tables.decoder_lookup()]
        number = lookup[2] - tables.lowest[table]
        np.testing.assert_array_equal(lookup[0], frequency[number])
        np.testing.assert_array_equal(tables.cumulative[table][number] + lookup[1],
                                      np.arange(4096))


@pytest.mark.parametrize("scale", [1e-40, 1e-3, 0.11, 1.0, 30.0, 1e3, 1e9])
@pytest.mark.parametrize("mean", [0.0, 0.5, 40.0])
def test_guarantees_hold_from_extremely_narrow_to_flat(scale, mean):
    with np.errstate(over="ignore"):
        pmfs = [coder_cases.gaussian_pmf(scale, radius, mean) for radius in (1, 20, 127)]
    check_tables(ProbabilityTables.from_pmfs(pmfs, [-1, -20, -127]))


def test_moving_any_single_unit_makes_the_code_longer():
    pmf = np.random.default_rng(0).dirichlet(np.full(40, 0.2))
    frequency = quantize_pmf(pmf).astype(float)
    best = -np.sum(pmf * np.log2(frequency))
    for giver in np.flatnonzero(frequency > 1):
        for taker in range(40):
            moved = frequency.copy()
            moved[giver] -= 1
            moved[taker] += 1
            assert -np.sum(pmf * np.log2(moved)) >= best - 1e-12


def test_quantising_costs_almost_nothing():
    pmf = coder_cases.gaussian_pmf(3.0, 20)
    pmf = pmf / pmf.sum()
    cost = -np.sum(pmf * np.log2(quantize_pmf(pmf) / 4096)) + np.sum(pmf * np.log2(pmf))
    assert 0 <= cost < 0.01  # Of 3.6 bits; most of it is the tails, which may not be impossible.


def test_known_frequencies():
    # By hand: 4096 * (0.5, 0.25, 0.25), and a symbol that may never be impossible.
    np.testing.assert_array_equal(quantize_pmf([2.0, 1.0, 1.0]), [2048, 1024, 1024])
    np.testing.assert_array_equal(quantize_pmf([1.0, 0.0]), [4095, 1])
    np.testing.assert_array_equal(quantize_pmf(np.ones(4096)), np.ones(4096))


def test_arrays_survive_a_file():
    file = io.BytesIO()
    np.savez(file, **coder_cases.tables().to_arrays())
    file.seek(0)
    loaded = ProbabilityTables.from_arrays(np.load(file))
    for name, array in coder_cases.tables().to_arrays().items():
        np.testing.assert_array_equal(getattr(loaded, name), array)


def test_tables_are_immutable():
    with pytest.raises(ValueError):
        coder_cases.tables().frequency[0, 0] = 7


@pytest.mark.parametrize("pmf, text", [
    ([1.0], "2..4096 entries"), (np.ones(4097), "2..4096 entries"), (np.ones((2, 2)), "1-D"),
    ([0.0, 0.0], "only zero"), ([1.0, -0.1], "negative"), ([1.0, np.nan], "not-a-number"),
    ([1.0, np.inf], "infinite")])
def test_bad_mass_functions_are_refused(pmf, text):
    with pytest.raises(ValueError, match=text):
        ProbabilityTables.from_pmfs([pmf], [0])


@pytest.mark.parametrize("change, text", [
    (dict(frequency=[[4096, 0]]), "at least 1"), (dict(frequency=[[4000, 95]]), "must be 4096"),
    (dict(frequency=[[2048.0, 2048.0]]), "must hold integers"), (dict(size=[1]), "allowed: 2..2"),
    (dict(size=[3]), "allowed: 2..2"), (dict(lowest=[0, 1]), "must agree"),
    (dict(lowest=[1 << 40]), "beyond 32 bits"), (dict(lowest=[32767]), "-32768..32767"),
    (dict(frequency=[[2048, 2048, 1]]), "beyond")])
def test_bad_arrays_are_refused(change, text):
    good = dict(frequency=[[2048, 2048]], lowest=[0], size=[2])
    ProbabilityTables.from_arrays(good)
    with pytest.raises(ValueError, match=text):
        ProbabilityTables.from_arrays({**good, **change})


def test_missing_arrays_are_named():
    with pytest.raises(ValueError, match="lack lowest, size"):
        ProbabilityTables.from_arrays({"frequency": [[2048, 2048]]})
