"""Intervals that respect that comparisons share people.

All pictures of one person fail together, and one person with a common face makes false matches with many
others. So people are drawn, never comparisons: the vertex bootstrap, in which a comparison between
persons i and j counts w_i w_j times, w_i being how often person i was drawn, and a genuine one w_i
times.

`wilson` is the interval of Fogliato, Patil, Monfort and Perona ("Confidence intervals for error rates in
1:1 matching tasks", IJCV 2024): Wilson's, with the effective number of comparisons

    n_eff = p (1 - p) / Var(p)

    Var(FNMR) = Σ_i (e_i - n_i p)² / (Σ_i n_i)²                     e_i errors of n_i of person i
    Var(FMR)  = (Σ_{i<j} d_ij² + max(0, Σ_i Σ_{j≠k} d_ij d_ik)) / (Σ_{i<j} n_ij)²,  d_ij = e_ij - n_ij p

It holds at a fixed threshold and costs no draws; the bootstrap also takes the doubt about the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import operating_point
from tf_ipr.evaluation.protocols.comparisons import Comparisons

_Z = 1.959963984540054  # 97.5 % of the normal distribution lie below.
_BLOCK = 256            # Events summed at once.
_FIRST_REACH = 4        # Times the allowed events that are looked at first.
_DRAWS_AT_ONCE = 250


def draw_people(identities: Sequence, seed: int, resamples: int = 2000
                ) -> tuple[np.ndarray, np.ndarray]:
    """Draws as many people as there are, with replacement, again and again.

    Args:
      identities: of the P probes, names or numbers.
      seed: of the draws.
      resamples: how many.

    Returns:
      Number of each probe's person, int64 [P]; how often each person is drawn, int64 [resamples,
      people].
    """
    _, labels = np.unique(np.asarray(identities), return_inverse=True)
    count = int(labels.max()) + 1
    return labels, np.random.default_rng(seed).multinomial(
        count, np.full(count, 1.0 / count), resamples)


def fnmr_interval(found: Comparisons, fmr: float, resamples: int = 2000, seed: int = 0
                  ) -> tuple[float, float]:
    """95 % percentile interval of FNMR at a FMR; every draw sets the threshold anew.

    A draw that would reach below the impostor scores kept takes the lowest of them, which can only widen
    the interval upwards; by default a hundredth of all is kept, ten times what FMR 1e-3 needs.

    Args:
      found: all comparisons.
      fmr: at which the threshold is set.
      resamples: how many draws.
      seed: of the draws.
    """
    _, draws = draw_people(found.people, seed, resamples)
    parts = [_drawn_fnmr(found, fmr, draws[begin:begin + _DRAWS_AT_ONCE].T.astype(np.float32))
             for begin in range(0, resamples, _DRAWS_AT_ONCE)]
    drawn = np.concatenate(parts)
    low, high = np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])
    if low == high and low in (0.0, 1.0):  # no errors, or nothing else: all draws are alike
        return wilson(float(low), 0.0, len(np.unique(found.people)))
    return float(low), float(high)


def _drawn_fnmr(found: Comparisons, fmr: float, weights: np.ndarray) -> np.ndarray:
    """FNMR of each draw, float64 [R]; `weights` float32 [people, R]. NaN without a genuine one."""
    thresholds = _drawn_thresholds(found, fmr, weights)
    person = found.people[found.genuine_pairs[:, 0]]
    tail = np.flatnonzero(found.genuine_scores <= thresholds.max())
    tail = tail[np.argsort(found.genuine_scores[tail], kind="stable")]
    failed = np.concatenate([np.zeros_like(weights[:1]),
                             np.cumsum(weights[person[tail]], axis=0, dtype=np.float64)])
    rank = np.searchsorted(found.genuine_scores[tail], thresholds, side="right")
    total = np.bincount(person, minlength=len(weights)) @ weights
    with np.errstate(invalid="ignore"):
        return failed[rank, np.arange(weights.shape[1])] / np.where(total, total, np.nan)


def _drawn_thresholds(found: Comparisons, fmr: float, weights: np.ndarray) -> np.ndarray:
    """The threshold of each draw, float32 [R]: where the drawn events exceed the rate."""
    sizes = np.bincount(found.people, minlength=len(weights))
    impostors = ((sizes @ weights.astype(np.float64)) ** 2 - sizes ** 2 @ weights.astype(np.float64) ** 2
                 ) / (1 if found.ordered else 2)
    allowed = np.floor(fmr * impostors + 1e-9)
    people = found.people[found.impostor_pairs]
    kept = len(found.impostor_scores)
    expected = operating_point.allowed_acceptances(found.num_impostors, fmr)
    reach = min(kept, max(_BLOCK, _FIRST_REACH * expected))
    while True:
        sums = np.stack([np.einsum("ed,ed->d", *(weights[people[begin:min(begin + _BLOCK, reach), side]]
                                                for side in (0, 1)))
                         for begin in range(0, reach, _BLOCK)])
        reached = np.cumsum(sums, axis=0, dtype=np.float64)
        if reach == kept or (reached[-1] > allowed).all():
            break
        reach = min(kept, 4 * reach)
    thresholds = np.empty(weights.shape[1], np.float32)
    for draw in range(weights.shape[1]):
        block = int(np.searchsorted(reached[:, draw], allowed[draw], side="right"))
        if block == len(reached):
            thresholds[draw] = found.impostor_scores[reach - 1]
            continue
        inside = slice(block * _BLOCK, min((block + 1) * _BLOCK, reach))
        before = reached[block - 1, draw] if block else 0.0
        events = np.cumsum(weights[people[inside, 0], draw] * weights[people[inside, 1], draw])
        place = int(np.searchsorted(before + events, allowed[draw], side="right"))
        thresholds[draw] = found.impostor_scores[inside][min(place, len(events) - 1)]
    return thresholds


def wilson(rate: float, variance: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval with the effective number of comparisons.

    Args:
      rate: errors / count.
      variance: of the rate, dependence included; zero takes `count` as effective.
      count: comparisons.
    """
    effective = rate * (1 - rate) / variance if variance > 0 and 0 < rate < 1 else count
    square = _Z ** 2 / effective
    middle = (rate + square / 2) / (1 + square)
    half = _Z * math.sqrt((rate * (1 - rate) + square / 4) / effective) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def wilson_of_people(errors: np.ndarray, comparisons: np.ndarray) -> tuple[float, float]:
    """`wilson` of FNMR: errors and genuine comparisons of each person, [people]."""
    total = comparisons.sum()
    rate = errors.sum() / total
    variance = np.sum((errors - comparisons * rate) ** 2) / total ** 2
    return wilson(float(rate), float(variance), int(total))


def wilson_of_fmr(found: Comparisons, threshold: float) -> tuple[float, float]:
    """`wilson` of FMR at a threshold that the impostor scores kept reach; ValueError otherwise."""
    if threshold < found.impostor_scores[-1] and len(found.impostor_scores) < found.num_impostors:
        raise ValueError(f"threshold {threshold:g} lies below the impostor scores that were kept, "
                         f"{found.impostor_scores[-1]:g} and more; keep more of them")
    events = int(np.searchsorted(-found.impostor_scores, -threshold))
    people = np.sort(found.people[found.impostor_pairs[:events]], axis=1)
    sizes = np.bincount(found.people).astype(np.float64)
    sides = 2 if found.ordered else 1
    rate = events / found.num_impostors
    couples, errors = np.unique(people, axis=0, return_counts=True)
    expected = sides * sizes[couples[:, 0]] * sizes[couples[:, 1]] if events else np.zeros(0)
    # Couples without an error deviate by -n_ij p; their squares come from the sums of the sizes.
    all_squares = sides ** 2 * (np.sum(sizes ** 2) ** 2 - np.sum(sizes ** 4)) / 2
    squares = np.sum(errors ** 2 - 2 * rate * errors * expected) + rate ** 2 * all_squares
    by_person = np.bincount(couples.ravel(), np.repeat(errors, 2), len(sizes)) - (
        rate * sides * sizes * (sizes.sum() - sizes))
    shared = max(0.0, np.sum(by_person ** 2) - 2 * squares)
    return wilson(rate, float((squares + shared) / found.num_impostors ** 2), found.num_impostors)
