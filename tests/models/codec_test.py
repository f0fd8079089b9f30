"""The front door: every size, every quality, every way to choose one, and every bad stream."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze

MOBILE = ModelConfig(width=48, latent_channels=64, side_channels=8, hyper_width=16)


def _codec(folder, seed, config=MOBILE):
    tf.keras.utils.set_random_seed(seed)
    model = TrainingModel(config)
    mean = model.network.hyper_mean
    for variable in mean.variables if mean else []:  # an untrained mean would be noise
        variable.assign(tf.zeros_like(variable))
    model_folder.save(freeze(model), folder, {})
    return TensorFlowCodec.load(folder, max_pixels=1 << 20)


@pytest.fixture(scope="module")
def codec(tmp_path_factory):
    return _codec(tmp_path_factory.mktemp("model"), seed=1)


def _image(height, width, seed=0):
    """A smooth picture with an edge: something that compresses."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / 64
    waves = sum(np.sin(generator.uniform(0, 3, 2) @ np.stack([y, x]).reshape(2, -1)
                       + generator.uniform(0, 6)) for _ in range(4)).reshape(height, width)
    grey = 128 + 25 * waves + 40 * (x > y)
    colours = grey[..., None] * generator.uniform(0.7, 1.1, 3)
    return np.clip(colours, 0, 255).astype(np.uint8)


def _psnr_db(a, b):
    return 10 * np.log10(255 ** 2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9))


def test_each_image_of_a_batch_may_have_its_own_quality(codec):
    images = np.stack([_image(64, 48, seed) for seed in range(3)])
    streams = codec.compress_batch(images, [5, 40.25, 90])
    assert [codec.info(stream)["quality"] for stream in streams] == [5, 40, 90]
    for image, decoded, quality in zip(images, codec.decompress_batch(streams), (5, 40, 90)):
        alone = codec.decompress(codec.compress(image, quality))
        assert np.abs(alone.astype(int) - decoded).max() <= 1
    for wrong, message in (([5, 40], "2 qualities are given for 3 images"),
                           ([5, 40, 101], "quality is 101")):
        with pytest.raises(ValueError, match=message):
            codec.compress_batch(images, wrong)


@pytest.mark.parametrize("images", [[], np.zeros([0, 64, 48, 3], np.uint8)])
def test_an_empty_batch_is_refused(codec, images):
    with pytest.raises(ValueError, match="has no images; give at least one"):
        codec.compress_batch(images)
    with pytest.raises(ValueError, match="has no streams; give at least one"):
        codec.decompress_batch([])


@pytest.mark.parametrize("size", [(16, 16), (17, 250), (64, 64), (250, 250), (31, 129)])
def test_an_image_comes_back_in_its_size(codec, size):
    image = _image(*size)
    stream = codec.compress(image, quality=60)
    decoded = codec.decompress(stream)
    assert decoded.shape == image.shape and decoded.dtype == np.uint8
    assert _psnr_db(image, decoded) > 15  # an untrained model
    info = codec.info(stream)
    assert (info["height"], info["width"]) == size
    assert info["model_id"] == codec.model_id and info["bytes"] == len(stream)
    assert info["bpp"] == 8 * len(stream) / (size[0] * size[1])


def test_compression_is_deterministic(codec):
    image = _image(64, 96)
    assert codec.compress(image, quality=30) == codec.compress(image.copy(), quality=30)


def test_higher_quality_costs_bytes_and_gains_decibels():
    codec, image = TensorFlowCodec.load(), _image(128, 128)
    streams = [codec.compress(image, quality=q) for q in (1, 35, 70, 100)]
    sizes = [len(s) for s in streams]
    psnr_db = [_psnr_db(image, codec.decompress(s)) for s in streams]
    assert sizes == sorted(sizes)
    assert psnr_db == sorted(psnr_db)


def test_quality_goes_in_half_steps_and_is_written_into_the_stream(codec):
    image = _image(32, 32)
    assert codec.info(codec.compress(image, quality=42.5))["quality"] == 42.5
    assert codec.compress(image, quality=42.6) == codec.compress(image, quality=42.5)


@given(limit=st.integers(0, 400))
@settings(max_examples=10, deadline=None)
def test_max_bytes_is_kept_and_used(codec, limit):
    image = _image(96, 96)
    lowest, highest = (len(codec.compress(image, quality=q)) for q in (1, 100))
    limit = lowest + limit * (highest - lowest) // 400
    stream = codec.compress(image, max_bytes=limit)
    assert len(stream) <= limit
    quality = codec.info(stream)["quality"]
    if quality < 100:
        assert len(codec.compress(image, quality=quality + 0.5)) > limit


def test_max_bytes_below_the_lowest_quality_says_what_it_takes(codec):
    image = _image(64, 64)
    lowest = len(codec.compress(image, quality=1))
    with pytest.raises(ValueError, match=f"takes {lowest}"):
        codec.compress(image, max_bytes=lowest - 1)


def test_target_bpp_is_met_within_a_half_step(codec):
    image = _image(128, 128)
    low, high = (codec.info(codec.compress(image, quality=q))["bpp"] for q in (10, 90))
    target = (low + high) / 2
    stream = codec.compress(image, target_bpp=target)
    quality = codec.info(stream)["quality"]
    near = [codec.info(codec.compress(image, quality=quality + d))["bpp"] for d in (-0.5, 0.5)]
    assert abs(codec.info(stream)["bpp"] - target) <= min(abs(b - target) for b in near)


@pytest.mark.parametrize("image, text", [
    (np.zeros([1, 1, 3], np.uint8), "1x1 pixels"),
    (np.zeros([15, 64, 3], np.uint8), "at least 16"),
    (np.zeros([64, 64], np.uint8), r"shape \(64, 64\)"),
    (np.zeros([64, 64, 3], np.float32), "float32"),
    (np.zeros([2048, 2048, 3], np.uint8), "limit of 1048576"),
])
def test_images_that_cannot_be_coded_are_named(codec, image, text):
    with pytest.raises(ValueError, match=text):
        codec.compress(image)


@pytest.mark.parametrize("arguments, text", [
    (dict(quality=0), "1..100"), (dict(quality=101), "1..100"),
    (dict(max_bytes=99, target_bpp=1.0), "given together"), (dict(target_bpp=-1.0), "target_bpp is -1.0; .* positive"),
    (dict(target_bpp=0), "positive"), (dict(target_bpp=float("nan")), "target_bpp is nan"),
    (dict(target_bpp=float("inf")), "finite"),
])
def test_impossible_wishes_are_named(codec, arguments, text):
    with pytest.raises(ValueError, match=text):
        codec.compress(_image(32, 32), **arguments)


def test_a_stream_of_another_model_is_refused_by_name(codec, tmp_path):
    other = _codec(tmp_path, seed=2)
    assert other.model_id != codec.model_id
    with pytest.raises(BitstreamError, match=f"{other.model_id}.*{codec.model_id}"):
        codec.decompress(other.compress(_image(32, 32)))
    assert codec.info(other.compress(_image(32, 32)))["model_id"] == other.model_id


def test_truncated_extended_empty_and_foreign_streams_are_refused(codec):
    stream = codec.compress(_image(64, 64), quality=50)
    bad = [b"", b"\x89PNG\r\n\x1a\n", bytes(100), stream + b"\0\0", stream + stream[-1:]]
    bad += [stream[:n] for n in range(0, len(stream), 7)]
    for data in bad:
        with pytest.raises(BitstreamError):
            codec.decompress(data)


def test_declared_sizes_are_refused_before_memory_is_taken(codec):
    # 2^16 x 2^15 = 2^31 pixels in 30 bytes.
    header = bitstream.Header(1 << 16, 1 << 15, 50.0, codec.model_id)
    with pytest.raises(BitstreamError, match="at most 1048576"):
        codec.decompress(header.to_bytes() + bytes(100))
    with pytest.raises(ValueError, match="16.."):
        bitstream.Header(0, 0, 50.0, codec.model_id)


def test_mutated_bytes_give_an_error_or_an_image_of_the_declared_size(codec):
    stream = codec.compress(_image(48, 64), quality=40)
    generator = np.random.default_rng(0)
    caught = 0
    for _ in range(150):
        data = bytearray(stream)
        data[generator.integers(len(data))] ^= generator.integers(1, 256)
        try:
            decoded = codec.decompress(bytes(data))
        except BitstreamError:
            caught += 1
            continue
        assert decoded.shape == (48, 64, 3)
    assert caught >= 149  # the check is one of 15 bits and more


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(model_folder.CheckpointError, match="no config.json"):
        TensorFlowCodec.load(tmp_path)


def test_the_papers_architecture_codes_and_decodes(tmp_path):
    pytest.importorskip("tensorflow_compression")
    tiny = ModelConfig("hyperprior", width=8, latent_channels=12, side_channels=8, hyper_width=8)
    codec = _codec(tmp_path, seed=3, config=tiny)
    image = _image(40, 56)
    assert codec.decompress(codec.compress(image, quality=30)).shape == image.shape
