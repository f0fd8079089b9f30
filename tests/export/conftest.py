"""A small model with random weights, exported once for all tests of this folder."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.export import tflite_export
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze

CONFIGS = {
    "mobile": ModelConfig(width=32, latent_channels=24, side_channels=8, hyper_width=16,
                          analysis_blocks=(1, 0), synthesis_blocks=(0, 1), num_rates=2),
    "hyperprior": ModelConfig(architecture="hyperprior", width=16, latent_channels=16,
                              side_channels=8, hyper_width=16, num_rates=2),
}


def random_model(architecture: str) -> TrainingModel:
    """A model whose predictions vary from place to place."""
    tf.keras.utils.set_random_seed(3)
    model = TrainingModel(CONFIGS[architecture])
    for variable in model.network.trainable_variables:
        scale = 0.3 if "kernel" in variable.name else 0.02
        deviation = scale * float(tf.math.reduce_std(variable)) + 1e-3
        variable.assign_add(tf.random.normal(variable.shape, 0, deviation))
    for layer in model.network.hyper_index.layers:  # Else nearly all symbols share one table.
        layer.kernel.assign(4.0 * layer.kernel)
    return model


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    model_folder.save(freeze(random_model("mobile")), folder, {})
    return folder


@pytest.fixture(scope="session")
def small_codec(model_dir):
    return TensorFlowCodec.load(model_dir)


@pytest.fixture(scope="session")
def exported_pair(model_dir, tmp_path_factory):
    """Encoder and decoder for images of any size, float16 weights: two `ExportedFile`s."""
    return tflite_export.export(model_dir, tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="session")
def exported(exported_pair):
    """The encoder of `exported_pair`."""
    return exported_pair[0]


@pytest.fixture(scope="session")
def exported_decoder(exported_pair):
    """The decoder of `exported_pair`."""
    return exported_pair[1]


@pytest.fixture(scope="session")
def exported_fixed(model_dir, tmp_path_factory):
    """Encoder and decoder for 100x60."""
    return tflite_export.export(model_dir, tmp_path_factory.mktemp("fixed"), (100, 60))


@pytest.fixture(scope="session")
def exported_halves(model_dir, tmp_path_factory):
    """The split encoder for 100x60, float32 weights: the folder."""
    folder = tmp_path_factory.mktemp("halves")
    tflite_export.export(model_dir, folder, (100, 60), "float32", split=True)
    return folder


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    """A smooth picture with some noise, uint8 (height, width, 3)."""
    rows, columns = np.indices((height, width))
    rng = np.random.default_rng(seed)
    waves = [np.sin(rows / rng.uniform(3, 20) + columns / rng.uniform(3, 20)) for _ in range(3)]
    noise = rng.normal(0, 4, (height, width, 3))
    return np.clip(np.stack(waves, -1) * 100 + 128 + noise, 0, 255).astype(np.uint8)
