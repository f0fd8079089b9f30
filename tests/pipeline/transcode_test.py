"""Bytes to bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tf_ipr.files import file_kind
from tf_ipr.files.image_file import ImageFileError
from tf_ipr.format import bitstream
from tf_ipr.pipeline import codecs, transcode


@pytest.fixture(scope="module")
def codec():
    return codecs.for_encoding(None, 1 << 20)


@pytest.fixture(scope="module")
def decoder():
    return codecs.for_decoding(None, 1 << 20)


@pytest.fixture
def picture() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((40, 32)).convert("RGB").save(file, "webp")
    return file.getvalue()


def test_a_picture_there_and_back(codec, decoder, picture):
    stream = transcode.compress(picture, codec, transcode.Rate(quality=90.0), 1 << 20)
    assert bitstream.describe(stream)["quality"] == 90
    asked = []
    decoded = transcode.decompress(stream, lambda stream: asked.append(stream) or decoder)
    assert asked == [stream] and file_kind.of_bytes(decoded) == file_kind.PNG
    with Image.open(io.BytesIO(decoded)) as image:
        np.testing.assert_array_equal(np.asarray(image), decoder.decompress(stream))
    assert transcode.is_our_png(decoded[:file_kind.HEAD_BYTES])


def test_each_rate_reaches_the_codec(codec, picture):
    small = transcode.compress(picture, codec, transcode.Rate(max_bytes=120), 1 << 20)
    least = transcode.compress(picture, codec, transcode.Rate(target_bpp=1e-9), 1 << 20)
    assert len(small) <= 120 and bitstream.describe(least)["quality"] == 1


def test_a_rate_is_one_of_three():
    for options in ({}, {"quality": 5.0, "max_bytes": 10}):
        with pytest.raises(ValueError, match="exactly one of its three"):
            transcode.Rate(**options)


def test_what_is_no_picture_is_named(codec, picture):
    with pytest.raises(ImageFileError, match="a.jpg is not an image"):
        transcode.compress(b"no picture", codec, transcode.Rate(5.0), 1 << 20, "a.jpg")
    with pytest.raises(ImageFileError, match="the picture has 40x32 pixels"):
        transcode.compress(picture, codec, transcode.Rate(5.0), 100)


def test_another_s_png_is_not_ours():
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "png")
    assert not transcode.is_our_png(file.getvalue())
