"""Draws of the bootstrap: whole people with replacement, as the probes of one fail together."""

from __future__ import annotations

from typing import Sequence

import numpy as np


def draw_people(identities: Sequence, seed: int, resamples: int = 2000
                ) -> tuple[np.ndarray, np.ndarray]:
    """Draws as many people as there are, with replacement, again and again.

    Args:
      identities: of the P probes, names or numbers.
      seed: of the draws.
      resamples: how many.

    Returns:
      Number of each probe's person, int64 [P]; how often each person is drawn, int64 [resamples, people].
    """
    _, labels = np.unique(np.asarray(identities), return_inverse=True)
    count = int(labels.max()) + 1
    return labels, np.random.default_rng(seed).multinomial(
        count, np.full(count, 1.0 / count), resamples)
