"""A model goes on from a smaller one as if nothing had been added."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.models import model_folder
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze
from tf_ipr.training.warm_start import warm_start

SMALL = ModelConfig(width=8, latent_channels=8, side_channels=4, hyper_width=4,
                    analysis_blocks=(1, 0), synthesis_blocks=(1, 2))
IMAGE = tf.random.uniform([2, 48, 64, 3], 0, 255, seed=3)
QUALITY = tf.constant([20.0, 80.0])


def _saved(config: ModelConfig, folder):
    """A model of random weights, also where blocks start as zeros."""
    model = TrainingModel(config)
    for number, variable in enumerate(model.network.trainable_variables):
        variable.assign_add(tf.random.normal(variable.shape, 0, 0.02, seed=number))
    model_folder.save(freeze(model), folder, {}, model.entropy_model.side_prior.trainable_variables)
    return model


def _decoded(model: TrainingModel) -> np.ndarray:
    network = model.network
    gained = network.gained(network.analyse(IMAGE), QUALITY)
    return network.synthesise(tf.round(gained), QUALITY, 48, 64).numpy()


@pytest.mark.parametrize("change", [
    dict(), dict(synthesis_blocks=(3, 4)), dict(analysis_blocks=(2, 2)), dict(gate_width=4),
    dict(analysis_blocks=(1, 1), synthesis_blocks=(2, 2), gate_width=4)])
def test_more_blocks_and_a_gate_start_as_the_identity(tmp_path, change):
    small = _saved(SMALL, tmp_path)
    large = TrainingModel(dataclasses.replace(SMALL, **change))
    warm_start(large, tmp_path)
    np.testing.assert_allclose(_decoded(large), _decoded(small), atol=1e-3)


@pytest.mark.parametrize("change, words", [
    (dict(synthesis_blocks=(0, 2)), "synthesis_blocks: .1, 2. there, .0, 2. here"),
    (dict(width=16), "width: 8 there, 16 here"),
    (dict(analysis_blocks=(2, 2), latent_channels=16), "latent_channels: 8 there, 16 here")])
def test_what_would_lose_weights_or_change_their_shapes_is_refused(tmp_path, change, words):
    _saved(SMALL, tmp_path)
    with pytest.raises(CheckpointError, match=words):
        warm_start(TrainingModel(dataclasses.replace(SMALL, **change)), tmp_path)


@pytest.mark.parametrize("lost, named", [("hyper_mean/03", "hyper_mean/03"),
                                         ("synthesis/02", "synthesis/02"),
                                         ("synthesis/08", "synthesis/12")])
def test_a_damaged_folder_is_not_filled_up(tmp_path, lost, named):
    _saved(SMALL, tmp_path)
    arrays = model_folder.read_arrays(tmp_path / "weights.npz")
    del arrays[lost]
    np.savez(tmp_path / "weights.npz", **arrays)
    larger = dataclasses.replace(SMALL, synthesis_blocks=(2, 3), gate_width=4)
    with pytest.raises(CheckpointError, match=f"{named} is missing"):
        warm_start(TrainingModel(larger), tmp_path)
