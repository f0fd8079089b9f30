"""Decisions that coding changes."""

import numpy as np
import pytest

from tests.evaluation.protocols import simulated_people
from tf_ipr.evaluation import row_definition
from tf_ipr.evaluation.protocols import flips, verification
from tf_ipr.evaluation.protocols.comparisons import compare


@pytest.fixture(scope="module")
def people():
    embeddings, identities = simulated_people.draw(0, 300, scatter=0.25, size=24)
    return embeddings, identities, [f"{number}.png" for number in range(len(identities))]


def test_pictures_that_do_not_change_flip_nothing(people):
    embeddings, identities, images = people
    before = compare(embeddings, identities)
    found = flips.record(before, before, images)
    assert (found["lost"], found["gained"], found["faces"], found["worst"]) == (0, 0, 0, [])
    assert found["false_matches"] == found["false_matches_before"] <= 1e-4 * before.num_impostors
    assert row_definition.problem(found, row_definition.FLIPS) is None


def test_lost_comparisons_are_counted_at_the_threshold_of_the_originals_and_named(people):
    embeddings, identities, images = people
    before = compare(embeddings, identities)
    threshold = verification.threshold_at(before, 1e-4)
    matched = before.genuine_pairs[before.genuine_scores > threshold]
    changed = embeddings.copy()
    one, other = matched[0]
    changed[one] = -changed[one]
    changed[matched[-1][0]] = np.nan
    found = flips.record(before, compare(changed, identities), images)
    touched = {one, matched[-1][0]}
    expected = [pair for pair in matched if touched & set(pair)]
    assert found["lost"] == len(expected) and found["gained"] == 0
    assert found["faces"] == len(np.unique(expected))
    assert {(flip["first"], flip["second"]) for flip in found["worst"]} == {
        (images[a], images[b]) for a, b in expected}
    falls = {flip["after"] for flip in found["worst"]}
    assert None in falls  # The picture without a face fell furthest.
    assert row_definition.problem(found, row_definition.FLIPS) is None


def test_sets_that_do_not_carry_the_rate_have_no_flips():
    embeddings, identities = simulated_people.draw(0, 20)
    small = compare(embeddings, identities)
    assert flips.record(small, small, [""] * len(identities)) is None


def test_other_pictures_are_refused(people):
    embeddings, identities, images = people
    with pytest.raises(ValueError, match="the same pictures before and after"):
        flips.record(compare(embeddings, identities), compare(embeddings[:-1], identities[:-1]), images)
