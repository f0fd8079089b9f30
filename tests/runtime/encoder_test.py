"""Encoder files: what is none is named, and an interpreter serves every thread and process."""

import concurrent.futures
import io
import json
import multiprocessing
import zipfile

import numpy as np
import pytest

from tf_ipr.format import shipped_models
from tf_ipr.runtime.encoder import Encoder
from tf_ipr.runtime.tflite_half import METADATA, HalfError, TFLiteHalf

PATH = shipped_models.folder() / "encoder.tflite"
IMAGE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def encoder():
    return Encoder(PATH)


def _with_metadata(**changes):
    """The content of a file that says something else of itself."""
    with zipfile.ZipFile(PATH) as archive:
        metadata = {**json.loads(archive.read(METADATA)), **changes}
    file = io.BytesIO(b"TFL3")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
    return file.getvalue()


def test_a_file_and_its_content_give_the_same_stream(encoder):
    assert Encoder(PATH.read_bytes()).encode(IMAGE, 30) == encoder.encode(IMAGE, 30)


def test_threads_encode_at_once(encoder):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        streams = list(pool.map(lambda quality: encoder.encode(IMAGE, quality), [10, 90] * 8))
    assert set(streams[::2]) == {encoder.encode(IMAGE, 10)}
    assert set(streams[1::2]) == {encoder.encode(IMAGE, 90)}


def test_a_forked_process_encodes(encoder):
    expected = encoder.encode(IMAGE, 30)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(encoder.encode, (IMAGE, 30)).get(timeout=60) == expected


@pytest.mark.parametrize("image, quality, text", [
    (np.zeros([64, 64], np.uint8), 50, r"shape \(64, 64\)"),
    (np.zeros([64, 64, 3], np.float32), 50, "float32"),
    (np.zeros([15, 64, 3], np.uint8), 50, "at least 16"),
    (IMAGE, 0, "1..100"), (IMAGE, float("nan"), "quality is nan")])
def test_what_cannot_be_encoded_is_named(encoder, image, quality, text):
    with pytest.raises(ValueError, match=text):
        encoder.encode(image, quality)


def test_files_that_are_no_encoder_are_named(tmp_path):
    nothing = tmp_path / "encoder.tflite"
    nothing.write_bytes(b"TFL3 and nothing else")
    for source, text in ((nothing, "encoder.tflite is no encoder.*metadata.json"), (b"", "is no encoder"),
                         (_with_metadata(part="decoder"), "holds the decoder of model .*, not an encoder"),
                         (_with_metadata(format_version="2.0"), "of stream format 2.0.*knows 1.x")):
        with pytest.raises(HalfError, match=text):
            Encoder(source)
    with pytest.raises(FileNotFoundError):
        Encoder(tmp_path / "absent.tflite")


def test_sizes_and_limits_of_a_file_are_kept():
    half = TFLiteHalf(_with_metadata(image_size="112x128", max_pixels=99999), "encoder")
    assert half.image_size == (112, 128) and half.max_pixels == 99999
    with pytest.raises(ValueError, match="64x48 pixels; the encoder takes 112x112 alone.*tf_ipr.align"):
        Encoder(_with_metadata(image_size="112x112")).encode(IMAGE, 50)
    with pytest.raises(ValueError, match="takes 3000 pixels at most.*--max_pixels=3072"):
        Encoder(_with_metadata(max_pixels=3000)).encode(IMAGE, 50)
