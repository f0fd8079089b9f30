"""Verification of pairs: LFW's View 2 protocol, and TPR at a fixed FAR.

Huang, Learned-Miller, "Labeled Faces in the Wild: Updates and New Reporting Procedures", 2014. The
pairs come in ten folds. For each fold the threshold is chosen on the nine others, and the share of
right decisions on the fold is its accuracy; reported are the mean of the ten and its standard
error, s / √10 with s² = Σ (accuracy - mean)² / 9.

    same person  <=>  score > threshold
    threshold: among minus infinity and all scores of the nine folds the one with the most right
               decisions there; of several the smallest

A pair in which a face was not found has the score minus infinity: it is declared different. TPR at
FAR f takes all folds together, see `operating_point`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import operating_point


@dataclasses.dataclass(frozen=True)
class Verification:
    """Outcome of one verification experiment.

    Attributes:
      accuracy: mean over the folds, 0..1.
      standard_error: of that mean.
      tpr: share of genuine pairs accepted at the false acceptance rate asked for.
      threshold: at that rate.
      num_pairs: genuine and impostor pairs.
    """

    accuracy: float
    standard_error: float
    tpr: float
    threshold: float
    num_pairs: int


def scores(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosines of embeddings [N, D] and [N, D]; minus infinity where a row is NaN."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines = np.einsum("nd,nd->n", first, second) / norms
    return np.where(np.isnan(cosines), -np.inf, cosines)


def verify(pair_scores: np.ndarray, same: Sequence[bool], folds: Sequence[int],
           far: float = 1e-3) -> Verification:
    """Runs the experiment described at the top of this file.

    Args:
      pair_scores: float [N].
      same: whether each pair shows one person.
      folds: the fold of each pair; at least two different ones.
      far: of the TPR.

    Raises:
      ValueError: lengths differ, a single fold, or only pairs of one kind.
    """
    pair_scores, same, folds = np.asarray(pair_scores), np.asarray(same, bool), np.asarray(folds)
    if not len(pair_scores) == len(same) == len(folds):
        raise ValueError(f"there are {len(pair_scores)} scores, {len(same)} labels and "
                         f"{len(folds)} folds; one of each per pair is needed")
    numbers = np.unique(folds)
    if len(numbers) < 2 or same.all() or not same.any():
        raise ValueError("verification needs pairs of one and of two people, in two folds at least")
    accuracies = []
    for fold in numbers:
        inside = folds == fold
        threshold = _best_threshold(pair_scores[~inside], same[~inside])
        accuracies.append(np.mean((pair_scores[inside] > threshold) == same[inside]))
    threshold = operating_point.threshold_at_far(pair_scores[~same], far)
    return Verification(
        accuracy=float(np.mean(accuracies)),
        standard_error=float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))),
        tpr=operating_point.acceptance_rate(pair_scores[same], threshold),
        threshold=threshold, num_pairs=len(pair_scores))


def _best_threshold(pair_scores: np.ndarray, same: np.ndarray) -> float:
    candidates = np.unique(np.append(pair_scores, -np.inf))
    genuine, impostors = np.sort(pair_scores[same]), np.sort(pair_scores[~same])
    accepted = len(genuine) - np.searchsorted(genuine, candidates, side="right")
    rejected = np.searchsorted(impostors, candidates, side="right")
    return float(candidates[np.argmax(accepted + rejected)])
