"""The difference of two FRR, and how sure it is with thresholds that rest on few strangers."""

import dataclasses

import numpy as np
import pytest

from tf_ipr.evaluation.protocols.frr_difference import frr_difference
from tf_ipr.evaluation.protocols.identification import identify

_PEOPLE = 200


def _experiment(noise, seed=0, dimensions=24):
    """Gallery and three probes of each person; `noise` is what the codec adds."""
    rng = np.random.default_rng(seed)
    gallery = rng.normal(size=[_PEOPLE, dimensions])
    names = [f"person {index}" for index in range(_PEOPLE)]
    probes = np.repeat(gallery, 3, 0) + rng.normal(size=[3 * _PEOPLE, dimensions])
    probes += noise * np.random.default_rng(1).normal(size=probes.shape)
    of = list(np.repeat(names, 3))
    return identify(gallery, names, probes, of), of


def test_the_difference_is_that_of_the_experiments():
    (worse, people), (better, _) = _experiment(1.0), _experiment(0.3)
    found = frr_difference(worse, better, people)
    assert found.difference == pytest.approx(worse.frr - better.frr)
    assert 0 < found.low < found.difference < found.high
    back = frr_difference(better, worse, people)
    assert (back.difference, back.low) == (-found.difference, pytest.approx(-found.high))


def test_every_draw_is_the_experiment_of_the_drawn_people():
    """With one draw written out: repeated probes, thresholds by the protocol's own function."""
    (found, people), (target, _) = _experiment(0.8), _experiment(0.2)
    labels = np.unique(people, return_inverse=True)[1]
    draw = np.random.default_rng(7).multinomial(_PEOPLE, np.full(_PEOPLE, 1 / _PEOPLE), 2000)[0]
    chosen = np.repeat(np.arange(len(people)), draw[labels])

    def drawn(experiment):
        return dataclasses.replace(experiment, genuine_scores=experiment.genuine_scores[chosen],
                                   impostor_scores=experiment.impostor_scores[chosen])

    from tf_ipr.evaluation.protocols import frr_difference as module
    from tf_ipr.evaluation.protocols import operating_point
    for experiment in (found, target):
        some = drawn(experiment)
        threshold = operating_point.threshold_at_far(some.impostor_scores, 0.01)
        expected = np.mean(some.genuine_scores <= threshold)
        assert module._frr(experiment, draw[labels][None], 0.01)[0] == pytest.approx(expected)


def test_equal_experiments_do_not_differ():
    found, people = _experiment(0.5)
    same = frr_difference(found, found, people)
    assert (same.difference, same.low, same.high) == (0, 0, 0)


def test_a_threshold_on_two_strangers_is_less_sure_than_one_on_sixty():
    (worse, people), (better, _) = _experiment(0.6), _experiment(0.5)
    few, many = (frr_difference(worse, better, people, far) for far in (0.004, 0.1))
    assert few.high - few.low > many.high - many.low


def test_faceless_probes_are_rejections_and_other_probes_are_named():
    found, people = _experiment(0.3)
    scores = found.genuine_scores.copy()
    scores[:60] = -np.inf
    blind = dataclasses.replace(found, genuine_scores=scores)
    assert frr_difference(blind, found, people).difference == pytest.approx(
        np.mean(scores <= found.threshold) - found.frr)
    with pytest.raises(ValueError, match="5 probes do not fit"):
        frr_difference(found, found, people[:5])
