"""Schedules: the learning rate over a run, and the λ that meets a target rate."""

from __future__ import annotations

import math

_WARM_UP_STEPS = 100
_CONSTANT_SHARE = 0.5
_LARGEST_MOVE = 0.5  # of the logarithm of λ per validation


def learning_rate(step: int, steps: int, peak: float, final: float) -> float:
    """Linear warm-up, constant for half of the run, then a cosine down to `final`.

    Args:
      step: 0-based.
      steps: length of the run.
      peak, final: learning rates.
    """
    warm_up = min(1.0, (step + 1) / _WARM_UP_STEPS)
    decay = (step / max(steps, 1) - _CONSTANT_SHARE) / (1 - _CONSTANT_SHARE)
    cosine = 0.5 * (1 + math.cos(math.pi * min(max(decay, 0.0), 1.0)))
    return warm_up * (final + (peak - final) * cosine)


def log_lambda_move(rate_bpp: float, target_bpp: float) -> float:
    """How far the logarithm of λ_rate should move after a validation.

    More bits than wanted make them dearer.  On a log-log scale rate falls roughly in proportion as
    λ rises, hence the power of 1; the move is bounded, since the model needs time to follow.

    Args:
      rate_bpp: coded rate of the validation images, bits per pixel.
      target_bpp: wanted rate.
    """
    move = math.log(max(rate_bpp, 1e-6) / target_bpp)
    return min(max(move, -_LARGEST_MOVE), _LARGEST_MOVE)
