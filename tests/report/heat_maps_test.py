"""Maps of errors and bits, worked out by hand."""

import numpy as np
import pytest

from tf_ipr.report import heat_maps


def test_the_error_is_the_mean_of_the_colours():
    original = np.full([2, 2, 3], 200, np.uint8)
    decoded = original.copy()
    decoded[0, 1] = [203, 194, 200]
    np.testing.assert_array_equal(heat_maps.absolute_error(original, decoded), [[0, 3], [0, 0]])


def test_all_bits_are_on_the_map():
    bits = np.array([[16.0, 8.0], [4.0, 2.0]])
    density = heat_maps.bits_per_pixel(bits, 20, 24, 16)  # 16 and 4 rows, 16 and 8 columns.
    assert density.shape == (20, 24) and density.sum() == pytest.approx(30)
    assert density[0, 0] == 16 / 256 and density[0, 23] == 8 / 128 and density[19, 23] == 2 / 32


def test_much_is_brighter_than_little_and_the_picture_shows_through():
    values = np.array([[0.0, 1.0, 9.0]])
    picture = heat_maps.error_picture(np.array([[0.0, 1.0, 9.0, 63.0, 200.0]]))
    assert picture.shape == (1, 5, 3) and picture.dtype == np.uint8
    brightness = picture[0].astype(int).sum(axis=1)
    # A grey level is seen beside 63, and more than that is not brighter.
    assert (np.diff(brightness[:4]) > 40).all() and brightness[3] == brightness[4]
    white = heat_maps.bits_picture(values, 1.0, np.full([1, 3, 3], 255, np.uint8))
    black = heat_maps.bits_picture(values, 1.0, np.zeros([1, 3, 3], np.uint8))
    assert (white > black).all()
    assert heat_maps.error_picture(np.zeros([2, 2])).sum() < 40
