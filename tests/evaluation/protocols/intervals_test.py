"""Intervals by people: the same as drawing them for real, and as wide as they say."""

import numpy as np
import pytest

from tests.evaluation.protocols import simulated_people
from tf_ipr.evaluation.protocols import intervals, operating_point, verification
from tf_ipr.evaluation.protocols.comparisons import compare

FMR = 1e-2


def _drawn_for_real(found, draw):
    """FNMR where every comparison is repeated as often as its people were drawn, from the definition."""
    people = draw[found.people]
    impostors = np.repeat(found.impostor_scores, np.prod(people[found.impostor_pairs], axis=1))
    genuine = np.repeat(found.genuine_scores, people[found.genuine_pairs[:, 0]])
    threshold = np.sort(impostors)[-1 - operating_point.allowed_acceptances(len(impostors), FMR)]
    return np.mean(genuine <= threshold)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_draw_counts_every_comparison_as_often_as_its_people_were_drawn(ordered, monkeypatch):
    monkeypatch.setattr(intervals, "_BLOCK", 16)
    monkeypatch.setattr(intervals, "_FIRST_REACH", 0)
    embeddings, identities = simulated_people.draw(3, 40, scatter=0.6)
    found = compare(embeddings, identities, embeddings + 0.05 if ordered else None)
    _, draws = intervals.draw_people(identities, 5, 40)
    ours = intervals._drawn_fnmr(found, FMR, draws.T.astype(np.float32))
    assert ours == pytest.approx([_drawn_for_real(found, draw) for draw in draws])
    assert intervals.fnmr_interval(found, FMR, 40, 5) == pytest.approx(
        np.percentile(ours, [2.5, 97.5]))


def test_wilson_of_independent_comparisons_is_the_textbook_s():
    # 5 of 50 by the closed formula: 4.35 % to 21.36 %.
    assert intervals.wilson(0.1, 0.1 * 0.9 / 50, 50) == pytest.approx((0.0435, 0.2136), abs=1e-4)
    assert intervals.wilson(0.0, 0.0, 50) == pytest.approx((0, 1.96 ** 2 / (50 + 1.96 ** 2)), abs=1e-4)
    one_each = intervals.wilson_of_people(np.repeat([1, 0], [5, 45]), np.ones(50))
    assert one_each == pytest.approx((0.0435, 0.2136), abs=1e-4)


def test_people_whose_pictures_fail_together_widen_the_interval():
    together = intervals.wilson_of_people(np.repeat([10, 0], [5, 45]), np.full(50, 10))
    assert together == pytest.approx((0.0435, 0.2136), abs=1e-4)  # As 50 people, not 500 comparisons.


@pytest.mark.parametrize("ordered", [False, True])
def test_the_variance_of_fmr_is_the_sum_over_pairs_that_share_a_person(ordered):
    embeddings, identities = simulated_people.draw(4, 15)
    found = compare(embeddings, identities, embeddings + 0.05 if ordered else None)
    threshold = verification.threshold_at(found, 0.05)
    count = identities.max() + 1
    errors, comparisons = np.zeros([2, count, count])
    for score, pair in zip(found.impostor_scores, found.people[found.impostor_pairs]):
        for one, other in (pair, pair[::-1]):
            errors[one, other] += score > threshold
            comparisons[one, other] += 1
    rate = errors.sum() / comparisons.sum()
    deviations = errors - rate * comparisons
    squares = np.sum(np.triu(deviations) ** 2)
    shared = sum(deviations[one, other] * deviations[one, third] for one in range(count)
                 for other in range(count) for third in range(count) if other != third)
    variance = (squares + max(shared, 0)) / found.num_impostors ** 2
    assert intervals.wilson_of_fmr(found, threshold) == pytest.approx(
        intervals.wilson(rate, variance, found.num_impostors))


def test_fmr_below_the_scores_kept_is_refused():
    found = compare(*simulated_people.draw(4, 15), keep=20)
    with pytest.raises(ValueError, match="keep more of them"):
        intervals.wilson_of_fmr(found, found.impostor_scores[-1] - 0.1)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """95 % nominal; benchmarks/interval_coverage.py has more sets and rates."""
    truth = verification.fnmr_at(compare(*simulated_people.draw(99, 3000)), FMR, resamples=0).fnmr
    inside = []
    for seed in range(60):
        found = compare(*simulated_people.draw(seed, 100))
        low, high = intervals.fnmr_interval(found, FMR, 200, seed)
        inside.append(low <= truth <= high)
    assert np.mean(inside) >= 0.85
