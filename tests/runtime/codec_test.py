"""The front door: there and back on LiteRT, wishes, bad streams, folders that lack something."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tf_ipr
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.model_folder import DECODER, ENCODER, CheckpointError

RECOMMENDED = ["lfw_l2_rec", "lfw_l2_ipr", "lfw_l2_ip", "lfw_align112_l2_ip", "lfw_align_l2_ip"]
SIZES = {"lfw_align112_l2_ip": (112, 112), "lfw_align_l2_ip": (128, 128)}


def _image(height, width, seed=0):
    """A smooth picture with an edge: something that compresses."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / 64
    waves = sum(np.sin(rng.uniform(0, 3) * y + rng.uniform(0, 3) * x + rng.uniform(0, 6)) for _ in range(4))
    grey = 128 + 25 * waves + 40 * (x > y)
    return np.clip(grey[..., None] * rng.uniform(0.7, 1.1, 3), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def codec():
    return tf_ipr.Codec.load()


@pytest.fixture(scope="module")
def stream(codec):
    return codec.compress(_image(48, 64), quality=40)


@pytest.mark.parametrize("name", RECOMMENDED)
def test_shipped_models_code_and_decode_by_name_from_any_place(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codec = tf_ipr.Codec.load(name)
    image = _image(*SIZES.get(name, (60, 90)))
    stream = codec.compress(image, max_bytes=900)
    assert len(stream) <= 900 and codec.info(stream)["model_id"] == codec.model_id
    decoded = codec.decompress(stream)
    assert decoded.shape == image.shape and decoded.dtype == np.uint8
    assert np.array_equal(codec.decompress(stream), decoded)


@pytest.mark.parametrize("size", [(16, 16), (17, 250), (64, 64), (250, 250), (31, 129)])
def test_an_image_comes_back_in_its_size(codec, size):
    image = _image(*size)
    stream = codec.compress(image, quality=60)
    decoded = codec.decompress(stream)
    assert decoded.shape == image.shape
    assert np.mean((decoded.astype(float) - image) ** 2) < 100  # above 28 dB


def test_both_codecs_write_the_same_bytes_and_pixels_a_grey_level_apart_at_most(codec):
    pytest.importorskip("tensorflow")
    from tf_ipr.models.codec import TensorFlowCodec

    other = TensorFlowCodec.load()
    for seed, wish in enumerate([dict(quality=1), dict(quality=50), dict(quality=100),
                                 dict(max_bytes=700), dict(target_bpp=0.3)]):
        image = _image(90, 70, seed)
        stream = codec.compress(image, **wish)
        assert other.compress(image, **wish) == stream
        assert np.abs(codec.decompress(stream).astype(int) - other.decompress(stream)).max() <= 1


@given(limit=st.integers(0, 400))
@settings(max_examples=10, deadline=None)
def test_max_bytes_is_kept_and_used(codec, limit):
    image = _image(96, 96)
    lowest, highest = (len(codec.compress(image, quality=quality)) for quality in (1, 100))
    limit = lowest + limit * (highest - lowest) // 400
    stream = codec.compress(image, max_bytes=limit)
    assert len(stream) <= limit
    quality = codec.info(stream)["quality"]
    assert quality == 100 or len(codec.compress(image, quality=quality + 0.5)) > limit


@pytest.mark.parametrize("wishes, text", [
    (dict(quality=50, max_bytes=900), "quality and max_bytes are given together"),
    (dict(max_bytes=float("nan")), "max_bytes is nan"), (dict(max_bytes=-1), "max_bytes is -1"),
    (dict(max_bytes=20), "max_bytes is 20, but the lowest quality takes"), (dict(quality=101), "1..100")])
def test_impossible_wishes_are_named(codec, wishes, text):
    with pytest.raises(ValueError, match=text):
        codec.compress(_image(32, 32), **wishes)


def test_a_batch_is_what_its_images_are_alone(codec):
    images = np.stack([_image(32, 48, seed) for seed in range(3)])
    streams = codec.compress_batch(images, [5, 40, 90])
    assert streams == [codec.compress(image, quality) for image, quality in zip(images, (5, 40, 90))]
    decoded = codec.decompress_batch(streams)
    assert np.array_equal(decoded, [codec.decompress(stream) for stream in streams])
    with pytest.raises(BitstreamError, match="one size at a time"):
        codec.decompress_batch([*streams, codec.compress(_image(32, 32))])
    with pytest.raises(ValueError, match="no streams"):
        codec.decompress_batch([])


def test_a_stream_of_another_model_is_refused_by_name(codec):
    other = tf_ipr.Codec.load("lfw_l2_ip").compress(_image(32, 32))
    with pytest.raises(BitstreamError, match=r"made with model lfw_l2_ip \(.*lfw_l2_rec \("):
        codec.decompress(other)


def test_streams_of_another_version_empty_and_foreign_ones_are_refused(codec, stream):
    newer = stream[:1] + b"\x20" + stream[2:]
    for data, text in ((newer, "format version 2.0"), (b"", "empty"), (b"\x89PNG\r\n\x1a\n", "0x89")):
        with pytest.raises(BitstreamError, match=text):
            codec.decompress(data)


def test_damaged_truncated_and_extended_streams_are_refused(codec, stream):
    bad = [stream[:length] for length in range(len(stream))] + [stream + b"\0\0", stream + stream[-1:]]
    for position in range(len(stream)):
        changed = bytearray(stream)
        changed[position] ^= 1 << position % 8
        bad.append(bytes(changed))
    for data in bad:
        with pytest.raises(BitstreamError):
            codec.decompress(data)


def test_larger_pictures_than_the_limit_are_refused_before_memory_is_taken(codec, stream):
    small = tf_ipr.Codec.load(max_pixels=3000)
    with pytest.raises(ValueError, match="more than the limit of 3000"):
        small.compress(_image(48, 64))
    with pytest.raises(BitstreamError, match="at most 3000"):
        small.decompress(stream)
    header = bitstream.Header(1 << 16, 1 << 15, 50.0, codec.model_id)
    with pytest.raises(BitstreamError, match="2147483648 pixels"):
        codec.decompress(header.to_bytes() + bytes(100))


def test_a_limit_that_is_no_number_of_pixels_is_refused():
    for limit in (0, -1, 2.5, "many", None):
        with pytest.raises(ValueError, match=f"max_pixels is {limit!r}"):
            tf_ipr.Codec.load(max_pixels=limit)


def test_the_limit_of_the_files_is_named_with_the_command_that_raises_it(codec):
    with pytest.raises(ValueError, match="takes 16777216 pixels at most.*--max_pixels=16785408"):
        codec.compress(np.zeros([4096, 4098, 3], np.uint8), quality=1)
    header = bitstream.Header(4098, 4096, 50.0, codec.model_id)
    with pytest.raises(BitstreamError, match="decodes 16777216 at most.*--max_pixels=16785408"):
        codec.decompress(header.to_bytes() + bytes(100))


def _copy(tmp_path, *without):
    return shutil.copytree(shipped_models.folder(), tmp_path / "model", ignore=shutil.ignore_patterns(
        "decoder", "*.npz" if "weights" in without else "", *without))


def test_a_folder_that_lacks_a_half_names_the_command_that_makes_it(tmp_path):
    folder = _copy(tmp_path, DECODER)
    codec = tf_ipr.Codec.load(folder)
    codec.compress(_image(32, 32))
    (folder / "weights.npz").touch()
    with pytest.raises(CheckpointError, match="no decoder.tflite.*tf_ipr_export --target=tflite --model="):
        codec.decompress(codec.compress(_image(32, 32)))
    (folder / ENCODER).unlink()
    with pytest.raises(CheckpointError, match="no encoder.tflite and decoder.tflite.*tf_ipr_export"):
        tf_ipr.Codec.load(folder)


def test_a_model_of_which_only_the_description_is_installed_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="only its description is installed"):
        tf_ipr.Codec.load(_copy(tmp_path, "weights", DECODER, ENCODER))


def test_a_half_of_another_model_is_refused_by_name(tmp_path):
    folder = _copy(tmp_path)
    shutil.copy(shipped_models.folder("lfw_l2_ip") / DECODER, folder / DECODER)
    codec = tf_ipr.Codec.load(folder)
    with pytest.raises(CheckpointError, match=r"decoder.tflite is of model lfw_l2_ip \(.*lfw_l2_rec \("):
        codec.decompress(codec.compress(_image(32, 32)))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="no config.json"):
        tf_ipr.Codec.load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"format": "9.0", "model_id": "0", "model": {}}))
    with pytest.raises(CheckpointError, match="has format 9.0"):
        tf_ipr.Codec.load(tmp_path)
