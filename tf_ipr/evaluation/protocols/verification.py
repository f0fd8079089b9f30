"""Verification over all pairs: false non-matches at fixed false match rates (ISO/IEC 19795-1).

    match      <=>  score > threshold                        a score equal to the threshold is none
    FMR        = impostor comparisons that match / all impostor comparisons
    threshold  : the smallest number with FMR <= the rate asked for, see `operating_point`
    FNMR       = genuine comparisons that do not match / all genuine comparisons

A rate is reported where it rests on ten impostor events at least: LFW's View 1 test set, 6.9 million
impostor comparisons, carries 1e-5. Fewer events make a threshold that one couple of look-alikes decides.

The interval of FNMR draws whole people, thresholds set anew (`intervals.fnmr_interval`). Beside it
stands the Wilson interval of Fogliato et al. at the fixed threshold (`intervals.wilson`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import intervals, operating_point
from tf_ipr.evaluation.protocols.comparisons import BINS, MISSING, Comparisons

FMRS = (1e-3, 1e-4, 1e-5)
LEAST_EVENTS = 10
_DET_HIGHEST, _DET_POINTS_A_DECADE = 0.1, 10


@dataclasses.dataclass(frozen=True)
class Point:
    """FNMR at one FMR.

    Attributes:
      fmr: the rate asked for.
      threshold: scores above it match; minus infinity where pictures without a face decide it.
      false_matches: impostor comparisons above it.
      fnmr: 0..1; None where the set does not carry the rate.
      low, high: 95 % interval of `fnmr`, doubt about the threshold included.
      wilson_low, wilson_high: the same at the fixed threshold, without draws.
      missing: why there is no `fnmr`, else None.
    """

    fmr: float
    threshold: float | None = None
    false_matches: int | None = None
    fnmr: float | None = None
    low: float | None = None
    high: float | None = None
    wilson_low: float | None = None
    wilson_high: float | None = None
    missing: str | None = None


def fnmr_at(found: Comparisons, fmr: float, resamples: int = 2000, seed: int = 0) -> Point:
    """One operating point.

    Args:
      found: all comparisons.
      fmr: 0 < fmr <= 0.01, so that its threshold is among the scores kept.
      resamples: draws of the bootstrap; 0 leaves the interval out.
      seed: of the draws.
    """
    events = operating_point.allowed_acceptances(found.num_impostor_pairs, fmr)
    if events < LEAST_EVENTS:
        return Point(fmr, missing=(
            f"FMR {fmr:g} of {found.num_impostor_pairs:,} impostor pairs rests on {events} events; "
            f"{LEAST_EVENTS} are needed, {math.ceil(LEAST_EVENTS / fmr):,} pairs"))
    threshold = threshold_at(found, fmr)
    rejected = found.genuine_scores <= threshold
    matches = int(np.searchsorted(-found.impostor_scores, -threshold))
    person = found.people[found.genuine_pairs[:, 0]]
    count = int(found.people.max()) + 1
    wilson = intervals.wilson_of_people(np.bincount(person, rejected, count),
                                        np.bincount(person, minlength=count))
    low, high = (intervals.fnmr_interval(found, fmr, resamples, seed) if resamples else (None, None))
    return Point(fmr, -math.inf if threshold == MISSING else float(threshold), matches,
                 float(rejected.mean()), low, high, *wilson)


def threshold_at(found: Comparisons, fmr: float) -> np.float32:
    """The threshold at a rate; exact where the scores kept reach so far, else the next bin's edge."""
    allowed = operating_point.allowed_acceptances(found.num_impostors, fmr)
    if allowed < len(found.impostor_scores):
        return found.impostor_scores[allowed]
    above = np.cumsum(found.histogram[::-1])  # Scores in the highest bin, the two highest, …
    bins = int(np.searchsorted(above, allowed, side="right"))
    return np.float32(1 - 2 * bins / BINS) if bins < BINS else MISSING


@dataclasses.dataclass(frozen=True)
class Det:
    """Detection error tradeoff: float64 [M] each, FMR rising."""

    fmr: np.ndarray
    fnmr: np.ndarray


def det(found: Comparisons) -> Det:
    """FNMR from the lowest FMR that ten events carry to 10 %, ten points a decade."""
    lowest = LEAST_EVENTS / found.num_impostor_pairs
    if lowest > _DET_HIGHEST:
        return Det(np.empty(0), np.empty(0))
    first = math.ceil(_DET_POINTS_A_DECADE * math.log10(lowest) - 1e-9)
    last = round(_DET_POINTS_A_DECADE * math.log10(_DET_HIGHEST))
    rates = 10.0 ** (np.arange(first, last + 1) / _DET_POINTS_A_DECADE)
    genuine = np.sort(found.genuine_scores)
    rejected = [np.searchsorted(genuine, threshold_at(found, rate), side="right") for rate in rates]
    return Det(rates, np.array(rejected) / len(genuine))


def record(found: Comparisons, fmrs: Sequence[float] = FMRS, resamples: int = 2000) -> dict:
    """What a row of results says of one kind of comparison; None stands for minus infinity."""
    curve = det(found)
    points = [dataclasses.asdict(fnmr_at(found, fmr, resamples)) for fmr in fmrs]
    for point in points:
        if point["threshold"] == -math.inf:
            point["threshold"] = None
    return dict(
        references="original" if found.ordered else "coded",
        n_genuine=len(found.genuine_scores), n_impostors=found.num_impostors, points=points,
        det=dict(fmr=curve.fmr.tolist(), fnmr=curve.fnmr.tolist()))
