"""What is exported equals what was trained: pixels within 0.01 grey levels, symbols alike."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import CONFIGS, picture, random_model
from tf_ipr.export import tflite_export
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.runtime.encoder import Encoder
from tf_ipr.training.validation import freeze


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def trained(request) -> TrainingModel:
    model = random_model(request.param)
    # Small symbols: one beyond its table's range is clipped, which in training it is not.
    model.network.gain.log_gain.assign_sub(tf.fill(model.network.gain.log_gain.shape, 3.0))
    inverse = model.network.inverse_gain.log_gain
    inverse.assign_add(tf.fill(inverse.shape, 3.0))
    return model


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp(trained.config.architecture)
    model_folder.save(freeze(trained), folder, {})
    return folder


@pytest.mark.parametrize("quality", [50.0, 90.0])
def test_pixels_equal_those_of_training(trained, folder, quality):
    model, _ = model_folder.load(folder)
    image = picture(70, 50)[None].astype(np.float32)
    expected = tf.clip_by_value(trained(image, tf.constant([quality])).reconstruction, 0, 255)
    symbols = model.symbols(model.network.analyse(image), tf.constant([quality]))
    found = model.reconstruct(symbols.side, symbols.latent, tf.constant([quality]), 50, 70)
    assert symbols.latent.numpy().any()
    np.testing.assert_allclose(found, expected, atol=0.01, rtol=0)


def test_the_tflite_encoder_gives_the_symbols_of_training(trained, folder, tmp_path):
    file, = tflite_export.export(folder, tmp_path, weights="float32", part="encoder")
    encoder, codec = Encoder(file.path), TensorFlowCodec.load(folder)
    network, quality = trained.network, tf.constant([60.0])
    for seed in range(3):
        image = picture(70, 50, seed)
        side, latent = codec.symbols(encoder.encode(image, 60))
        gained = network.gained(network.analyse(image[None].astype(np.float32)), quality)
        z = network.side(gained)
        residual = gained - network.mean(tf.floor(z + 0.5), gained)
        coded = network.index(tf.floor(z + 0.5), gained) >= 8
        for found, value in ((side, z[0]), (latent, tf.where(coded, residual, 0.0)[0])):
            beside_half = np.abs(value - np.floor(value) - 0.5) < 1e-3
            assert np.all((found == np.floor(value + 0.5)) | beside_half)
