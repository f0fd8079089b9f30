"""The compact form of a stream."""

from __future__ import annotations

import pathlib
import re

import numpy as np
import pytest

from tf_ipr.format import bitstream, compact, model_folder, shipped_models
from tf_ipr.format.bitstream import BitstreamError, Header


def make(width=112, height=112, quality=20.5, model_id="ba124500", version=(1, 0), num_words=5, seed=0):
    """A stream of random states and words."""
    rng = np.random.default_rng(seed)
    header = Header(width, height, quality, model_id, version)
    states = np.floor(2.0 ** rng.uniform(15, 31, header.num_lanes)).astype(np.int64)
    return bitstream.pack(header, states, rng.integers(0, 65536, num_words))


@pytest.mark.parametrize("number", compact.ROWS)
def test_every_row_there_and_back(number):
    row = compact.ROWS[number]
    for quality in (1.0, 50.5, 100.0):
        stream = make(row.width, row.height, quality, row.model_id)
        short = compact.compact(stream)
        assert short[0] == number and compact.expand(short) == stream
        assert len(stream) - len(short) == compact.bytes_saved(*row) >= 7


def test_exact_bytes_never_change():
    stream = bitstream.pack(Header(112, 112, 20.5, "ba124500"), [1 << 15, (1 << 31) - 1], [1, 0xABCD])
    assert stream.hex(" ") == "fb 10 ba 12 45 00 29 60 60 0f 00 01 ff ff ff f8 00 01 ab cd"
    assert compact.compact(stream).hex(" ") == "80 29 0f 00 01 ff ff ff f8 00 01 ab cd"


def test_rows_never_change_their_meaning():
    # Add to this list what is added to ROWS; what stands here stays.
    assert {number: (row.model_id, row.width) for number, row in compact.ROWS.items()} == {
        0x80: ("ba124500", 112),
        0x81: ("c88190a9", 128),
        0x82: ("ef07535b", 250),
        0x83: ("7f8b8d07", 250),
        0x84: ("f98e5a43", 250),
        0x85: ("c47bf4ba", 128),
        0x86: ("92978b44", 128),
        0x87: ("c7b0f4cc", 250),
        0x88: ("e659a062", 250),
        0x8A: ("4c2d8499", 250),
    }
    assert all(
        compact.FIRST_ROW <= number <= compact.LAST_ROW and number != 0x89 for number in compact.ROWS
    )
    assert len(set(compact.ROWS.values())) == len(compact.ROWS)


def test_the_table_of_the_documentation_is_that_of_the_code():
    page = pathlib.Path(__file__).parents[2] / "docs" / "bitstream.md"
    rows = re.findall(
        r"^\| `0x(\w\w)` \| 1\.0 \| `(\w{8})` \| (\w+) \| (\d+)x(\d+) \|$",
        page.read_text(encoding="utf-8"),
        re.M,
    )
    assert {
        int(number, 16): compact.Row(model_id, int(width), int(height))
        for number, model_id, _, width, height in rows
    } == compact.ROWS
    named = {model_id: name for _, model_id, name, _, _ in rows}
    for name, folder in shipped_models.folders().items():
        assert named[model_folder.read_config(folder)["model_id"]] == name


def test_every_shipped_model_has_a_row():
    named = {row.model_id for row in compact.ROWS.values()}
    for name, folder in shipped_models.folders().items():
        assert model_folder.read_config(folder)["model_id"] in named, f"{name} needs a row in ROWS"


@pytest.mark.parametrize(
    "other", [dict(model_id="89abcdef"), dict(width=113), dict(height=250), dict(version=(1, 1))]
)
def test_what_has_no_row_stays_in_the_long_form(other):
    stream = make(**other)
    assert compact.compact(stream) == stream == compact.expand(stream)
    if "version" not in other:
        values = dict(model_id="ba124500", width=112, height=112) | other
        assert compact.bytes_saved(**values) == 0


def test_a_decoder_of_the_long_form_refuses_the_compact_one():
    for number in range(compact.FIRST_ROW, compact.LAST_ROW + 1):
        with pytest.raises(BitstreamError, match="It is something else"):
            bitstream.parse(bytes([number]) + compact.compact(make())[1:])


@pytest.mark.parametrize(
    "data, text",
    [
        (b"", "empty"),
        (b"\x80", "ends within its header"),
        (b"\x80\x01\x00", "quality 0.5"),
        (b"\x80\xc9\x00", "quality 100.5"),
        (b"\xbf\x64\x00", "row 0xbf.*newer release"),
        (b"\x89PNG", "starts with byte 0x89.*something else"),
        (b"\xff\xd8", "byte 0xff"),
        (b"text", "byte 0x74"),
    ],
)
def test_bad_bytes_are_refused_with_the_reason(data, text):
    with pytest.raises(BitstreamError, match=text):
        compact.expand(data)


def test_a_damaged_stream_is_not_compacted():
    with pytest.raises(BitstreamError, match="truncated"):
        compact.compact(make()[:-1])


def test_every_flipped_bit_reaches_the_decoder_or_is_refused():
    short = compact.compact(make())
    for position in range(8 * len(short)):
        changed = bytearray(short)
        changed[position // 8] ^= 1 << position % 8
        try:
            assert compact.expand(bytes(changed)) != make()
        except BitstreamError:
            pass
