"""The exports of a model, as the demo and the benchmarks run them."""

import numpy as np
import pytest

from tf_ipr.evaluation.codecs import exported_codec
from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec
from tf_ipr.format import shipped_models
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.models.codec import TensorFlowCodec


@pytest.fixture(scope="module")
def shipped():
    codec = exported_codec.exported_or_model()
    assert isinstance(codec, exported_codec.ExportedCodec), "the shipped model lacks its exports"
    return codec


@pytest.fixture(scope="module")
def image():
    rows, columns = np.mgrid[:70, :90]
    return np.stack([2 * rows, 2 * columns, rows + columns], -1).astype(np.uint8)


def test_exports_belong_to_the_shipped_model_and_agree_with_it(shipped, image):
    codec = TensorFlowCodec.load()
    assert shipped.model_id == codec.model_id
    stream = shipped.encode(image, 40)
    assert codec.info(stream)["quality"] == 40.0
    assert np.abs(shipped.decode(stream).astype(int) - codec.decompress(stream)).max() <= 1
    assert np.abs(shipped.decode(codec.compress(image, 40)).astype(int) - image).mean() < 8


def test_damaged_stream_is_refused_with_its_reason(shipped, image):
    stream = bytearray(shipped.encode(image, 40))
    stream[-1] ^= 1
    with pytest.raises(BitstreamError, match="DAMAGED"):
        shipped.decode(bytes(stream))


def test_folder_without_exports_is_run_as_a_model(tmp_path):
    for name in ("config.json", "entropy.npz", "weights.npz"):
        (tmp_path / name).symlink_to(shipped_models.folder() / name)
    assert isinstance(exported_codec.exported_or_model(tmp_path), LearnedCodec)
