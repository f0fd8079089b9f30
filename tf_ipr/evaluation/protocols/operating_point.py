"""Thresholds at a false acceptance rate, and the curve of all of them.

    accept  <=>  score > threshold             a score equal to the threshold is rejected
    threshold at FAR f: the smallest number that at most floor(f · n) of n impostor scores exceed

which is the (floor(f · n) + 1)-th largest impostor score; strict acceptance rejects all ties at it,
so that FAR never exceeds f.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np


def allowed_acceptances(num_impostors: int, far: float) -> int:
    """floor(far · num_impostors), safe from rounding: 0.29 · 100 allows 29, not 28."""
    return math.floor(far * num_impostors + 1e-9)


def threshold_at_far(impostors: np.ndarray, far: float) -> float:
    """The threshold described above.

    Args:
      impostors: scores [n], n ≥ 1; minus infinity for an attempt without a face.
      far: 0 <= far < 1.
    """
    allowed = allowed_acceptances(len(impostors), far)
    return float(np.partition(impostors, len(impostors) - 1 - allowed)[-1 - allowed])


def acceptance_rate(scores: np.ndarray, threshold: float) -> float:
    """Share of `scores` above the threshold: TPR of genuine ones, FAR of impostors."""
    return float(np.mean(scores > threshold))


@dataclasses.dataclass(frozen=True)
class Curve:
    """Receiver operating characteristic.

    Attributes:
      far: float64 [M], the targets asked for.
      frr: float64 [M], share of genuine scores rejected at the threshold of each.
    """

    far: np.ndarray
    frr: np.ndarray


def roc(genuine: np.ndarray, impostors: np.ndarray, num_points: int = 25) -> Curve:
    """FRR at false acceptance rates from 1e-4 to 1, evenly spaced in their logarithm.

    Rates below 1/n of n impostors are left out but for the first, where nothing is accepted.
    """
    targets = np.logspace(-4, 0, num_points)[:-1]
    targets = targets[targets * len(impostors) >= 1]
    targets = np.concatenate([[0.0], targets])
    return Curve(targets, np.array([
        1 - acceptance_rate(genuine, threshold_at_far(impostors, far)) for far in targets]))
