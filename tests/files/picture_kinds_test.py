"""Only the kinds that are meant are opened, and each is read as its standard says."""

from __future__ import annotations

import io
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tf_ipr.files import image_file, picture_kinds
from tf_ipr.files.image_file import ImageFileError, read_image

PICTURE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8))


def saved(image, kind, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def test_a_postscript_file_starts_no_program(tmp_path, monkeypatch):
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 0\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "face.jpg").write_bytes(saved(PICTURE, "eps"))
    with pytest.raises(ImageFileError, match="face.jpg is not an image of a kind that is read"):
        read_image(tmp_path / "face.jpg")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["eps", "ico", "icns", "pcx", "sgi", "tga", "dds", "im", "pdf", "xbm",
                                  "msp", "spider", "dib", "qoi", "blp"])
def test_other_kinds_are_not_tried(kind):
    image = {"xbm": PICTURE.convert("1"), "msp": PICTURE.convert("1"), "spider": PICTURE.convert("F"),
             "blp": PICTURE.quantize(16)}.get(kind, PICTURE)
    with pytest.raises(ImageFileError, match="AVIF, BMP, GIF, JPEG, JPEG 2000, PNG, PNM, TIFF, WebP"):
        read_image(saved(image, kind))


@pytest.mark.parametrize("head", [
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"8BPS\0\1", b"%PDF-1.7", b"\xd7\xcd\xc6\x9a", b"GRIB",
    b"BUFR", b"\x89HDF\r\n\x1a\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<svg/>", b"\xff\x0a",
    b"PyRGBA\n1 1\n255\n", b"P7\nWIDTH 1\n"])
def test_heads_of_other_kinds_are_of_no_kind(head):
    with pytest.raises(ImageFileError, match="of a kind that is read"):
        read_image(head + bytes(100))


def test_the_list_of_suffixes_is_whole():
    Image.init()
    kinds = {"AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP"}
    known = {suffix for suffix, kind in Image.EXTENSION.items() if kind in kinds}
    assert known - set(image_file.SUFFIXES) == {".pfm"}  # Floating-point by its definition.
    assert image_file.SUFFIXES == tuple(sorted(set(image_file.SUFFIXES)))


@settings(max_examples=100, deadline=None)
@given(maximum=st.integers(1, 65535), bands=st.sampled_from([1, 3]), plain=st.booleans(),
       seed=st.integers(0, 99))
def test_pnm_of_any_maximum_is_scaled(maximum, bands, plain, seed):
    samples = np.random.default_rng(seed).integers(0, maximum + 1, (4, 5, bands))
    magic = {(1, True): "P2", (3, True): "P3", (1, False): "P5", (3, False): "P6"}[bands, plain]
    body = (" ".join(map(str, samples.ravel())).encode() if plain
            else samples.astype(">u2" if maximum > 255 else np.uint8).tobytes())
    pixels = read_image(f"{magic}\n# a note\n5 4\n{maximum}\n".encode() + body)
    np.testing.assert_allclose(pixels.astype(float), np.broadcast_to(
        samples * (255 / maximum), (4, 5, 3)), atol=0.51)
    if not plain:
        with pytest.raises(ImageFileError, match="truncated"):
            read_image(f"{magic} 5 4 {maximum}\n".encode() + body[:-1])


def test_black_and_white_pnm():
    assert read_image(b"P4 3 1\n\xa0")[0, :, 0].tolist() == [0, 255, 0]
    assert read_image(b"P1 3 1 101")[0, :, 0].tolist() == [0, 255, 0]


def test_floating_point_pnm_is_refused():
    with pytest.raises(ImageFileError, match="floating-point"):
        read_image(b"PF 1 1 -1.0\n" + bytes(12))


def gif(screen, offset, transparent=False, disposal=2) -> bytes:
    """A frame of 4 x 4 pixels (10, 200, 30), whose index is 0, somewhere on a screen."""
    frame = Image.new("P", (4, 4), 0)
    frame.putpalette([10, 200, 30])
    alone = saved(frame, "gif")
    data = alone[alone.index(b",", 13) + 10:]
    return (b"GIF89a" + struct.pack("<2H", *screen) + b"\x80\0\0" + bytes([10, 200, 30, 9, 9, 9])
            + b"!\xf9\x04" + bytes([disposal << 2 | transparent, 0, 0, 0, 0])
            + b"," + struct.pack("<4H", *offset, 4, 4) + b"\0" + data)


def test_what_the_first_frame_leaves_open_is_white():
    expected = np.full((8, 9, 3), 255)
    expected[2:6, 3:7] = 10, 200, 30
    np.testing.assert_array_equal(read_image(gif((9, 8), (3, 2))), expected)
    assert np.all(read_image(gif((4, 4), (0, 0), transparent=True)) == 255)


def test_a_frame_larger_than_the_screen_is_whole():
    assert np.all(read_image(gif((2, 2), (0, 0))) == (10, 200, 30))


def test_alpha_of_zeros_alone_in_a_bitmap_is_none():
    image = PICTURE.copy()
    image.putalpha(0)
    header = saved(image, "bmp")
    assert np.array_equal(read_image(header), np.asarray(PICTURE))


@pytest.mark.parametrize("kind, options, tolerance", [
    ("png", {}, 1), ("webp", {"lossless": True, "exact": True}, 1), ("tiff", {}, 1),
    ("tiff", {"compression": "tiff_adobe_deflate"}, 1), ("jpeg2000", {}, 1),
    ("avif", {"quality": 100, "subsampling": "4:4:4"}, 6)])
def test_transparent_pictures_of_every_kind_lie_on_white(kind, options, tolerance):
    image = Image.new("RGBA", (16, 16), (200, 100, 0, 128))
    np.testing.assert_allclose(read_image(saved(image, kind, **options)).astype(float),
                               np.broadcast_to([227.4, 177.2, 127], (16, 16, 3)), atol=tolerance)


def test_jpeg_2000_is_read():
    np.testing.assert_array_equal(read_image(saved(PICTURE, "jpeg2000")), np.asarray(PICTURE))
    wide = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    np.testing.assert_array_equal(
        read_image(saved(Image.fromarray(wide), "jpeg2000"))[..., 0], wide // 257)


def test_jpeg_2000_of_other_samples_or_colours_is_refused():
    content = saved(PICTURE, "jpeg2000")
    at = content.index(b"\xff\x4f\xff\x51") + 42  # Ssiz of the first component.
    for size, bits in ((0x87, 0), (3, 4), (15, 16)):
        with pytest.raises(ImageFileError, match=rf"components of \[{bits}, 8, 8\] bits"):
            read_image(content[:at] + bytes([size]) + content[at + 1:])
    at = content.index(b"colr") + 7
    with pytest.raises(ImageFileError, match="space 14"):
        read_image(content[:at] + struct.pack(">I", 14) + content[at + 4:])


@settings(max_examples=300, deadline=None)
@given(data=st.data(), kind=st.sampled_from(
    ["png", "gif", "bmp", "ppm", "tiff", "webp", "jpeg", "jpeg2000", "avif"]))
def test_damage_is_an_error_or_a_picture_and_nothing_else(data, kind):
    content = bytearray(saved(PICTURE.resize((8, 8)), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[:data.draw(st.integers(0, len(content)))]
    try:
        pixels = read_image(bytes(content), max_pixels=10000)
    except ImageFileError:
        return
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3


def test_each_kind_opens_what_it_matches():
    names = {"AVIF": "avif", "BMP": "bmp", "GIF": "gif", "JPEG": "jpeg", "JPEG 2000": "jpeg2000",
             "PNG": "png", "PNM": "ppm", "TIFF": "tiff", "WebP": "webp"}
    for kind in picture_kinds.KINDS:
        assert [other.name for other in picture_kinds.KINDS
                if other.matches(saved(PICTURE, names[kind.name])[:64])] == [kind.name]
