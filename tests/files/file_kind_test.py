"""What a file is, by its content and by the promise of its name."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tf_ipr.files import file_kind, image_file
from tf_ipr.format import bitstream


@pytest.mark.parametrize("form, kind", [
    ("png", "PNG"), ("jpeg", "JPEG"), ("gif", "GIF"), ("webp", "WebP"), ("tiff", "TIFF"),
    ("bmp", "BMP"), ("ppm", "PNM"), ("ico", "icon"), ("jpeg2000", "JPEG 2000"), ("eps", "PostScript"),
    ("dds", "DirectDraw surface"), ("pdf", "PDF")])
def test_what_pillow_writes_is_known(form, kind):
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, form)
    assert file_kind.of_bytes(file.getvalue()[:file_kind.HEAD_BYTES]) == kind
    assert file_kind.is_picture(kind) == (kind != "PDF")


def test_every_stream_is_known():
    for model_id in ("00000000", "ffffffff"):
        for quality in (1.0, 100.0):
            header = bitstream.Header(16, 16, quality, model_id)
            assert file_kind.of_bytes(header.to_bytes()) == file_kind.STREAM


@pytest.mark.parametrize("head, kind", [
    (json.dumps({"a": 1}).encode(), "JSON"), (b" [1]", "JSON"), (b"a,b\n1,2\n", "text"),
    ("Gr\u00fc\u00dfe".encode(), "text"), (b"<?xml version='1.0'?><svg/>", "XML"),
    (b"<!DOCTYPE html><p>", "HTML"), (b"\0\1\2", None), (b"\xff\xfe\x80", None), (b"", None),
    (b"\0\0\0\x18ftypheic", "HEIC"), (b"\x1c\0\0\0TFL3", "TFLite"), (b"\xfb not a stream", None)])
def test_other_kinds(head, kind):
    assert file_kind.of_bytes(head) == kind


def test_text_may_be_cut_within_a_character(tmp_path):
    (tmp_path / "a").write_text("x" + "\u00e4" * file_kind.HEAD_BYTES, encoding="utf-8")
    assert file_kind.of_file(tmp_path / "a") == "text"


def test_a_suffix_promises_a_kind_in_capitals_too():
    assert file_kind.of_suffix("a/b.JPG") == "JPEG"
    assert file_kind.of_suffix("b.c.ipr") == file_kind.STREAM
    assert file_kind.of_suffix("b.2024") is None and file_kind.of_suffix("jpg") is None


def test_every_suffix_that_is_read_is_one_of_pictures():
    assert all(file_kind.is_picture(file_kind.of_suffix(f"a{suffix}")) for suffix in image_file.SUFFIXES)
