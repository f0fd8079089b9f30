"""Why a stream was not decoded, as a number: what a graph returns where Python raises.

The numbers are part of the interface of exported decoders and never change their meaning.
"""

from __future__ import annotations

import enum


class StreamStatus(enum.IntEnum):
    """One stream's outcome; `message` says it in words."""

    OK = 0
    EMPTY = 1
    FOREIGN = 2
    TRUNCATED_HEADER = 3
    VERSION = 4
    QUALITY = 5
    NOT_CANONICAL = 6
    TOO_LARGE = 7
    TRUNCATED_STATES = 8
    PADDING_BITS = 9
    ODD_BYTES = 10
    WRONG_MODEL = 11
    EXTENDED = 12
    BATCH_TOO_LARGE = 13
    DAMAGED = 14
    NOT_ALIGNED = 15
    WRONG_SIZE = 16

    @property
    def message(self) -> str:
        """A sentence for logs and clients."""
        return _MESSAGES[self]


_MESSAGES = {
    StreamStatus.OK: "Decoded.",
    StreamStatus.EMPTY: "The stream is empty (0 bytes).",
    StreamStatus.FOREIGN: "The stream does not start with 0xfb; it is something else.",
    StreamStatus.TRUNCATED_HEADER: "The stream ends within the header; it was truncated.",
    StreamStatus.VERSION: "The stream has another major format version; use a matching release.",
    StreamStatus.QUALITY: "The header declares a quality outside of 1..100.",
    StreamStatus.NOT_CANONICAL: "A size in the header is written with superfluous bytes or takes "
    "more than 4.",
    StreamStatus.TOO_LARGE: "The stream declares more pixels than this decoder accepts.",
    StreamStatus.TRUNCATED_STATES: "The stream ends within the lane states; it was truncated.",
    StreamStatus.PADDING_BITS: "The padding bits behind the lane states are not zero.",
    StreamStatus.ODD_BYTES: "The stream ends within a 16-bit word; it was truncated or extended.",
    StreamStatus.WRONG_MODEL: "The stream was made with another model; send it to that one's decoder.",
    StreamStatus.EXTENDED: "The stream has more words than symbols; it was extended.",
    StreamStatus.BATCH_TOO_LARGE: "The batch, padded to its largest image, is beyond the decoder's "
    "limit; send this stream in a smaller batch.",
    StreamStatus.DAMAGED: "The stream fails its integrity check; fetch it again.",
    StreamStatus.NOT_ALIGNED: "The picture is no aligned face crop of 112x112, 128x128 or 448x448 "
    "pixels; an embedding needs one.",
    StreamStatus.WRONG_SIZE: "The picture has another size than the one this decoder is made for; use "
    "a decoder of any size.",
}
