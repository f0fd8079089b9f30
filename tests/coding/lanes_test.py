"""Lanes: how many, and which symbol goes where."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding import lanes
from tf_ipr.format import lane_count


@pytest.mark.parametrize("height, width, expected", [
    (16, 16, 2), (181, 181, 2), (128, 256, 2), (129, 256, 4), (250, 250, 4), (256, 256, 4),
    (256, 257, 8), (512, 512, 16), (512, 513, 32), (4096, 4096, 32)])
def test_lanes_grow_with_the_image(height, width, expected):
    assert lane_count.num_lanes(height, width) == expected
    assert lanes.num_lanes_tensor(tf.constant(height), tf.constant(width)).numpy() == expected


def test_coded_symbols_are_dealt_in_turn_and_skipped_ones_leave_no_gap():
    tables = tf.constant([[5, -1, 6, 7, -1, 8, 9]])
    deal = lanes.deal(tables, 2)
    grid = lanes.to_grid(tables, deal, empty=-1).numpy()
    np.testing.assert_array_equal(grid[:4, 0], [[5, 6], [7, 8], [9, -1], [-1, -1]])
    assert (grid[3:] == -1).all()
    assert deal.num_steps.numpy() == 3


@pytest.mark.parametrize("number", [1, 2, 4, 8, 16, 32])
def test_back_from_the_grid(number):
    rng = np.random.default_rng(number)
    tables = rng.integers(-1, 3, (3, 200)).astype(np.int32)
    values = rng.integers(0, 1 << 30, (3, 200)).astype(np.int32)
    deal = lanes.deal(tables, number)
    back = lanes.from_grid(lanes.to_grid(values, deal, empty=7), deal).numpy()
    np.testing.assert_array_equal(back[tables >= 0], values[tables >= 0])


def test_images_of_one_batch_may_have_different_lanes():
    tables = tf.constant([[1, 2, 3, 4, 5], [6, -1, 7, 8, -1]])
    deal = lanes.deal(tables, tf.constant([4, 2]))
    grid = lanes.to_grid(tables, deal, empty=-1).numpy()
    np.testing.assert_array_equal(grid[:3, 0], [[1, 2, 3, 4], [5, -1, -1, -1], [-1] * 4])
    np.testing.assert_array_equal(grid[:3, 1], [[6, 7, -1, -1], [8, -1, -1, -1], [-1] * 4])


@pytest.mark.parametrize("shape", [(1, 0), (2, 1), (1, 33)])
def test_nothing_coded_is_no_step(shape):
    deal = lanes.deal(tf.fill(shape, -1), 4)
    assert deal.num_steps.numpy() == 0
    assert (lanes.to_grid(tf.zeros(shape, tf.int32), deal, empty=3).numpy() == 3).all()
