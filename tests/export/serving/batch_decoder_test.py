"""A batch of any sizes, any of which may be bad, decodes as each stream alone."""

from __future__ import annotations

import functools

import decoder_cases
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tf_ipr.coding import stream_parser
from tf_ipr.export import batch_decoder, size_groups
from tf_ipr.export.batch_decoder import BatchDecoder
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models import model_folder

_STRINGS = [tf.TensorSpec([None], tf.string)]


@pytest.fixture(scope="module")
def decoder(codec, model_path):
    model, config = model_folder.load(model_path)
    return BatchDecoder(model, config["model_id"], decoder_cases.MAX_PIXELS,
                        decoder_cases.MAX_BATCH_PIXELS)


@pytest.fixture(scope="module")
def decode(decoder):
    """bytes -> (symbols, images), as NumPy."""
    @functools.partial(tf.function, input_signature=_STRINGS)
    def everything(streams):
        return decoder.symbols(streams), decoder.images(streams)

    def run(streams):
        return tf.nest.map_structure(lambda x: x.numpy(), everything(tf.constant(streams)))

    return run


@pytest.fixture(scope="module")
def cases(codec, other_codec):
    """(stream, status, image or None, (z, y) or None) of good streams and bad ones."""
    good = [(stream, StreamStatus.OK, codec.decompress(stream), codec.symbols(stream))
            for stream in decoder_cases.good_streams(codec)]
    bad = [(stream, StreamStatus[name], None, None)
           for stream, name in decoder_cases.bad_streams(codec, other_codec)]
    return good + bad


def _check(decode, chosen):
    symbols, images = decode([stream for stream, _, _, _ in chosen])
    assert images.status.tolist() == [status for _, status, _, _ in chosen]
    for i, (_, status, image, parts) in enumerate(chosen):
        if status != StreamStatus.OK:
            assert images.height[i] == images.width[i] == 0 and not images.image[i].any()
            continue
        height, width = image.shape[:2]
        assert (images.height[i], images.width[i]) == (height, width)
        difference = images.image[i, :height, :width].astype(int) - image
        assert np.abs(difference).max() <= 1
        assert not images.image[i, height:].any() and not images.image[i, :, width:].any()
        for part, row in zip(parts, (symbols.side[i], symbols.latent[i])):
            np.testing.assert_array_equal(row[:part.size], part.reshape(-1))
            assert not row[part.size:].any()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(indexes=st.lists(st.integers(0, len(decoder_cases.SIZES) * 3 + 14), min_size=1, max_size=9))
def test_a_mixed_batch_decodes_as_each_stream_alone(decode, cases, indexes):
    _check(decode, [cases[i] for i in indexes])


def test_every_stream_at_once(decode, cases):
    _check(decode, cases)


def test_bad_streams_alone_give_black_of_no_size(decode, cases):
    bad = [case for case in cases if case[1] != StreamStatus.OK]
    _, images = decode([stream for stream, _, _, _ in bad])
    assert images.image.shape == (len(bad), 0, 0, 3)


def test_the_symbols_of_a_trained_batch_really_differ(cases):
    values = [parts[1] for _, _, _, parts in cases if parts]
    assert sum(part.any() for part in values) > len(values) / 2


def test_a_status_says_what_the_codec_raises(codec, cases):
    for stream, status, _, _ in cases:
        if status != StreamStatus.OK:
            with pytest.raises(BitstreamError):
                codec.decompress(stream)


def test_the_largest_images_give_way_where_the_batch_is_too_large(decode, codec):
    tall = codec.compress(decoder_cases.image(2000, 16), quality=1)
    wide = codec.compress(decoder_cases.image(16, 1900), quality=1)
    small = codec.compress(decoder_cases.image(64, 64), quality=1)
    # 3 x 2000 x 1900 pixels are too many; 3 x 64 x 1900 are not.
    _, images = decode([tall, wide, small])
    assert images.status.tolist() == [StreamStatus.BATCH_TOO_LARGE, StreamStatus.OK,
                                      StreamStatus.OK]
    assert images.image.shape == (3, 64, 1900, 3)
    _, alone = decode([tall])
    assert alone.status.tolist() == [StreamStatus.OK]


def _within(height, width, max_batch_pixels):
    """bool [B] of sizes [B], 0 for bad streams."""
    parsed = stream_parser.ParsedStreams(*[None] * 10)._replace(
        height=tf.constant(height, tf.int32), width=tf.constant(width, tf.int32))
    return batch_decoder._within(parsed, max_batch_pixels).numpy()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 40])
def test_an_image_is_within_where_it_fits_beside_all_smaller_ones(count):
    rng, found = np.random.default_rng(count), set()
    for _ in range(20):
        height, width = rng.integers(16, 300, (2, count)) * (rng.random(count) < 0.8)
        limit = int(rng.integers(1, count * 300 * 300))
        order = np.argsort(height * width, kind="stable")
        expected = np.zeros(count, bool)
        for place, image in enumerate(order):
            beside = order[:place + 1]
            expected[image] = height[beside].max() * width[beside].max() * count <= limit
        np.testing.assert_array_equal(_within(height, width, limit), expected)
        found |= set(expected)
    assert found == {False, True}


def test_the_limit_takes_memory_by_the_number_of_streams_not_its_square():
    resource = pytest.importorskip("resource")

    def peak_kib():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    sizes = [16] + [0] * 16383
    before = peak_kib()
    assert _within(sizes, sizes, 1 << 25).all()
    # One bool for each pair of streams would be 256 MiB, one int32 1 GiB.
    assert peak_kib() - before < 200 << 10


def test_runs_hold_images_of_one_size_within_their_limit():
    height = tf.constant([64, 0, 32, 64, 64, 32, 0, 64])
    width = tf.constant([16, 0, 32, 16, 16, 32, 0, 32])
    runs = size_groups.plan(height, width, run_pixels=2048)
    order, first = runs.order.numpy(), runs.first.numpy()
    groups = [order[a:b].tolist() for a, b in zip(first, first[1:])]
    assert groups == [[2, 5], [0, 3], [4], [7]]
    nothing = size_groups.plan(tf.zeros([3], tf.int32), tf.zeros([3], tf.int32))
    assert nothing.first.numpy().tolist() == [0] and nothing.order.shape == (0,)
