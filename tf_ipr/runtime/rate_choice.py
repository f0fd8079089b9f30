"""Choosing a quality by size.

The size grows with the quality, but not strictly: a step may save a byte.  So a bisection finds the
neighbourhood, and real streams decide.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

from tf_ipr.format.bitstream import MAX_QUALITY, MIN_QUALITY, QUALITY_STEPS

Size = Callable[[int], float]
Encode = Callable[[int], bytes]

DEFAULT_QUALITY = 50.0


def stream_of(
    encode: Encode,
    num_pixels: int,
    quality: float | None = None,
    max_bytes: int | None = None,
    target_bpp: float | None = None,
    estimate: Size | None = None,
) -> bytes:
    """The stream that one of three wishes asks for; at most one may be given.

    Args:
      encode: twice a quality, one of `bitstream.QUALITY_STEPS` -> stream.
      num_pixels: of the picture, for `target_bpp`.
      quality: 1 (fewest bytes) to 100, in effect in steps of a half. Default: 50.
      max_bytes: take the highest quality whose stream has at most so many bytes.
      target_bpp: take the quality whose stream comes nearest to so many bits per pixel.
      estimate: twice a quality -> bytes, for a bisection that is cheaper than real streams.
        Default: real streams, so that every codec of a model chooses the same one.

    Raises:
      ValueError: more than one wish, a value out of range, or `max_bytes` below what quality 1 needs.
    """
    wishes = {"quality": quality, "max_bytes": max_bytes, "target_bpp": target_bpp}
    given = [name for name, value in wishes.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} are given together; give one of them.")
    if max_bytes is None and target_bpp is None:
        return encode(quality_step(DEFAULT_QUALITY if quality is None else quality))
    encode = functools.lru_cache(maxsize=None)(encode)
    estimate = estimate or (lambda step: len(encode(step)))
    if target_bpp is None:
        return largest_within(QUALITY_STEPS, _whole_bytes(max_bytes), estimate, encode)
    if not 0 < target_bpp < math.inf:
        raise ValueError(f"target_bpp is {target_bpp}; it must be positive and finite.")
    return nearest_to(QUALITY_STEPS, target_bpp * num_pixels / 8, estimate, encode)


def quality_step(quality: float) -> int:
    """Twice the quality, rounded; raises ValueError outside of 1..100."""
    if not MIN_QUALITY <= quality <= MAX_QUALITY:
        raise ValueError(f"quality is {quality}; it must be in 1..100.")
    return round(2 * quality)


def one_for_each(quality: float | Sequence[float], count: int) -> list[float]:
    """Qualities of a batch, in half steps: one for all images, or one for each.

    Raises:
      ValueError: there are no images, another number of qualities, or one outside of 1..100.
    """
    if not count:
        raise ValueError("The batch has no images; give at least one.")
    qualities = [quality] * count if isinstance(quality, (int, float)) else list(quality)
    if len(qualities) != count:
        raise ValueError(
            f"{len(qualities)} qualities are given for {count} images; give one, or one for each."
        )
    return [quality_step(one) / 2 for one in qualities]


def _whole_bytes(max_bytes) -> int:
    try:
        limit = int(max_bytes) if int(max_bytes) == max_bytes else 0
    except (TypeError, ValueError, OverflowError):  # not a number, NaN, infinite
        limit = 0
    if limit < 1:
        raise ValueError(f"max_bytes is {max_bytes}; it must be a whole number of at least 1.")
    return limit


def _last_within(steps: Sequence[int], limit: float, estimate: Size) -> int:
    """Position of the last step whose estimated size is at most `limit`; 0 if none is."""
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if estimate(steps[middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def largest_within(steps: Sequence[int], max_bytes: int, estimate: Size, encode: Encode) -> bytes:
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
        raise ValueError(
            f"max_bytes is {max_bytes}, but the lowest quality takes {len(stream)} "
            "bytes. Allow so many, or shrink the image."
        )
    while position + 1 < len(steps):  # the estimate may have been too careful
        larger = encode(steps[position + 1])
        if len(larger) > max_bytes:
            break
        stream, position = larger, position + 1
    return stream


def nearest_to(steps: Sequence[int], target_bytes: float, estimate: Size, encode: Encode) -> bytes:
    """The stream whose size is nearest to `target_bytes` > 0, among the estimate's neighbours."""
    position = _last_within(steps, target_bytes, estimate)
    candidates = range(max(position - 1, 0), min(position + 2, len(steps) - 1) + 1)
    return min((encode(steps[i]) for i in candidates), key=lambda s: abs(len(s) - target_bytes))
