"""All comparisons of a set: the same as one by one, in blocks of any size, in bounded memory."""

import numpy as np
import pytest

from tests.evaluation.protocols import simulated_people
from tf_ipr.evaluation.protocols import comparisons
from tf_ipr.evaluation.protocols.comparisons import MISSING, compare


def _one_by_one(embeddings, identities, references=None):
    """Genuine and impostor scores by pair, from the definition."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    left = unit if references is None else references / np.linalg.norm(references, axis=1, keepdims=True)
    found = ({}, {})
    for first in range(len(unit)):
        for second in range(len(unit)):
            if first == second or (references is None and first > second):
                continue
            score = float(left[first] @ unit[second])
            kind = identities[first] != identities[second]
            found[kind][first, second] = MISSING if np.isnan(score) else score
    return found


@pytest.fixture
def people():
    embeddings, identities = simulated_people.draw(0, 12)
    order = np.random.default_rng(1).permutation(len(identities))
    embeddings, identities = embeddings[order], identities[order]
    embeddings[[3, 7]] = np.nan
    return embeddings, [f"person {number}" for number in identities]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("block", [1, 100, 1 << 22])
def test_every_comparison_is_made_once_whatever_the_block(people, ordered, block, monkeypatch):
    monkeypatch.setattr(comparisons, "_BLOCK_SCORES", block)
    embeddings, identities = people
    references = embeddings + 0.1 if ordered else None
    genuine, impostor = _one_by_one(embeddings, identities, references)
    found = compare(embeddings, identities, references)

    def by_pair(scores, pairs):
        return {tuple(pair) if ordered else tuple(sorted(pair)): score
                for score, pair in zip(scores.tolist(), pairs.tolist())}

    assert by_pair(found.genuine_scores, found.genuine_pairs) == pytest.approx(genuine, abs=1e-5)
    assert by_pair(found.impostor_scores, found.impostor_pairs) == pytest.approx(impostor, abs=1e-5)
    assert found.num_impostors == len(impostor) == found.histogram.sum()
    assert (np.diff(found.impostor_scores) <= 0).all()
    edges = np.linspace(-1, 1, comparisons.BINS + 1)
    assert found.histogram[0] == sum(score == MISSING for score in impostor.values())
    below = np.cumsum(found.histogram)[comparisons.BINS // 2]
    assert below == sum(score < edges[comparisons.BINS // 2] for score in impostor.values())


def test_of_many_impostor_scores_the_largest_are_kept(people, monkeypatch):
    embeddings, identities = people
    every = compare(embeddings, identities)
    monkeypatch.setattr(comparisons, "_BLOCK_SCORES", 100)
    some = compare(embeddings, identities, keep=40)
    assert some.impostor_scores == pytest.approx(every.impostor_scores[:40], abs=1e-6)
    assert some.num_impostors == every.num_impostors
    assert (some.histogram == every.histogram).all()


def test_genuine_comparisons_stand_in_an_order_that_only_the_people_decide(people):
    embeddings, identities = people
    pairs = compare(embeddings, identities).genuine_pairs
    assert (pairs == compare(embeddings[::-1].copy(), identities).genuine_pairs).all()


def test_sets_without_a_comparison_are_refused():
    vectors = np.eye(4, dtype=np.float32)
    with pytest.raises(ValueError, match="none of the 4 people has two pictures"):
        compare(vectors, list("abcd"))
    with pytest.raises(ValueError, match="two people at least"):
        compare(vectors, list("aaaa"))
    with pytest.raises(ValueError, match="4 identities need"):
        compare(vectors[:3], list("abcd"))
    with pytest.raises(ValueError, match="of the same pictures with one recogniser"):
        compare(vectors, list("aabb"), vectors[:, :2])
