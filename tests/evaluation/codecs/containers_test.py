"""The container's share of a file, on files made by hand and by real encoders."""

import struct

import numpy as np
import pytest

from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.codecs.containers import container_bytes


def _box(kind, payload, large=False):
    if large:
        return struct.pack(">I4sQ", 1, kind, 16 + len(payload)) + payload
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


@pytest.mark.parametrize("large", [False, True])
def test_boxes_but_the_payload_of_mdat(large):
    data = _box(b"ftyp", b"avif") + _box(b"meta", bytes(20)) + _box(b"mdat", bytes(100), large)
    assert container_bytes(data) == len(data) - 100


def test_last_box_may_go_on_to_the_end():
    data = _box(b"ftyp", b"avif") + struct.pack(">I4s", 0, b"mdat") + bytes(50)
    assert container_bytes(data) == len(data) - 50


def test_riff_chunks_and_their_padding():
    chunks = b"VP8X" + struct.pack("<I", 10) + bytes(10) + b"VP8 " + struct.pack("<I", 7) + bytes(8)
    data = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    assert container_bytes(data) == len(data) - 7


def test_jpeg_but_huffman_tables_and_scans():
    app0 = b"\xff\xe0\0\x10" + bytes(14)
    comment = b"\xff\xfe\0\x05abc"
    table = b"\xff\xdb\0\x43" + bytes(65)
    huffman = b"\xff\xc4\0\x05" + bytes(3)
    coded = [b"\x01\xff\0\x02\xff\xd0\x03", b"\x04\x05"]
    scans = [b"\xff\xda\0\x03\x09" + some for some in coded]
    data = b"\xff\xd8" + app0 + comment + table + huffman + b"".join(scans) + b"\xff\xd9"
    assert len(data) - container_bytes(data) == len(huffman) + sum(map(len, coded))


def test_jpeg2000_but_the_tiles_data():
    tiles = [b"\xff\x90\0\x0a\0\0" + struct.pack(">I", 14 + size) + b"\0\1" + b"\xff\x93" + bytes(size)
             for size in (30, 50)]
    data = b"\xff\x4f\xff\x51" + bytes(40) + b"".join(tiles) + b"\xff\xd9"
    assert len(data) - container_bytes(data) == 80
    boxed = _box(b"jP  ", bytes(4)) + _box(b"jp2c", data)
    assert len(boxed) - container_bytes(boxed) == 80


def test_hevc_parameter_sets():
    sets = b"\0\0\0\1" + bytes([32 << 1, 1, 5]) + b"\0\0\0\1" + bytes([33 << 1, 1, 6, 7])
    data = sets + b"\0\0\1" + bytes([19 << 1, 1, 9, 9, 9])
    assert container_bytes(data) == len(sets)


def test_bare_codestreams_and_cut_files():
    assert container_bytes(b"\xff\x0a" + bytes(9)) == 0
    assert container_bytes(b"\xff\x4f\xff\x51" + bytes(9)) == 13
    assert container_bytes(b"") == 0
    assert container_bytes(_box(b"ftyp", b"avif")[:9]) == 9
    assert container_bytes(b"RIFF\x10\0\0\0WEBPVP8 \xff\xff\0\0ab") == 20


@pytest.mark.parametrize("name, at_least, at_most", [
    ("avif", 200, 400), ("webp", 20, 21), ("jpeg", 180, 400), ("hevc", 60, 120), ("jpeg2000", 80, 200),
    ("jpegxl", 0, 0)])
def test_real_files(name, at_least, at_most):
    codec = reference_codecs.ALL[name]
    if codec.unavailable_reason():
        pytest.skip(codec.unavailable_reason())
    y, x = np.mgrid[:64, :64]
    image = np.stack([4 * x, 4 * y, 2 * (x + y)], -1).astype(np.uint8)
    data = codec.encode(image, codec.settings[1])
    assert at_least <= codec.container_bytes(data) <= at_most
