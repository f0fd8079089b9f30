"""How many lanes code a picture: more of them mean fewer steps (time) and more states (bytes)."""

from __future__ import annotations

MIN_LANES, MAX_LANES = 2, 32
PIXELS_PER_LANE_LOG2 = 14


def num_lanes(height: int, width: int) -> int:
    """K: the least power of two >= height * width / 2^14, at least 2, at most 32.

    250x250 has 4 lanes, 512x512 has 16, and from 512x513 on it is 32.
    """
    lanes = MIN_LANES
    while lanes < MAX_LANES and (lanes << PIXELS_PER_LANE_LOG2) < height * width:
        lanes *= 2
    return lanes
