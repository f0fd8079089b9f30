"""How many bytes of an image file describe the file and not the picture.

| file | counted as container |
|---|---|
| AVIF, JPEG 2000 .jp2, JPEG XL with boxes | everything but the payloads of `mdat`, `jp2c`, `jxlc`, `jxlp` |
| WebP | everything but the payloads of the chunks `VP8 `, `VP8L` and `ALPH` |
| JPEG | the segments APPn and COM |
| HEVC byte stream | parameter sets and SEI with their start codes, as HEIF keeps them in its boxes |
| bare codestreams of JPEG 2000 and JPEG XL, others | nothing |

They are part of every figure in bytes; the share is shown apart, because in a file of a thousand
bytes it decides between formats, and because a product could fix most of it in advance.
"""

from __future__ import annotations

import re
import struct

_PAYLOAD_BOXES = {b"mdat", b"jp2c", b"jxlc", b"jxlp"}
_PAYLOAD_CHUNKS = {b"VP8 ", b"VP8L", b"ALPH"}
_BOX_SIGNATURES = (b"ftyp", b"jP  ", b"JXL ")


def container_bytes(data: bytes) -> int:
    """Bytes of `data`, a complete image file, that belong to its container; see the table above.

    A file that ends early is counted as far as it goes.
    """
    if data[4:8] in _BOX_SIGNATURES:
        return len(data) - _boxes_payload(data)
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
        if kind in _PAYLOAD_BOXES:
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
    """Segments before the first scan: FF, marker, 16-bit length (itself included)."""
    found, position = 0, 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        marker, length = struct.unpack_from(">xBH", data, position)
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            found += 2 + length
        position += 2 + length
    return found


def _hevc_slices(data: bytes) -> int:
    """Annex B: the NAL units of types 0..31 hold the picture (Rec. ITU-T H.265, table 7-1)."""
    starts = [match.start() for match in re.finditer(rb"\x00?\x00\x00\x01", data)] + [len(data)]
    payload = 0
    for start, end in zip(starts, starts[1:]):
        header = data.index(b"\1", start) + 1
        if header < end and (data[header] >> 1) & 63 < 32:
            payload += end - start
    return payload
