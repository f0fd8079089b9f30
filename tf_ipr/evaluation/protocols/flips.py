"""Decisions that coding changes: genuine comparisons on the other side of the threshold than before.

A mean cosine hides them. The threshold is that of the originals at a FMR of 1e-4, before and after:
whoever runs a gate does not set it anew for a codec. A genuine comparison is *lost* where the originals
matched and the coded pictures do not, *gained* the other way round; a face has flipped where any of its
comparisons has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import operating_point, verification
from tf_ipr.evaluation.protocols.comparisons import MISSING, Comparisons

FMR = 1e-4
WORST = 12


def record(before: Comparisons, after: Comparisons, images: Sequence[str]) -> dict | None:
    """What a row of results says of flips; None where the set does not carry the rate.

    Args:
      before: the originals compared among themselves.
      after: the coded pictures of the same people, in the same order.
      images: names of the pictures.

    Raises:
      ValueError: the two are not of the same pictures.
    """
    if not np.array_equal(before.genuine_pairs, after.genuine_pairs):
        raise ValueError("flips need the same pictures before and after; compare the same set twice")
    allowed = operating_point.allowed_acceptances(before.num_impostor_pairs, FMR)
    if allowed < verification.LEAST_EVENTS:
        return None
    threshold = verification.threshold_at(before, FMR)
    matched, matches = before.genuine_scores > threshold, after.genuine_scores > threshold
    lost, gained = matched & ~matches, ~matched & matches
    fall = np.where(lost, before.genuine_scores - after.genuine_scores, -np.inf)
    order = np.argsort(-fall, kind="stable")[:min(WORST, int(lost.sum()))]
    pairs = before.genuine_pairs
    return dict(
        fmr=FMR, threshold=_score(threshold), lost=int(lost.sum()), gained=int(gained.sum()),
        n_genuine=len(lost), faces=len(np.unique(pairs[lost | gained])), n_faces=len(np.unique(pairs)),
        false_matches_before=_matches(before, threshold), false_matches=_matches(after, threshold),
        worst=[dict(first=images[pairs[index, 0]], second=images[pairs[index, 1]],
                    before=_score(before.genuine_scores[index]),
                    after=_score(after.genuine_scores[index]))
               for index in order])


def _matches(found: Comparisons, threshold) -> int:
    """Impostor scores above the threshold: among those kept, a hundred times enough."""
    return int(np.searchsorted(-found.impostor_scores, -threshold))


def _score(value) -> float | None:
    return None if value == MISSING or not math.isfinite(value) else float(value)
