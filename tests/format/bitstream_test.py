"""Header and stream as bytes."""

from __future__ import annotations

import pathlib
import re

import numpy as np
import pytest

from tf_ipr.format import bitstream, shipped_models
from tf_ipr.format.bitstream import BitstreamError, Header

SIZES = [(16, 16), (143, 144), (250, 250), (16399, 17), (512, 640), (16 + (1 << 21), 16)]


def make(width=250, height=250, quality=50.0, model_id="89abcdef", num_words=5, seed=0):
    """A header, random states and words."""
    rng = np.random.default_rng(seed)
    header = Header(width, height, quality, model_id)
    states = np.floor(2.0 ** rng.uniform(15, 31, header.num_lanes)).astype(np.int32)
    return header, states, rng.integers(0, 65536, num_words).astype(np.int32)


@pytest.mark.parametrize("width, height", SIZES)
@pytest.mark.parametrize("num_words", [0, 1, 100])
def test_what_is_packed_is_parsed(width, height, num_words):
    header, states, words = make(width, height, 1.5, num_words=num_words)
    parsed = bitstream.parse(bitstream.pack(header, states, words))
    assert parsed[0] == header
    np.testing.assert_array_equal(parsed[1], states)
    np.testing.assert_array_equal(parsed[2], words)
    assert parsed[3] == bitstream.start_state(header.to_bytes())
    assert parsed[1].dtype == parsed[2].dtype == np.int32


def test_extreme_states_and_words():
    header = Header(16, 16, 100.0, "00000000")
    stream = bitstream.pack(header, [1 << 15, (1 << 31) - 1], [0, 65535])
    _, states, words, _ = bitstream.parse(stream)
    np.testing.assert_array_equal(states, [1 << 15, (1 << 31) - 1])
    np.testing.assert_array_equal(words, [0, 65535])


def test_exact_bytes_never_change():
    # By hand from docs/bitstream.md: exponents 0 and 15; mantissas of 15 zeros and 30 ones, 3 bits
    # of padding; two words.
    stream = bitstream.pack(Header(16, 300, 20.5, "00c0ffee"), [1 << 15, (1 << 31) - 1], [1, 0xABCD])
    assert stream.hex(" ") == ("fb 10 00 c0 ff ee 29 00 9c 02 0f 00 01 ff ff ff f8 00 01 ab cd")


def test_the_example_of_the_documentation():
    page = pathlib.Path(__file__).parents[2] / "docs" / "bitstream.md"
    text = page.read_text(encoding="utf-8")
    data = bytes.fromhex(re.search(r"Header: `([0-9a-f ]+)`", text).group(1))
    assert data == Header(250, 250, 50.0, "89abcdef").to_bytes()
    header_hash = int(re.search(r"Header hash: (\d+)", text).group(1))
    assert (1 << 15) + header_hash == bitstream.start_state(data)


def test_overhead_at_250x250_is_within_24_bytes():
    for seed in range(50):
        header, states, words = make(seed=seed)
        information = np.sum(np.log2(states / bitstream.start_state(header.to_bytes()))) / 8
        assert len(bitstream.pack(header, states, words)) - 2 * words.size - information <= 22


def test_changing_any_header_byte_is_refused_or_changes_the_start_state():
    header, states, words = make()
    stream = bitstream.pack(header, states, words)
    start = bitstream.start_state(header.to_bytes())
    for position in range(len(header.to_bytes())):
        for value in set(range(256)) - {stream[position]}:
            changed = stream[:position] + bytes([value]) + stream[position + 1:]
            try:
                assert bitstream.parse(changed)[3] != start
            except BitstreamError:
                pass


def test_every_truncation_is_refused_or_loses_whole_words():
    header, states, words = make()
    stream = bitstream.pack(header, states, words)
    for length in range(len(stream)):
        try:
            parsed = bitstream.parse(stream[:length])
        except BitstreamError as error:
            assert re.search("truncated|empty", str(error))
        else:
            np.testing.assert_array_equal(parsed[1], states)
            assert parsed[2].size < words.size


HEADER = bytes.fromhex("fb1089abcdef64")


@pytest.mark.parametrize("data, text", [
    (b"", "empty"), (b"\xff\xd8\xff\xe0", "starts with byte 0xff"), (HEADER[:4], "ends within the"),
    (HEADER, "width in the header"), (HEADER + b"\x80", "width in the header"),
    (HEADER + b"\x00", "height in the header"), (HEADER + b"\x00\x00", "lane states"),
    (HEADER + b"\x00\x00\x0f\x00", "lane states"),
    (HEADER[:1] + b"\x20" + HEADER[2:], "version 2.0"),
    (HEADER[:6] + b"\x00\x00\x00", "quality 0.0"), (HEADER[:6] + b"\xc9\x00\x00", "quality 100.5"),
    (HEADER + b"\x80\x00\x00", "superfluous"), (HEADER + b"\xff\xff\xff\xff\x01", "more than 4"),
    (HEADER + b"\xff\xff\xff\x7f\xff\xff\xff\x7f", "at most 67108864 are accepted"),
    (HEADER + b"\x00\x00\x00\x00\x00\x00\x01", "padding bits"),
    (HEADER + b"\x00\x00\x00\x00\x00\x00\x00\x55", "within a 16-bit word")])
def test_bad_streams_are_refused_with_the_reason(data, text):
    with pytest.raises(BitstreamError, match=text):
        bitstream.parse(data)


def test_a_description_needs_the_header_alone():
    header, states, words = make(1 << 28, 16, 1.5)
    start = header.to_bytes()
    damaged = start + b"\xff"
    assert bitstream.describe(damaged) == dict(
        width=1 << 28, height=16, quality=1.5, model_id="89abcdef", bytes=len(damaged),
        bpp=8 * len(damaged) / (1 << 32), version="1.0")
    for length in range(len(start)):
        with pytest.raises(BitstreamError, match="truncated|empty"):
            bitstream.describe(start[:length])


def test_a_larger_minor_version_is_read():
    header, states, words = make()
    stream = bytearray(bitstream.pack(header, states, words))
    stream[1] = 0x13
    assert bitstream.parse(bytes(stream))[0].version == (1, 3)


def test_max_pixels_is_the_callers_choice():
    stream = bitstream.pack(*make())
    bitstream.parse(stream, max_pixels=62500)
    with pytest.raises(BitstreamError, match="250x250 = 62500 pixels; at most 62499"):
        bitstream.parse(stream, max_pixels=62499)


def test_a_stream_of_another_model_is_refused_by_name():
    header = Header(250, 250, 50.0, "89abcdef")
    shipped_models.require_model(header, "89abcdef")
    with pytest.raises(BitstreamError, match="model 89abcdef.*model 01234567"):
        shipped_models.require_model(header, "01234567")


@pytest.mark.parametrize("change, text", [
    (dict(width=15), "`width` is 15; allowed: 16"), (dict(height=0), "`height` is 0"),
    (dict(width=1 << 29), "allowed"), (dict(width=16.5), "`width` is 16.5"),
    (dict(quality=0.5), "`quality` is 0.5"), (dict(quality=50.25), "steps of 0.5"),
    (dict(quality=float("nan")), "`quality` is nan"), (dict(model_id="89ABCDEF"), "8 lower-case"),
    (dict(model_id="123"), "8 lower-case"), (dict(version=(16, 0)), "0..15")])
def test_bad_headers_are_refused(change, text):
    with pytest.raises(ValueError, match=text):
        Header(**{**dict(width=250, height=250, quality=50.0, model_id="89abcdef"), **change})


@pytest.mark.parametrize("states, words, text", [
    ([40000] * 3, [], "has 4 lanes"), ([40000] * 3 + [1], [], "leave 2"),
    ([40000] * 3 + [1 << 31], [], "leave 2"), ([40000] * 4, [65536], "leave 0..65535"),
    ([40000] * 4, [-1], "leave 0..65535")])
def test_bad_contents_are_not_packed(states, words, text):
    with pytest.raises(ValueError, match=text):
        bitstream.pack(Header(250, 250, 50.0, "89abcdef"), states, words)
