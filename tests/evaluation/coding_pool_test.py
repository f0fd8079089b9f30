"""Coding in other processes and in batches gives what coding one by one gives, in order."""

import os

import numpy as np
import pytest

from tests.evaluation.conftest import StepsCodec
from tf_ipr.evaluation import coding_pool
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.coding_pool import Coded, CodingPool


def _images(count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 255, [16 + index, 20, 3]).astype(np.uint8) for index in range(count)]


@pytest.fixture(scope="module")
def pool():
    with CodingPool(2) as pool:
        yield pool


@pytest.mark.parametrize("codec, setting", [(reference_codecs.JPEG, 50), (StepsCodec(), 20)])
def test_results_come_in_order_and_are_the_codecs_own(pool, codec, setting):
    images = _images(9)
    results = list(pool.code(codec, setting, range(9), images.__getitem__, batch=4))
    assert [index for index, _, _ in results] == list(range(9))
    for index, image, coded in results:
        data = codec.encode(images[index], setting)
        np.testing.assert_array_equal(image, images[index])
        np.testing.assert_array_equal(coded.decoded_u8, codec.decode(data))
        assert coded.num_bytes == len(data)
        assert coded.container_bytes == codec.container_bytes(data)


@pytest.mark.parametrize("codec, setting", [(reference_codecs.JPEG, 50), (StepsCodec(), 20)])
def test_one_bad_image_fails_alone(pool, codec, setting):
    images = _images(5)
    images[1] = images[1].astype(np.float32)

    def read(index):
        if index == 3:
            raise ValueError("torn in two")
        return images[index]

    outcomes = [outcome for _, _, outcome in pool.code(codec, setting, range(5), read, batch=5)]
    assert [isinstance(outcome, Coded) for outcome in outcomes] == [True, False, True, False, True]
    assert "must be uint8" in outcomes[1] and outcomes[3] == "torn in two"


def test_a_codec_that_returns_another_size_is_a_failure():
    class Cutting(StepsCodec):
        def decode(self, data):
            return super().decode(data)[1:]

    assert "returned an image of (15, 20, 3) for one of (16, 20, 3)" in coding_pool.code_one(
        Cutting(), 10, _images(1)[0])


class Crashing(StepsCodec):
    """Ends its process over a white corner."""

    one_by_one = True

    def encode(self, image_u8, setting):
        if image_u8[0, 0, 0] == 255:
            os._exit(3)
        return super().encode(image_u8, setting)


def test_a_crash_fails_one_picture_and_the_pool_goes_on():
    images = [image // 2 for image in _images(6)]
    images[1][0, 0], images[4][0, 0] = 255, 255
    with CodingPool(2) as pool:
        for _ in range(2):
            outcomes = [outcome for _, _, outcome in pool.code(
                Crashing(), 10, range(6), images.__getitem__, batch=2)]
            assert [isinstance(outcome, Coded) for outcome in outcomes] == [
                True, False, True, True, False, True]
            assert outcomes[1] == "steps crashed, or the memory was not enough"


def test_pictures_are_read_only_a_little_ahead():
    """Memory does not grow with the dataset."""
    read = []

    def reading(index):
        read.append(index)
        return np.zeros([16, 16, 3], np.uint8)

    with CodingPool(1) as pool:
        for codec in (reference_codecs.JPEG, StepsCodec(), None):
            read.clear()
            results = pool.code(codec, 20, range(1000), reading, batch=4)
            next(results)
            assert len(read) <= 10
            results.close()
