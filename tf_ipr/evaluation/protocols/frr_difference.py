"""How many more people one codec rejects than another, doubt about the thresholds included.

At a FAR of 1 % of some thousand probes a threshold rests on the twenty most similar strangers, and
moves FRR by a point from one setting to the next. So each draw of the bootstrap, whole people with
replacement, sets both thresholds anew before it counts rejections; codec and target see the same
draws. The gallery stays as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import operating_point
from tf_ipr.evaluation.protocols.identification import Identification
from tf_ipr.evaluation.protocols.intervals import draw_people


@dataclasses.dataclass(frozen=True)
class FrrDifference:
    """FRR of a codec minus that of a target, -1..1.

    Attributes:
      difference: over all probes.
      low, high: 95 % interval.
    """

    difference: float
    low: float
    high: float


def frr_difference(codec: Identification, target: Identification, identities: Sequence[str],
                   far: float = 0.01, seed: int = 0) -> FrrDifference:
    """Compares two experiments on the same probes.

    Args:
      codec, target: with impostors="best".
      identities: of the P probes.
      far: at which both thresholds are set.
      seed: of the draws.

    Raises:
      ValueError: the experiments have other numbers of probes or of impostor scores.
    """
    sizes = {len(scores) for found in (codec, target)
             for scores in (found.genuine_scores, found.impostor_scores)}
    if sizes != {len(identities)}:
        raise ValueError(f"{len(identities)} probes do not fit {sorted(sizes)} scores; one genuine "
                         "and one impostor score of each probe are compared")
    labels, draws = draw_people(identities, seed)
    weights = np.concatenate([np.ones_like(draws[:1]), draws])[:, labels]
    difference, *drawn = _frr(codec, weights, far) - _frr(target, weights, far)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return FrrDifference(float(difference), float(low), float(high))


def _frr(found: Identification, weights: np.ndarray, far: float) -> np.ndarray:
    """FRR [draws] where probe p counts weights[draw, p] times."""
    total = weights.sum(axis=1)
    allowed = np.array([operating_point.allowed_acceptances(number, far) for number in total])
    largest_first = np.argsort(-found.impostor_scores, kind="stable")
    accepted = np.cumsum(weights[:, largest_first], axis=1)
    place = np.argmax(accepted > allowed[:, None], axis=1)
    threshold = found.impostor_scores[largest_first][place]
    smallest_first = np.argsort(found.genuine_scores, kind="stable")
    below = np.searchsorted(found.genuine_scores[smallest_first], threshold, side="right")
    rejected = np.cumsum(weights[:, smallest_first], axis=1)
    rejected = np.concatenate([np.zeros([len(weights), 1], np.int64), rejected], axis=1)
    return rejected[np.arange(len(weights)), below] / total
