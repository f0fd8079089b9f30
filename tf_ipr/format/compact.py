"""The compact form of a stream: one byte instead of magic, version, model id and sizes.

```
 byte 0           1           2..
 row, 0x80..0xBF  2*quality   lane states and words, as in the long form
```

It is for places where every byte counts, such as a code on paper, and loses nothing: `expand` gives
the very stream that `compact` took.  A row of `ROWS` stands for a version of the format, a model and
a size.  What has no row stays in the long form, and `expand` leaves that as it is, so that a reader of
the compact form reads every stream.  A decoder of the long form alone refuses the compact one by its
first byte.  `docs/bitstream.md`, section 12.
"""

from __future__ import annotations

from typing import NamedTuple

from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import BitstreamError, Header

FIRST_ROW, LAST_ROW = 0x80, 0xBF
HEADER_BYTES = 2  # of the compact form: row and quality
_VERSION = (1, 0)  # of the streams that every row below stands for


class Row(NamedTuple):
    """What a row's number stands for: 8 hex digits and pixels."""

    model_id: str
    width: int
    height: int


# A number once given never changes its meaning and is never given again, even when its model is no
# longer shipped.  New models and sizes take the next number; two of them may name the same model.
# No first byte of UTF-8 text lies in 0x80..0xBF, nor one of another picture format but PNG's, whose
# number is left out.
ROWS = {
    0x80: Row("ba124500", 112, 112),  # lfw_align112_l2_ip
    0x81: Row("c88190a9", 128, 128),  # lfw_align_l2_ip
    0x82: Row("ef07535b", 250, 250),  # lfw_l2_ip
    0x83: Row("7f8b8d07", 250, 250),  # lfw_l2_ipr
    0x84: Row("f98e5a43", 250, 250),  # lfw_l2_rec
    0x85: Row("c47bf4ba", 128, 128),  # lfw_align_l2_ipr
    0x86: Row("92978b44", 128, 128),  # lfw_align_l2_rec
    0x87: Row("c7b0f4cc", 250, 250),  # lfw_msssim_ip
    0x88: Row("e659a062", 250, 250),  # lfw_msssim_ipr
    # 0x89 begins PNG files.
    0x8A: Row("4c2d8499", 250, 250),  # lfw_msssim_rec
}
_NUMBERS = {row: number for number, row in ROWS.items()}


def compact(stream: bytes) -> bytes:
    """The shortest form of a stream.

    Args:
      stream: in the long form.

    Returns:
      The compact form, or `stream` itself where no row stands for its version, model and size.

    Raises:
      BitstreamError: the stream is damaged in a way that its header and lane states show.
    """
    header = bitstream.parse(stream).header
    number = _number_of(header)
    if number is None:
        return bytes(stream)
    return bytes([number, int(2 * header.quality)]) + bytes(stream[len(header.to_bytes()) :])


def expand(data: bytes) -> bytes:
    """The long form of a stream in either form; the long form is returned as it is.

    Raises:
      BitstreamError: it is empty, truncated or foreign, its quality is out of range, or its row is
        unknown to this release.
    """
    data = bytes(data)
    if not data:
        raise BitstreamError("The stream is empty (0 bytes).")
    if data[0] == bitstream.MAGIC:
        return data
    row = ROWS.get(data[0])
    if row is None:
        raise BitstreamError(_unknown(data[0]))
    if len(data) < HEADER_BYTES:
        raise BitstreamError("The compact stream of 1 byte ends within its header; it was truncated.")
    if data[1] not in bitstream.QUALITY_STEPS:
        raise BitstreamError(f"The compact stream declares quality {data[1] / 2}; allowed: 1..100.")
    header = Header(row.width, row.height, data[1] / 2, row.model_id, _VERSION)
    return header.to_bytes() + data[HEADER_BYTES:]


def bytes_saved(model_id: str, width: int, height: int) -> int:
    """By how many bytes the compact form of a stream is shorter than the long one: 0 without a row."""
    header = Header(width, height, bitstream.MIN_QUALITY, model_id, _VERSION)
    return 0 if _number_of(header) is None else len(header.to_bytes()) - HEADER_BYTES


def _number_of(header: Header) -> int | None:
    row = Row(header.model_id, header.width, header.height)
    return _NUMBERS.get(row) if header.version == _VERSION else None


def _unknown(first: int) -> str:
    if FIRST_ROW <= first <= LAST_ROW and first != 0x89:
        return (
            f"The compact stream has row 0x{first:02x}, which this release does not know; "
            "read it with a newer release."
        )
    return (
        f"The stream starts with byte 0x{first:02x}; streams start with 0x{bitstream.MAGIC:02x}, "
        f"compact ones with 0x{FIRST_ROW:02x} to 0x{LAST_ROW:02x}. It is something else."
    )
