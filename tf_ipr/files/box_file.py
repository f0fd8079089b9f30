"""Boxes of ISO base media files (ISO/IEC 14496-12) and of JP2 files: what AVIF and JPEG 2000 say
about their colours and Pillow leaves out."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in some bytes, as (name, content); ends where they make no sense."""
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        start = at + 8
        if size == 1 and at + 16 <= len(content):
            size, start = struct.unpack_from(">Q", content, start)[0], at + 16
        end = at + size if size else len(content)
        if end < start or end > len(content):
            return
        yield name, content[start:end]
        at = end


def child(content: bytes, *path: bytes) -> bytes:
    """The content of the first box at a path of names; empty where there is none."""
    for name in path:
        content = next((inner for found, inner in boxes(content) if found == name), b"")
    return content


def avif_code_points(content: bytes) -> tuple[int, int] | None:
    """Colour primaries and transfer characteristics of an AVIF file's picture, or None.

    The picture is the primary item (pitm); its properties are those of ipco that ipma lists
    (ISO/IEC 23008-12, section 9.3).
    """
    meta = child(content, b"meta")[4:]
    properties = list(boxes(child(meta, b"iprp", b"ipco")))
    for index in _properties_of_primary(meta):
        if 0 < index <= len(properties):
            name, body = properties[index - 1]
            if name == b"colr" and body[:4] == b"nclx" and len(body) >= 10:
                return struct.unpack_from(">2H", body, 4)
    return None


def _properties_of_primary(meta: bytes) -> list[int]:
    """Numbers of the primary item's properties, from 1."""
    primary = child(meta, b"pitm")
    table = child(meta, b"iprp", b"ipma")
    try:
        wanted = struct.unpack_from(">H" if primary[0] == 0 else ">I", primary, 4)[0]
        item, wide = (">H" if table[0] == 0 else ">I"), table[3] & 1
        count, at = struct.unpack_from(">I", table, 4)[0], 8
        for _ in range(count):
            found = struct.unpack_from(item, table, at)[0]
            at += struct.calcsize(item)
            number, at = table[at], at + 1
            entries = struct.unpack_from(f">{number}{'H' if wide else 'B'}", table, at)
            at += number * (2 if wide else 1)
            if found == wanted:
                return [entry & (0x7FFF if wide else 0x7F) for entry in entries]
    except (IndexError, struct.error):
        pass  # Damaged or absent: the decoder says so, if it matters.
    return []
