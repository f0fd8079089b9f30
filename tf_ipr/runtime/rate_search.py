"""Choosing a quality by size.

The size grows with the quality, but not strictly: a step may save a byte.  So a bisection over the
cheap estimate finds the neighbourhood, and real streams decide.
"""

from __future__ import annotations

from typing import Callable, Sequence

Estimate = Callable[[int], float]
Encode = Callable[[int], bytes]


def _last_within(steps: Sequence[int], limit: float, estimate: Estimate) -> int:
    """Position of the last step whose estimated size is at most `limit`; 0 if none is."""
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if estimate(steps[middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def largest_within(steps: Sequence[int], max_bytes: int, estimate: Estimate,
                   encode: Encode) -> bytes:
    """The stream of the highest step that has at most `max_bytes` bytes.

    Args:
      steps: increasing qualities, in any unit.
      max_bytes: limit.
      estimate: step -> size in bytes, cheap and about right.
      encode: step -> stream.

    Raises:
      ValueError: even the first step is larger.
    """
    position = _last_within(steps, max_bytes, estimate)
    stream = encode(steps[position])
    while len(stream) > max_bytes and position > 0:
        position -= 1
        stream = encode(steps[position])
    if len(stream) > max_bytes:
        raise ValueError(f"max_bytes is {max_bytes}, but the lowest quality takes {len(stream)} "
                         "bytes. Allow so many, or shrink the image.")
    while position + 1 < len(steps):  # the estimate may have been too careful
        larger = encode(steps[position + 1])
        if len(larger) > max_bytes:
            break
        stream, position = larger, position + 1
    return stream


def nearest_to(steps: Sequence[int], target_bytes: float, estimate: Estimate,
               encode: Encode) -> bytes:
    """The stream whose size is nearest to `target_bytes` > 0, among the estimate's neighbours."""
    position = _last_within(steps, target_bytes, estimate)
    candidates = range(max(position - 1, 0), min(position + 2, len(steps) - 1) + 1)
    return min((encode(steps[i]) for i in candidates), key=lambda s: abs(len(s) - target_bytes))
