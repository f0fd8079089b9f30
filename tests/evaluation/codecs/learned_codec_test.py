"""Our codec behind the common interface: batches, header and identity."""

import shutil

import numpy as np
import pytest

from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec
from tf_ipr.format import shipped_models
from tf_ipr.recognition import known_face


@pytest.fixture(scope="module")
def codec():
    return LearnedCodec.load()


def test_a_batch_of_mixed_sizes_is_each_image_by_itself(codec):
    face = known_face.image()
    images = [face[:64, :80], face[40:100, 40:100], face[20:84, 30:110]]
    files = codec.encode_batch(images, 30)
    decoded = codec.decode_batch(files)
    for image, data, pixels in zip(images, files, decoded):
        assert pixels.shape == image.shape
        # Convolutions of a batch round differently in the last bits.
        assert abs(len(data) - len(codec.encode(image, 30))) <= 8
        assert np.abs(codec.decode(data).astype(int) - pixels).max() <= 1


def test_the_header_is_the_container(codec):
    small, large = (codec.encode(known_face.image(), quality) for quality in (5, 90))
    assert codec.container_bytes(small) == codec.container_bytes(large) < 16


def test_identity_names_the_weights(codec, tmp_path):
    folder = shutil.copytree(shipped_models.folder(), tmp_path / "run" / "model")
    copy = LearnedCodec.load(folder)
    assert copy.fingerprint() == codec.fingerprint() and copy.label == "tf_ipr run"
    with np.load(folder / "weights.npz") as file:
        weights = dict(file)
    name = next(iter(weights))
    np.savez(folder / "weights.npz", **{**weights, name: weights[name] + 0.01})
    assert LearnedCodec.load(folder).fingerprint() != codec.fingerprint()
    assert LearnedCodec.load(folder).codec.model_id == codec.codec.model_id


def test_wrong_settings_are_named(codec):
    with pytest.raises(ValueError, match="quality must be one of 1, 1.5 .. 100, given 0"):
        codec.encode_batch([known_face.image()], 0)
