"""The gate: the identity at first, learnable, part of the model on disk, and the encoder's alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.format.model_config import ConfigError, ModelConfig
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.models import model_folder
from tf_ipr.models.latent_gate import latent_gate
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze
from tf_ipr.training.warm_start import warm_start

PLAIN = ModelConfig(width=24, latent_channels=32, side_channels=8, hyper_width=16)
GATED = dataclasses.replace(PLAIN, gate_width=8)


def _image():
    return tf.constant(np.random.default_rng(4).uniform(0, 255, [1, 40, 56, 3]), tf.float32)


def _coded(network):
    return network.gained(network.analyse(_image()), tf.constant([50.0])).numpy()


def _save(model, folder):
    prior = model.entropy_model.side_prior.trainable_variables
    model_folder.save(freeze(model), folder, {}, prior)
    return folder


def test_a_new_gate_lets_everything_through():
    gate = latent_gate(6, 4)
    assert np.all(gate(tf.random.normal([2, 5, 3, 6])) == 1.0)


def test_a_gate_reaches_three_positions_far():
    gate = latent_gate(2, 4)
    for variable in gate.trainable_variables:
        variable.assign(tf.random.normal(variable.shape, 0, 0.5, seed=1))
    before, after = np.zeros([1, 9, 9, 2], np.float32), np.zeros([1, 9, 9, 2], np.float32)
    after[0, 4, 4] = 3.0
    changed = np.any(gate(before).numpy() != gate(after).numpy(), axis=-1)[0]
    assert changed[1:8, 1:8].all() and not changed[0].any() and not changed[:, 8].any()


def test_a_trained_model_goes_on_with_a_gate_and_codes_as_before(tmp_path):
    plain, gated = TrainingModel(PLAIN), TrainingModel(GATED)
    warm_start(gated, _save(plain, tmp_path))
    np.testing.assert_array_equal(_coded(gated.network), _coded(plain.network))


def test_a_gated_model_survives_the_disk(tmp_path):
    model = TrainingModel(GATED)
    for variable in model.network.gate.trainable_variables:
        variable.assign_add(tf.random.normal(variable.shape, 0, 0.3, seed=2))
    loaded, config = model_folder.load(_save(model, tmp_path))
    assert config["model"]["gate_width"] == 8
    np.testing.assert_array_equal(_coded(loaded.network), _coded(model.network))
    assert np.any(_coded(loaded.network) != _coded(TrainingModel(PLAIN).network))


def test_a_gate_is_not_dropped_silently(tmp_path):
    with pytest.raises(CheckpointError, match="gate_width: 0 there|gate_width: 8 there"):
        warm_start(TrainingModel(PLAIN), _save(TrainingModel(GATED), tmp_path))


def test_an_impossible_width_is_named():
    with pytest.raises(ConfigError, match="gate_width is -1"):
        ModelConfig(gate_width=-1)
