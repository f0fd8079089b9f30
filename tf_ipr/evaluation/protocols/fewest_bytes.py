"""The fewest bytes at which a codec recognises as well as another one does at some setting.

The curve of a codec is its FRR over the logarithm of the mean bytes, linear between the measured
settings, each setting at most as bad as every smaller one. The interval is a paired bootstrap:
whole people are drawn with replacement, codec and target are rejected or accepted on the same
people, and where the curves cross is computed anew for each draw. Thresholds stay those of all
people, as in `identification`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols.intervals import draw_people


@dataclasses.dataclass(frozen=True)
class FewestBytes:
    """Where a curve reaches the target.

    Attributes:
      mean_bytes: the fewest bytes; infinite where no setting reaches it. Equal to the smallest
        setting's where that one already does: an upper bound.
      low, high: 95 % interval; infinite where too many draws never reach it.
    """

    mean_bytes: float
    low: float
    high: float


def fewest_bytes(mean_bytes: Sequence[float], rejected: np.ndarray, target: np.ndarray,
                 identities: Sequence[str], seed: int = 0) -> FewestBytes:
    """Compares one codec with one setting of another on the same probes.

    Args:
      mean_bytes: of the codec's K settings, ascending.
      rejected: bool [K, P], which probes each setting rejects.
      target: bool [P], which probes the other codec rejects.
      identities: of the P probes.
      seed: of the draws.

    Raises:
      ValueError: shapes disagree, or the bytes do not ascend.
    """
    mean_bytes = np.asarray(mean_bytes, np.float64)
    rejected, target = np.asarray(rejected, bool), np.asarray(target, bool)
    if (rejected.shape != (len(mean_bytes), len(identities)) or target.shape != (len(identities),)
            or not rejected.size):
        raise ValueError(f"{len(mean_bytes)} settings and {len(identities)} probes do not fit "
                         f"outcomes of {rejected.shape} and {target.shape}")
    if (np.diff(mean_bytes) <= 0).any():
        raise ValueError(f"the bytes of the settings must ascend, given {mean_bytes}")
    labels, draws = draw_people(identities, seed)
    counts = np.bincount(labels)
    failures = np.stack([np.bincount(labels, weights=some) for some in (*rejected, target)])
    draws = np.concatenate([np.ones_like(draws[:1]), draws])
    frr = (draws @ failures.T) / (draws @ counts)[:, None]
    found, *drawn = (_crossing(mean_bytes, some[:-1], some[-1]) for some in frr)
    # Ranks, not interpolation: some may be infinite.
    low, high = np.percentile(drawn, [2.5, 97.5], method="nearest")
    return FewestBytes(found, float(low), float(high))


def _crossing(mean_bytes: np.ndarray, frr: np.ndarray, target: float) -> float:
    """Fewest bytes of the falling curve through the points; infinite if it stays above."""
    frr = np.minimum.accumulate(frr)
    if frr[-1] > target:
        return math.inf
    after = int(np.argmax(frr <= target))
    if not after:
        return float(mean_bytes[0])
    share = (frr[after - 1] - target) / (frr[after - 1] - frr[after])
    low, high = np.log(mean_bytes[after - 1:after + 1])
    return math.exp(low + share * (high - low))
