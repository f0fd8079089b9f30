"""Identification FRR@FAR on examples small enough to compute by hand."""

import numpy as np
import pytest

from tf_ipr.evaluation.protocols import identification
from tf_ipr.evaluation.protocols.identification import gallery_and_probes, identify

NO_FACE = [np.nan, np.nan]


def _at(*degrees):
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    radians = np.deg2rad(np.array(degrees, float))
    return np.stack([np.cos(radians), np.sin(radians)], 1)


def test_gallery_is_the_first_images_of_each_identity_in_order():
    identities = ["b", "a", "b", "b", "a", "c"]
    gallery, probes = gallery_and_probes(identities, 1)
    assert gallery.tolist() == [0, 1, 5] and probes.tolist() == [2, 3, 4]
    gallery, probes = gallery_and_probes(identities, 2)
    assert gallery.tolist() == [0, 1, 2, 4, 5] and probes.tolist() == [3]


def test_hand_computed_example_with_the_best_impostor_of_each_probe():
    # As below; best impostors of the four probes: 80, 30, 80, 40 degrees.
    arguments = (_at(0, 90, 180), ["a", "b", "c"], _at(10, 60, 100, 130), ["a", "a", "b", "c"])

    # One of four may pass (25 %): the threshold is the second best, cos 40; 60 and 50 fail.
    result = identify(*arguments, target_far=0.25)
    assert result.threshold == pytest.approx(np.cos(np.deg2rad(40)), abs=1e-6)
    assert result.far == 0.25 and result.frr == 0.5
    # Three of four: the threshold is cos 80, everybody genuine passes.
    result = identify(*arguments, target_far=0.75)
    assert result.far == 0.5 and result.frr == 0.0      # The two at 80 degrees are ties.


def test_hand_computed_example():
    # Gallery: a at 0, b at 90, c at 180 degrees. Angles of the probes to a, b, c:
    #   a at  10:  10*  80   170
    #   a at  60:  60*  30   120
    #   b at 100: 100   10*   80
    #   c at 130: 130   40    50*          (* genuine)
    # Impostors from best to worst: 30 40 80 80 100 120 130 170, eight in all.
    arguments = (_at(0, 90, 180), ["a", "b", "c"], _at(10, 60, 100, 130), ["a", "a", "b", "c"])

    # One impostor of eight may pass (12.5 %): the threshold is the second best, cos 40. Genuine
    # 10 and 10 pass, 60 and 50 fail.
    result = identify(*arguments, target_far=0.125, impostors="all")
    assert result.threshold == pytest.approx(np.cos(np.deg2rad(40)), abs=1e-6)
    assert result.far == 0.125 and result.frr == 0.5
    np.testing.assert_allclose(
        result.genuine_scores, np.cos(np.deg2rad([10, 60, 10, 50])), atol=1e-6)

    # Two of eight: the third best is 80 degrees, everybody genuine passes.
    assert identify(*arguments, target_far=0.25, impostors="all").frr == 0.0
    # None: the best impostor, 30 degrees, is the threshold.
    result = identify(*arguments, target_far=0.01, impostors="all")
    assert result.far == 0.0 and result.frr == 0.5


def test_ties_at_the_threshold_are_rejected():
    # All four scores are equal: with one of two impostors allowed, the threshold is that score, no
    # impostor passes, and neither does the genuine pair.
    same = np.ones([2, 2])
    result = identify(same, ["a", "b"], same, ["a", "b"], target_far=0.5)
    assert result.far == 0.0 and result.frr == 1.0


def test_score_is_the_best_of_the_identitys_gallery():
    gallery, names = _at(0, 50, 90, 200), ["a", "a", "b", "b"]
    result = identify(gallery, names, _at(45, 205), ["a", "b"], target_far=0.0)
    np.testing.assert_allclose(result.genuine_scores, np.cos(np.deg2rad([5, 5])), atol=1e-6)
    # Impostors: 45 to b at best 45 degrees, 205 to a at best 155. Order of the gallery is free.
    assert result.threshold == pytest.approx(np.cos(np.deg2rad(45)), abs=1e-6)
    shuffled = identify(gallery[[3, 0, 2, 1]], ["b", "a", "b", "a"], _at(45, 205), ["a", "b"])
    assert shuffled.frr == result.frr == 0.0


def test_missing_faces_are_rejections_and_stay_in_the_denominators():
    gallery, names = _at(0, 90, 180), ["a", "b", "c"]
    probes = np.concatenate([_at(10, 85), [NO_FACE]])
    result = identify(gallery, names, probes, ["a", "b", "c"], target_far=0.0)
    assert result.frr == pytest.approx(1 / 3)
    assert result.num_probes_without_face == 1
    # Not enrolled: its own probe is rejected, and nobody is mistaken for it.
    gallery[0] = NO_FACE
    result = identify(gallery, names, _at(10, 85), ["a", "b"], target_far=0.0)
    assert result.frr == 0.5 and result.num_gallery_without_face == 1
    assert result.genuine_scores[0] == -np.inf
    # Nobody has a face: everybody is rejected.
    result = identify(gallery, names, np.array([NO_FACE] * 2), ["a", "b"])
    assert result.frr == 1.0 and result.far == 0.0


def test_bounded_memory_gives_the_same_result_as_one_block(monkeypatch):
    rng = np.random.default_rng(3)
    names = [f"p{i // 2}" for i in range(120)]
    gallery = rng.normal(size=[120, 16])
    probes, probe_names = gallery + rng.normal(size=[120, 16]), names
    whole = identify(gallery, names, probes, probe_names, impostors="all")
    monkeypatch.setattr(identification, "_MAX_SCORES", 500)
    parts = identify(gallery, names, probes, probe_names, impostors="all")
    best = identify(gallery, names, probes, probe_names)
    assert 0.0 < whole.frr < 1.0
    assert (parts.frr, parts.far) == (whole.frr, whole.far)
    assert parts.threshold == pytest.approx(whole.threshold, abs=1e-6)
    # The definition, written plainly.
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (probes, gallery)]
    scores = (unit[0] @ unit[1].T).reshape(120, 60, 2).max(2)
    own = np.arange(120)[:, None] // 2 == np.arange(60)[None]
    impostors = np.sort(scores[~own])[::-1]
    threshold = impostors[int(0.01 * impostors.size)]
    assert whole.frr == np.mean(scores[own] <= threshold)
    impostors = np.sort(np.where(own, -1.0, scores).max(1))[::-1]
    assert best.frr == np.mean(scores[own] <= impostors[int(0.01 * impostors.size)])


def test_bootstrap_interval_covers_and_shrinks():
    def interval(identities):
        rng = np.random.default_rng(0)
        rejected = rng.random(identities) < 0.2
        return identification._bootstrap_interval(rejected, np.arange(identities))

    low, high = interval(1000)
    # Binomial: 0.2 ± 1.96 · sqrt(0.2 · 0.8 / 1000) = 0.2 ± 0.025.
    assert high - low == pytest.approx(0.05, abs=0.006)
    assert low < 0.2 < high
    wide = interval(50)
    assert wide[1] - wide[0] > 2 * (high - low)
    assert interval(50) == wide  # Seeded.


@pytest.mark.parametrize("changes, message", [
    (dict(probe_identities=["a", "z"]), "not in the gallery, first 'z'"),
    (dict(impostors="some"), r"one of \('best', 'all'\), given 'some'"),
    (dict(target_far=1.0), "target_far must be a share"),
    (dict(probe_embeddings=np.ones([2, 3])), "differ in size: 2 and 3"),
    (dict(gallery_embeddings=np.ones([3, 2])), r"shape \(2, D\)"),
    (dict(probe_embeddings=np.ones([0, 2]), probe_identities=[]), "no probe images"),
    (dict(gallery_identities=["a", "a"], probe_identities=["a", "a"]), "at least two identities"),
])
def test_bad_input_is_named(changes, message):
    arguments = dict(gallery_embeddings=_at(0, 90), gallery_identities=["a", "b"],
                     probe_embeddings=_at(1, 91), probe_identities=["a", "b"])
    with pytest.raises(ValueError, match=message):
        identify(**{**arguments, **changes})
    with pytest.raises(ValueError, match="at least 1, given 0"):
        gallery_and_probes(["a"], 0)


@pytest.mark.parametrize("rejected, low, high", [(0.0, 0.0, 0.161), (1.0, 0.839, 1.0)])
def test_no_rejection_of_twenty_people_is_not_certainty(rejected, low, high):
    # Wilson's 95 % interval of 0 of 20 by hand: 3.8415 / (20 + 3.8415) = 0.1611.
    interval = identification._bootstrap_interval(np.full(21, rejected), np.r_[np.arange(20), 0])
    np.testing.assert_allclose(interval, (low, high), atol=1e-3)
