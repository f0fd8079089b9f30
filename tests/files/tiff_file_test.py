"""TIFF samples become v * 255 / max by what the tags say, or the file is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
