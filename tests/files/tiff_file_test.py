"""TIFF samples become v * 255 / max by what the tags say, or the file is refused."""

from __future__ import annotations

import io
import itertools

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest
from PIL import Image

from tests.files.files_by_hand import tiff
from tf_ipr.files.image_file import ImageFileError, read_image

# What Pillow decodes, by depth and byte order; the others are refused.
READ = {(bits, order) for bits in (1, 2, 4, 8, 16) for order in "<>"} | {(12, "<"), (32, "<")}


@settings(max_examples=150, deadline=None)
@given(bits=st.sampled_from([1, 2, 4, 6, 8, 10, 12, 14, 16, 32]), photometric=st.sampled_from([0, 1]),
       order=st.sampled_from("<>"), seed=st.integers(0, 99),
       size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_grey_of_any_depth_and_polarity_is_scaled_or_refused(bits, photometric, order, seed, size):
    rows = np.random.default_rng(seed).integers(0, 2 ** bits, size)
    rows.flat[0] = 2 ** bits - 1
    content = tiff(rows, bits, photometric, order)
    if (bits, order) not in READ:
        with pytest.raises(ImageFileError, match=f"BitsPerSample .{bits}"):
            read_image(content)
        return
    light = rows if photometric else 2 ** bits - 1 - rows
    np.testing.assert_allclose(read_image(content).astype(float),
                               np.repeat(light[..., np.newaxis], 3, -1) * 255 / (2 ** bits - 1),
                               atol=1)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("photometric", [0, 1])
def test_wide_grey_is_turned_upright(photometric, orientation):
    rows = np.array([[0, 257 * 100, 65535]])
    pixels = read_image(tiff(rows, 16, photometric, more=[(274, orientation)]))
    assert pixels.shape == ((1, 3, 3) if orientation == 1 else (3, 1, 3))
    assert pixels[..., 0].ravel().tolist() == ([0, 100, 255] if photometric else [255, 155, 0])


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compression_changes_nothing(compression):
    wide = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    content = io.BytesIO()
    Image.fromarray(wide).save(content, "tiff", compression=compression)
    np.testing.assert_array_equal(read_image(content.getvalue())[..., 0], wide // 257)


@pytest.mark.parametrize("bits, sample_format, word", [
    (8, 2, "signed"), (16, 2, "signed"), (32, 2, "signed"), (16, 3, "floating-point"),
    (32, 3, "floating-point"), (8, 4, "undefined")])
def test_samples_of_no_agreed_range_are_refused(bits, sample_format, word):
    with pytest.raises(ImageFileError, match=f"has {word} pixels.*store it with 8 or 16"):
        read_image(tiff(np.zeros((2, 2)), bits, 1, more=[(339, sample_format)]))


@pytest.mark.parametrize("more", [[(50706, 1)], [(254, 1)], [(254, 4)]])
def test_a_preview_or_a_mask_is_not_taken_for_the_picture(more):
    with pytest.raises(ImageFileError, match="raw file or one page of a larger"):
        read_image(tiff(np.zeros((2, 2)), 8, 1, more=more))


tifffile = pytest.importorskip("tifffile", reason="tifffile writes kinds that Pillow cannot")


def written(array, **options) -> bytes:
    content = io.BytesIO()
    tifffile.imwrite(content, array, metadata=None, **options)
    return content.getvalue()


@pytest.mark.parametrize("kind, order, tile, planes, compression", itertools.product(
    ["u1", "u2"], "<>", [None, (16, 16)], ["contig", "separate"], [None, "zlib"]))
def test_colour_in_tiles_and_planes(kind, order, tile, planes, compression):
    colours = np.random.default_rng(2).integers(0, 256, (37, 29, 3))
    stored = (colours * (np.iinfo(kind).max // 255)).astype(kind)
    content = written(stored if planes == "contig" else np.moveaxis(stored, -1, 0), byteorder=order,
                      tile=tile, planarconfig=planes, photometric="rgb", compression=compression)
    if (kind, planes, compression) == ("u2", "separate", None):
        with pytest.raises(ImageFileError, match="uncompressed planes"):
            read_image(content)
    else:
        np.testing.assert_array_equal(read_image(content), colours)


@pytest.mark.parametrize("extra, kind, bands", itertools.product(
    [0, 1, 2], ["u1", "u2"], [2, 4]))
def test_alpha_is_unspecified_associated_or_not(extra, kind, bands):
    white = np.iinfo(kind).max
    samples = np.random.default_rng(3).integers(0, white, (23, 31, bands), kind, endpoint=True)
    samples[..., -1] |= white // 2 + 1  # Little alpha leaves few bits of premultiplied colours.
    if extra == 1:
        samples[..., :-1] = np.minimum(samples[..., :-1], samples[..., -1:])
    content = written(samples, extrasamples=[extra], planarconfig="contig",
                      photometric="rgb" if bands == 4 else "minisblack")
    if (kind, bands) == ("u2", 2):
        with pytest.raises(ImageFileError, match="rare kind.*BitsPerSample"):
            read_image(content)
        return
    colours, alpha = samples[..., :-1] * (255 / white), samples[..., -1:] / white
    expected = {0: colours, 1: colours + 255 * (1 - alpha),
                2: colours * alpha + 255 * (1 - alpha)}[extra]
    np.testing.assert_allclose(read_image(content).astype(float),
                               np.broadcast_to(expected, (23, 31, 3)), atol=3 if kind == "u2" else 2)


@pytest.mark.parametrize("scale", [1, 257])
def test_a_colour_map_of_8_bits_is_not_black(scale):
    colours = np.random.default_rng(1).integers(1, 256, (3, 256), dtype=np.uint16)
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    content = written(indices, photometric="palette", colormap=colours * scale)
    np.testing.assert_array_equal(read_image(content), colours.T[indices])
