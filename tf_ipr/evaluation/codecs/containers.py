"""How many bytes of an image file describe the file and not the picture.

| file | counted as container |
|---|---|
| AVIF, JPEG 2000 .jp2, JPEG XL with boxes | all but the payloads of `mdat`, `jp2c`, `jxlc`, `jxlp` |
| WebP | everything but the payloads of the chunks `VP8 `, `VP8L` and `ALPH` |
| JPEG | everything but the Huffman tables and the coded scans |
| JPEG 2000 codestream | the main header and the markers around the coded tiles |
| HEVC byte stream | parameter sets and SEI with their start codes, as HEIF keeps them in its boxes |
| bare codestreams of JPEG XL, others | nothing |

The rest is the *payload*. Results have both, the whole file and the payload: in a file of some hundred
bytes the container decides between formats, and a product could fix it in advance (size, quality,
quantiser).
"""

from __future__ import annotations

import re
import struct

_PAYLOAD_BOXES = {b"mdat", b"jxlc", b"jxlp"}
_PAYLOAD_CHUNKS = {b"VP8 ", b"VP8L", b"ALPH"}
_BOX_SIGNATURES = (b"ftyp", b"jP  ", b"JXL ")


def container_bytes(data: bytes) -> int:
    """Bytes of `data`, a complete image file, that belong to its container; see the table above.

    A file that ends early is counted as far as it goes.
    """
    if data[4:8] in _BOX_SIGNATURES:
        return len(data) - _boxes_payload(data)
    if data[:4] == b"\xff\x4f\xff\x51":
        return len(data) - _jpeg2000_payload(data)
    if data[:4] == b"RIFF":
        return len(data) - _riff_payload(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg_metadata(data)
    if data[:4] == b"\0\0\0\1" or data[:3] == b"\0\0\1":
        return len(data) - _hevc_slices(data)
    return 0


def _boxes_payload(data: bytes) -> int:
    """ISO/IEC 14496-12, 4.2: size (1: a 64-bit size follows, 0: up to the end), type."""
    payload, position = 0, 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if size == 1 and position + 16 <= len(data):
            size, header = struct.unpack_from(">Q", data, position + 8)[0], 16
        end = len(data) if size == 0 else min(position + max(size, header), len(data))
        if kind == b"jp2c":
            payload += _jpeg2000_payload(data[position + header:end])
        elif kind in _PAYLOAD_BOXES:
            payload += end - position - header
        position = end
    return payload


def _riff_payload(data: bytes) -> int:
    payload, position = 0, 12
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind in _PAYLOAD_CHUNKS:
            payload += min(size, len(data) - position - 8)
        position += 8 + size + size % 2
    return payload


def _jpeg_metadata(data: bytes) -> int:
    """ITU-T T.81, B.1: FF, marker, 16-bit length (itself included); data follow a scan's header."""
    found, position = 2, 2  # The start of the image.
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = struct.unpack_from(">xBH", data, position)
        if marker != 0xC4:  # Huffman tables are made for the picture.
            found += 2 + length
        position += 2 + length
        if marker == 0xDA:
            coded = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.S).search(data, position)
            position = coded.start() if coded else len(data)
    return found + len(data) - position


def _jpeg2000_payload(data: bytes) -> int:
    """ITU-T T.800, A.4: the tile-parts' lengths, from their markers SOT, without headers SOT and SOD."""
    payload, position = 0, data.find(b"\xff\x90\x00\x0a")
    while 0 <= position and position + 12 <= len(data) and data[position:position + 2] == b"\xff\x90":
        length = struct.unpack_from(">I", data, position + 6)[0] or len(data) - 2 - position
        start = data.find(b"\xff\x93", position, position + length)
        payload += position + length - start - 2 if start >= 0 else 0
        position += length
    return payload


def _hevc_slices(data: bytes) -> int:
    """Annex B: the NAL units of types 0..31 hold the picture (Rec. ITU-T H.265, table 7-1)."""
    starts = [match.start() for match in re.finditer(rb"\x00?\x00\x00\x01", data)] + [len(data)]
    payload = 0
    for start, end in zip(starts, starts[1:]):
        header = data.index(b"\1", start) + 1
        if header < end and (data[header] >> 1) & 63 < 32:
            payload += end - start
    return payload
