"""Arrays of one shape come together, each once, no more of them than asked for."""

import numpy as np

from tf_ipr.datasets.shape_batches import batches_of_one_shape

_ARRAYS = [np.zeros(shape) for shape in ((2, 3), (3, 2), (2, 3), (2, 3), (3, 2))]


def test_batches_hold_one_shape_in_order():
    assert list(batches_of_one_shape(_ARRAYS)) == [[0, 2, 3], [1, 4]]


def test_batches_are_cut_to_size():
    assert list(batches_of_one_shape(_ARRAYS, 2)) == [[0, 2], [3], [1, 4]]


def test_nothing_has_no_batches():
    assert not list(batches_of_one_shape([]))
