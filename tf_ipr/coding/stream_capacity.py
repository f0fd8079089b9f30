"""How long a stream can get, whatever the picture: the length of a buffer that holds every stream.

A step of the encoder (`rans`) takes a state x to x' with x' + 1 <= 4096 (x + 1), for any frequency
f >= 1: x' = (x div f) * 4096 + x mod f + c is less than 4096 (x div f + 1), and x mod f + c < 4096.
A word is emitted at x >= 2^19 alone and takes x + 1 to x div 2^16 + 1 <= (x + 1) * 2^-16 * 9/8. A lane
starts below 2^16 and ends at 2^15 or above, so with n symbols it emits at most
(12 n + 1) / log2(2^16 * 8/9) words.
"""

from __future__ import annotations

import math

from tf_ipr.format import bitstream, lane_count
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.tables import PRECISION_BITS

_STATE_BITS = 4 + 30
_BITS_PER_WORD = 16 - math.log2(9 / 8)


def stream_capacity(config: ModelConfig, height: int, width: int) -> int:
    """Bytes that no stream of a picture of this size exceeds."""
    lanes = lane_count.num_lanes(height, width)
    header = bitstream.Header(width, height, bitstream.MAX_QUALITY, "00000000")
    bits = PRECISION_BITS * sum(config.num_symbols(height, width)) + lanes
    return (len(header.to_bytes()) + math.ceil(_STATE_BITS * lanes / 8)
            + 2 * int(bits / _BITS_PER_WORD))
