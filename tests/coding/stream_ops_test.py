"""The stream written in a graph equals the stream written in Python."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding import header_bytes, stream_bytes
from tf_ipr.format.bitstream import Header, pack, start_state

SCALAR = tf.TensorSpec([], tf.int32)


@tf.function(input_signature=[SCALAR] * 3)
def _header(width, height, quality_step):
    return header_bytes(width, height, quality_step, "fedc0189")


@tf.function(input_signature=[SCALAR] * 3 + [tf.TensorSpec([None], tf.int32)] * 2 + [SCALAR])
def _stream(width, height, quality_step, states, words, num_words):
    header = header_bytes(width, height, quality_step, "fedc0189")
    return stream_bytes(header, states, words, num_words)


@pytest.mark.parametrize("side", [16, 17, 143, 144, 250, 16399, 16400, 2097167, 2097168, 268435471])
def test_header_and_start_state(side):
    for width, height, quality in ((side, 16, 1.0), (16, side, 50.5), (side, side, 100.0)):
        expected = Header(width, height, quality, "fedc0189").to_bytes()
        header = _header(width, height, int(2 * quality))
        assert bytes(header.data[:header.length].numpy().tolist()) == expected
        assert not header.data[header.length:].numpy().any()
        assert header.start_state.numpy() == start_state(expected)


@pytest.mark.parametrize("width, height", [(16, 16), (250, 250), (300, 400), (512, 500), (999, 999)])
@pytest.mark.parametrize("num_words, spare", [(0, 0), (0, 9), (1, 0), (200, 57)])
def test_stream(width, height, num_words, spare):
    rng = np.random.default_rng(width + num_words)
    header = Header(width, height, 12.5, "fedc0189")
    for _ in range(5):
        states = np.floor(2.0 ** rng.uniform(15, 31, header.num_lanes)).astype(np.int32)
        words = rng.integers(0, 65536, num_words + spare).astype(np.int32)
        stream, length = _stream(width, height, 25, states, words, num_words)
        assert stream.dtype == tf.uint8
        assert stream[:length].numpy().tobytes() == pack(header, states, words[:num_words])
        assert not stream[length:].numpy().any()


def test_extreme_states_under_xla():
    states = np.int32([1 << 15, (1 << 31) - 1])
    stream, length = tf.function(
        lambda states, words: stream_bytes(header_bytes(16, 16, 2, "fedc0189"), states, words, 3),
        jit_compile=True)(tf.constant(states), tf.constant([0, 65535, 7, 9]))
    expected = pack(Header(16, 16, 1.0, "fedc0189"), states, [0, 65535, 7])
    assert stream[:length].numpy().tobytes() == expected
