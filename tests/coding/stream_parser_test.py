"""Streams parsed in a graph: the same as `bitstream.parse`, on good bytes and on any others."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_ipr.coding import stream_parser
from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import BitstreamError, Header
from tf_ipr.format.stream_status import StreamStatus

_MAX_PIXELS = 1 << 22

# What `bitstream.parse` says, and the status of it.
_REASONS = {
    "is empty": StreamStatus.EMPTY, "starts with byte": StreamStatus.FOREIGN,
    "ends within the (?!lane states|.*word)": StreamStatus.TRUNCATED_HEADER,
    "format version": StreamStatus.VERSION, "declares quality": StreamStatus.QUALITY,
    "superfluous|more than 4 bytes": StreamStatus.NOT_CANONICAL, "declares .* pixels":
    StreamStatus.TOO_LARGE, "lane states;": StreamStatus.TRUNCATED_STATES,
    "padding bits": StreamStatus.PADDING_BITS, "16-bit word": StreamStatus.ODD_BYTES,
}


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _parse(streams):
    parsed = stream_parser.parse(streams, _MAX_PIXELS)
    return parsed, stream_parser.words(streams, parsed)


def _expected_status(error: BitstreamError) -> StreamStatus:
    found = {status for pattern, status in _REASONS.items() if re.search(pattern, str(error))}
    assert len(found) == 1, (str(error), found)
    return found.pop()


def _check(streams):
    """Compares one batch with `bitstream.parse`, stream by stream."""
    parsed, words = tf.nest.map_structure(lambda x: x.numpy(), _parse(tf.constant(streams)))
    for i, stream in enumerate(streams):
        try:
            header, states, expected_words, start = bitstream.parse(stream, _MAX_PIXELS)
        except BitstreamError as error:
            assert parsed.status[i] == _expected_status(error), (stream, str(error))
            assert parsed.width[i] == parsed.height[i] == parsed.num_words[i] == 0
            continue
        assert parsed.status[i] == StreamStatus.OK, stream
        assert (parsed.width[i], parsed.height[i]) == (header.width, header.height)
        assert parsed.quality[i] == header.quality and parsed.start_state[i] == start
        assert parsed.model_id[i] == stream_parser.signed_id(header.model_id)
        assert parsed.lanes[i] == header.num_lanes
        np.testing.assert_array_equal(parsed.states[i, :header.num_lanes], states)
        np.testing.assert_array_equal(words[i, :parsed.num_words[i]], expected_words)
        assert not words[i, parsed.num_words[i]:].any()
        assert parsed.num_words[i] == len(expected_words)


@st.composite
def _streams(draw):
    """Valid streams."""
    side = st.integers(16, 2100) | st.integers(16, 300)
    header = Header(draw(side), draw(side), draw(st.integers(2, 200)) / 2,
                    draw(st.binary(min_size=4, max_size=4)).hex(),
                    (1, draw(st.integers(0, 15))))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    states = np.floor(2.0 ** rng.uniform(15, 31, header.num_lanes)).astype(np.int64)
    words = rng.integers(0, 65536, draw(st.integers(0, 20)))
    return bitstream.pack(header, states, words)


@st.composite
def _damaged(draw):
    stream = bytearray(draw(_streams()))
    for _ in range(draw(st.integers(1, 3))):
        stream[draw(st.integers(0, min(len(stream) - 1, 30)))] = draw(st.integers(0, 255))
    return bytes(stream[:draw(st.integers(0, len(stream)))])


@st.composite
def _headers(draw):
    """The first bytes are right, the rest is anything: deep into the parser."""
    return (bytes([bitstream.MAGIC, 0x10]) + b"\x01\x02\x03\x04" + bytes([draw(st.integers(1, 201))])
            + draw(st.binary(max_size=60)))


@settings(max_examples=150, deadline=None)
@given(st.lists(_streams() | _damaged() | _headers() | st.binary(max_size=40), min_size=1,
                max_size=8))
def test_any_batch_of_bytes_parses_as_one_by_one(streams):
    _check(streams)


@settings(max_examples=20, deadline=None)
@given(st.lists(_streams(), min_size=1, max_size=8))
def test_a_batch_of_streams_of_mixed_sizes_and_lanes(streams):
    _check(streams)


HEADER = bytes.fromhex("fb1089abcdef64")


@pytest.mark.parametrize("data, status", [
    (b"", StreamStatus.EMPTY), (b"\xff\xd8", StreamStatus.FOREIGN),
    (HEADER[:4], StreamStatus.TRUNCATED_HEADER), (HEADER, StreamStatus.TRUNCATED_HEADER),
    (HEADER + b"\x80", StreamStatus.TRUNCATED_HEADER),
    (HEADER[:1] + b"\x20" + HEADER[2:], StreamStatus.VERSION),
    (HEADER[:6] + b"\xc9\x00\x00", StreamStatus.QUALITY),
    (HEADER + b"\x80\x00\x00", StreamStatus.NOT_CANONICAL),
    (HEADER + b"\xff\xff\xff\xff\x01", StreamStatus.NOT_CANONICAL),
    (HEADER + b"\xff\xff\xff\x7f\xff\xff\xff\x7f", StreamStatus.TOO_LARGE),
    (HEADER + b"\x00\x00\x0f\x00", StreamStatus.TRUNCATED_STATES),
    (HEADER + b"\x00\x00\x00\x00\x00\x00\x01", StreamStatus.PADDING_BITS),
    (HEADER + b"\x00\x00\x00\x00\x00\x00\x00\x55", StreamStatus.ODD_BYTES)])
def test_every_status_has_its_bytes(data, status):
    assert _parse(tf.constant([data]))[0].status.numpy() == [status]
    _check([data, HEADER + bytes(7), data])


def test_every_truncation_and_every_first_byte():
    rng = np.random.default_rng(0)
    header = Header(640, 512, 50.0, "89abcdef")
    stream = bitstream.pack(header, rng.integers(1 << 15, 1 << 31, 32), [1, 2, 3])
    _check([stream[:length] for length in range(len(stream) + 1)])
    _check([stream[:i] + bytes([value]) + stream[i + 1:]
            for i in range(12) for value in range(256)])


def test_refusing_keeps_the_first_reason_and_empties_the_stream():
    rng = np.random.default_rng(0)
    stream = bitstream.pack(Header(250, 250, 50.0, "89abcdef"), rng.integers(1 << 15, 1 << 31, 4),
                            [1, 2, 3])
    streams = tf.constant([stream, b"", stream])
    parsed = stream_parser.refuse(stream_parser.parse(streams), tf.constant([True, True, False]),
                                  StreamStatus.WRONG_MODEL)
    assert parsed.status.numpy().tolist() == [StreamStatus.WRONG_MODEL, StreamStatus.EMPTY,
                                              StreamStatus.OK]
    assert parsed.num_words.numpy().tolist() == [0, 0, 3]
    assert parsed.width.numpy().tolist() == [0, 0, 250]
    words = stream_parser.words(streams, parsed).numpy()
    assert words.tolist() == [[0, 0, 0], [0, 0, 0], [1, 2, 3]]


def test_every_status_has_a_message():
    messages = [status.message for status in StreamStatus]
    assert len(set(messages)) == len(StreamStatus) and all(m.endswith(".") for m in messages)


def test_a_limit_that_int32_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="max_pixels"):
        stream_parser.parse(tf.constant([b""]), 1 << 27)
