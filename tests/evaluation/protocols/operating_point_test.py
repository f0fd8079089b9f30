"""Thresholds at a false acceptance rate, counted by hand to the tie."""

import numpy as np
import pytest

from tf_ipr.evaluation.protocols import operating_point

IMPOSTORS = np.array([0.5, 0.4, 0.3, 0.3, 0.1])


def test_threshold_is_the_largest_score_that_may_not_pass():
    # Of five, floor(far · 5) may be above the threshold.
    for far, threshold in [(0.0, 0.5), (0.19, 0.5), (0.2, 0.4), (0.4, 0.3), (0.6, 0.3), (0.8, 0.1)]:
        assert operating_point.threshold_at_far(IMPOSTORS, far) == threshold
        assert operating_point.acceptance_rate(IMPOSTORS, threshold) <= far


def test_ties_at_the_threshold_are_rejected():
    threshold = operating_point.threshold_at_far(IMPOSTORS, 0.4)
    assert operating_point.acceptance_rate(np.array([0.3, 0.3, 0.31]), threshold) == 1 / 3


def test_the_example_of_the_documentation():
    threshold = operating_point.threshold_at_far(np.array([0.5, 0.4, 0.3]), 0.34)
    assert threshold == 0.4
    assert 1 - operating_point.acceptance_rate(np.array([0.9, 0.6, 0.4]), threshold) == (
        pytest.approx(1 / 3))


def test_allowed_acceptances_do_not_suffer_from_rounding():
    assert 0.29 * 100 < 29
    assert operating_point.allowed_acceptances(100, 0.29) == 29


def test_roc_by_hand():
    curve = operating_point.roc(np.array([0.6, 0.45, 0.35, 0.2]), IMPOSTORS, num_points=5)
    # Targets 1e-4 to 1e-1 leave less than one of five impostors.
    assert curve.far.tolist() == [0.0] and curve.frr.tolist() == [0.75]
    many = np.repeat(IMPOSTORS, 20)
    curve = operating_point.roc(np.array([0.6, 0.45, 0.35, 0.2]), many, num_points=5)
    np.testing.assert_allclose(curve.far, [0, 0.01, 0.1])
    # 0, 1 and 10 of a hundred: the twenty at 0.5 tie, the threshold stays there.
    assert curve.frr.tolist() == [0.75, 0.75, 0.75]


def test_roc_falls_with_far_and_survives_missing_faces():
    rng = np.random.default_rng(1)
    genuine, impostors = rng.normal(1, 1, 500), rng.normal(-1, 1, 2000)
    genuine[:5] = impostors[:5] = -np.inf
    curve = operating_point.roc(genuine, impostors)
    assert np.all(np.diff(curve.far) > 0) and np.all(np.diff(curve.frr) <= 0)
    assert curve.frr[-1] >= 5 / 500
