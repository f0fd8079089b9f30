"""No stream exceeds the capacity, and the capacity is not far above the longest."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding import SymbolCoder
from tf_ipr.coding.stream_capacity import stream_capacity
from tf_ipr.format import bitstream, lane_count
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.tables import ProbabilityTables

CONFIG = ModelConfig(latent_channels=24, side_channels=8, width=32, hyper_width=16)


def _longest_stream(frequencies, height, width):
    """The stream of a picture whose symbols all are the rarest ones of such a table."""
    tables = ProbabilityTables([frequencies], [0], [len(frequencies)])
    num_side, num_latent = CONFIG.num_symbols(height, width)
    side, latent = (np.zeros([1, number], np.int32) for number in (num_side, num_latent))
    header = bitstream.Header(width, height, 100.0, "00000000")
    words, num_words, states = SymbolCoder(tables).encode(
        side, side, latent, latent, header.num_lanes,
        tf.constant([bitstream.start_state(header.to_bytes())]))
    return bitstream.pack(header, states[0], words[0, :int(num_words[0])])


@pytest.mark.parametrize("size", [(16, 16), (64, 80), (300, 300)])
@pytest.mark.parametrize("frequencies", [[1, 4095], [2, 4094], [3, 4093], [9, 4087], [1] * 4096])
def test_the_rarest_symbols_fit(size, frequencies):
    longest, capacity = len(_longest_stream(frequencies, *size)), stream_capacity(CONFIG, *size)
    assert longest <= capacity
    if frequencies[0] == 1:  # 12 bits a symbol
        assert capacity < 1.02 * longest + 8 * lane_count.num_lanes(*size)
