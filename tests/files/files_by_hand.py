"""Picture files made byte by byte, of kinds that Pillow cannot write."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def packed(rows: np.ndarray, bits: int) -> bytes:
    """Samples (H, N) of 1 to 32 bits, most significant first; each row ends at a byte."""
    places = np.arange(bits - 1, -1, -1)
    ones = (rows[..., np.newaxis].astype(np.int64) >> places) & 1
    return np.packbits(ones.reshape(len(rows), -1).astype(np.uint8), axis=-1).tobytes()


def tiff(rows: np.ndarray, bits: int, photometric: int, order: str = "<", more=()) -> bytes:
    """One page of grey, uncompressed in one strip, by TIFF 6.0.

    Args:
      rows: (H, W), 0..2**bits - 1.
      photometric: 0, white is zero, or 1.
      order: "<" or ">".
      more: further tags of one value each, (number, value).
    """
    height, width = rows.shape
    data = (rows.astype(f"{order}u{bits // 8}").tobytes() if bits in (16, 32)
            else packed(rows, bits))
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 0, 277: 1,
            278: height, 279: len(data), **dict(more)}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    for tag, value in sorted(tags.items()):
        out += struct.pack(order + "HHII", tag, 4, 1, value)
    return out + struct.pack(order + "I", 0) + data


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(
        ">I", zlib.crc32(name + body))


def png(samples: np.ndarray, bits: int, kind: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """A PNG file without filters.

    Args:
      samples: (H, W, C), 0..2**bits - 1.
      kind: colour type: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
      before, after: chunks before and after the pixels.
    """
    height, width, _ = samples.shape
    rows = samples.reshape(height, -1)
    size = -(-rows.shape[1] * bits // 8)
    data = np.frombuffer(packed(rows, bits), np.uint8).reshape(height, size)
    data = np.pad(data, ((0, 0), (1, 0))).tobytes()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, bits, kind,
                                                              0, 0, 0))
            + before + chunk(b"IDAT", zlib.compress(data)) + after + chunk(b"IEND", b""))
