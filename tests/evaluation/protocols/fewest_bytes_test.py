"""Where a curve of FRR over bytes reaches another codec's FRR, and how sure that is."""

import math

import numpy as np
import pytest

from tf_ipr.evaluation.protocols.fewest_bytes import fewest_bytes


def _outcomes(*numbers, probes=100):
    """The first `number` of the probes are rejected."""
    return np.arange(probes)[None] < np.array(numbers)[:, None]


_PEOPLE = [f"person {index}" for index in range(100)]


def test_the_crossing_is_linear_in_the_logarithm_of_the_bytes():
    # FRR 40, 20, 10 % at 100, 400, 1600 bytes: 30 % lies halfway between the first two.
    found = fewest_bytes([100, 400, 1600], _outcomes(40, 20, 10), _outcomes(30)[0], _PEOPLE)
    assert found.mean_bytes == pytest.approx(200)
    assert found.low < 200 < found.high


def test_a_measured_setting_that_equals_the_target_is_the_answer():
    found = fewest_bytes([100, 400, 1600], _outcomes(40, 20, 10), _outcomes(20)[0], _PEOPLE)
    assert found.mean_bytes == pytest.approx(400)


def test_the_smallest_setting_bounds_from_above():
    found = fewest_bytes([100, 400], _outcomes(5, 1), _outcomes(20)[0], _PEOPLE)
    assert found.mean_bytes == 100


def test_a_target_out_of_reach_is_infinite():
    found = fewest_bytes([100, 400], _outcomes(40, 20), _outcomes(0)[0], _PEOPLE)
    assert found.mean_bytes == found.low == found.high == math.inf


def test_a_setting_worse_than_a_smaller_one_does_not_bend_the_curve_back():
    found = fewest_bytes([100, 200, 400], _outcomes(10, 30, 5), _outcomes(10)[0], _PEOPLE)
    assert found.mean_bytes == 100


def test_draws_are_paired():
    """With outcomes equal to the target's at one setting, every draw crosses there or before."""
    rng = np.random.default_rng(0)
    target = rng.random(100) < 0.2
    found = fewest_bytes([100, 400], np.stack([target | (rng.random(100) < 0.3), target]), target,
                         _PEOPLE)
    assert found.mean_bytes == found.high == pytest.approx(400)


def test_people_are_drawn_and_not_probes():
    """Ten people whose probes fail together leave more doubt than a hundred by themselves."""
    outcomes = _outcomes(60, 20), _outcomes(40)[0]
    alone = fewest_bytes([100, 400], *outcomes, _PEOPLE)
    together = fewest_bytes([100, 400], *outcomes, [str(index // 10) for index in range(100)])
    assert together.low < alone.low < 200


@pytest.mark.parametrize("mean_bytes, rejected, what", [
    ([100], _outcomes(40, 20), "do not fit"), ([400, 100], _outcomes(40, 20), "ascend")])
def test_inputs_that_disagree(mean_bytes, rejected, what):
    with pytest.raises(ValueError, match=what):
        fewest_bytes(mean_bytes, rejected, _outcomes(1)[0], _PEOPLE)
