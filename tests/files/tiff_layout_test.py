"""TIFF files of layouts that Pillow cannot write, as tifffile writes them."""

from __future__ import annotations

import io
import itertools

import numpy as np
import PIL
import pytest

from tf_ipr.files.image_file import ImageFileError, read_image

PILLOW = int(PIL.__version__.split(".", maxsplit=1)[0])

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
    if (kind, bands) == ("u2", 2) or (bands == 2 and extra < 2 and PILLOW < 13):
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
