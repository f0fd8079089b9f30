"""FNMR at fixed FMR over all pairs, its intervals, the DET curve."""

import math

import numpy as np
import pytest

from tests.evaluation.protocols import simulated_people
from tf_ipr.evaluation.protocols import comparisons, score_files, verification
from tf_ipr.evaluation.protocols.comparisons import MISSING, compare


@pytest.fixture(scope="module")
def found():
    return compare(*simulated_people.draw(0, 300))


def test_a_point_worked_by_hand():
    # Two people on a circle: genuine cosines of 0 and 60 degrees, impostors 90, 90, 30, 30 degrees.
    angles = np.radians([0, 0, 90, 30])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    made = compare(vectors, list("aabb"))
    assert made.genuine_scores == pytest.approx([1, 0.5])
    assert made.impostor_scores == pytest.approx([math.cos(math.pi / 6)] * 2 + [0, 0], abs=1e-6)
    # Of four impostors none may match at 0.2; at 0.5 two may, so that the third is the threshold.
    assert verification.threshold_at(made, 0.2) == pytest.approx(math.cos(math.pi / 6))
    assert verification.threshold_at(made, 0.5) == pytest.approx(0, abs=1e-6)


def test_rates_are_those_of_the_definition(found):
    point = verification.fnmr_at(found, 1e-3, resamples=0)
    assert point.false_matches <= 1e-3 * found.num_impostors
    assert np.sum(found.impostor_scores >= point.threshold) > 1e-3 * found.num_impostors
    assert point.fnmr == np.mean(~(found.genuine_scores > point.threshold))
    assert 0 < point.fnmr < 1


def test_a_rate_that_rests_on_fewer_than_ten_events_says_so_instead(found):
    point = verification.fnmr_at(found, 1e-5)
    assert point.fnmr is None and point.low is None and point.threshold is None
    assert point.missing == (f"FMR 1e-05 of {found.num_impostors:,} impostor pairs rests on "
                             f"{int(found.num_impostors * 1e-5)} events; 10 are needed, 1,000,000 pairs")


def test_comparing_a_pair_in_both_directions_does_not_make_two_events_of_it():
    embeddings, identities = simulated_people.draw(2, 30)
    both = compare(embeddings, identities, embeddings)
    once = compare(embeddings, identities)
    assert both.num_impostors == 2 * once.num_impostors
    assert both.num_impostor_pairs == once.num_impostors
    rate = 9.5 / once.num_impostors
    assert verification.fnmr_at(both, rate).missing and verification.fnmr_at(once, rate).missing


def test_a_picture_without_a_face_matches_nobody():
    embeddings, identities = simulated_people.draw(0, 300)
    whole = verification.fnmr_at(compare(embeddings, identities), 1e-3, resamples=0).fnmr
    embeddings[::10] = np.nan
    made = compare(embeddings, identities)
    point = verification.fnmr_at(made, 1e-3, resamples=0)
    lost = np.mean(made.genuine_scores == MISSING)
    assert lost > 0.1 and point.fnmr >= lost and point.fnmr > whole
    embeddings[:] = np.nan
    made = compare(embeddings, identities)
    point = verification.record(made, resamples=20)["points"][0]
    assert point["fnmr"] == 1 and point["threshold"] is None


def test_the_det_curve_falls_and_passes_through_the_points(found):
    curve = verification.det(found)
    assert (np.diff(curve.fnmr) <= 0).all() and curve.fmr[-1] == pytest.approx(0.1)
    assert curve.fmr[0] * found.num_impostors >= verification.LEAST_EVENTS - 1e-6
    place = int(np.argmin(np.abs(curve.fmr - 1e-3)))
    assert curve.fnmr[place] == verification.fnmr_at(found, 1e-3, resamples=0).fnmr


def test_thresholds_below_the_scores_kept_come_from_the_histogram():
    embeddings, identities = simulated_people.draw(0, 300)
    few, every = compare(embeddings, identities, keep=1000), compare(embeddings, identities)
    exact = verification.threshold_at(every, 0.05)
    coarse = verification.threshold_at(few, 0.05)
    assert exact <= coarse <= exact + 2 * 2 / comparisons.BINS


def test_pyeer_reads_the_score_files_and_finds_the_same(found, tmp_path):
    eer_stats = pytest.importorskip("pyeer.eer_stats")
    genuine, impostor = score_files.write(found, tmp_path, "set")
    scores = [float(line) for line in genuine.read_text().splitlines()]
    counts = [float(line) for line in impostor.read_text().splitlines()]
    assert len(scores) == len(found.genuine_scores) and sum(counts) == found.num_impostors
    # Whole numbers; a threshold of pyeer's is a multiple of the bin.
    thresholds, fmr, fnmr = eer_stats.calculate_roc_hist([int(score) for score in scores], counts)
    place = int(np.argmax(fmr <= 1e-3))
    ours = verification.fnmr_at(found, 1e-3, resamples=0)
    ours_whole = score_files.whole_numbers(np.float32(ours.threshold))
    assert thresholds[place] == pytest.approx(ours_whole, abs=1)
    assert fnmr[place] == pytest.approx(ours.fnmr, abs=2 / len(scores))
