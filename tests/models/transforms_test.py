"""Transforms, gains and padding."""

import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.format.model_config import ARCHITECTURES, PRESETS, ConfigError, ModelConfig
from tf_ipr.models import block_transform, mobile
from tf_ipr.models.gains import QualityGain
from tf_ipr.models.network import CodecNetwork, pad_to_multiple
from tf_ipr.models.training_model import TrainingModel

TINY = ModelConfig(width=24, latent_channels=32, side_channels=8, hyper_width=16)
TINY_HYPERPRIOR = ModelConfig("hyperprior", width=8, latent_channels=12, side_channels=8,
                              hyper_width=8)


@pytest.mark.parametrize("width", [1, 24, 192])
def test_block_kernels_are_orthonormal(width):
    kernel = block_transform.block_kernel(width)
    assert np.allclose(kernel.T @ kernel, np.eye(width), atol=1e-5)
    merge = block_transform.merge_kernel(width, 2 * width)
    assert np.allclose(merge.T @ merge, np.eye(2 * width), atol=1e-5)


def test_block_kernel_knows_the_order_of_space_to_depth():
    # A flat image is one DC coefficient per block: 8 * sqrt(3) times its grey level.
    flat = tf.nn.space_to_depth(tf.fill([1, 8, 8, 3], 0.5), 8)
    y = tf.linalg.matmul(flat, block_transform.block_kernel(192)).numpy().reshape(-1)
    assert np.isclose(y[0], 0.5 * 8 * np.sqrt(3))
    assert np.allclose(y[1:], 0, atol=1e-5)


def test_an_untrained_mobile_codec_is_a_transform_codec():
    config = ModelConfig(width=192, latent_channels=384)
    ramp = np.linspace(40, 200, 64, dtype=np.float32)
    image = np.broadcast_to(ramp[None, :, None, None], [1, 64, 64, 3])
    image = tf.constant(image + ramp[::-1][None, None, :, None] / 4)
    decoded = mobile.synthesis(config)(mobile.analysis(config)(image))
    assert tf.reduce_max(tf.abs(decoded - image)) < 3.0


@pytest.mark.parametrize("config", [TINY, TINY_HYPERPRIOR], ids=["mobile", "hyperprior"])
@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 80), (250, 33)])
def test_any_size_from_16_pixels_comes_back_in_its_size(config, size):
    model = TrainingModel(config)
    image = tf.random.uniform([2, *size, 3], 0, 255, seed=1)
    forward = model(image, tf.constant([1.0, 77.0]))
    assert forward.reconstruction.shape == [2, *size, 3]
    assert forward.rate_bpp.shape == [2]
    assert np.all(forward.rate_bpp > forward.side_bpp)


def test_the_paper_sizes_of_the_hyperprior():
    config = PRESETS["hyperprior"]
    assert (config.width, config.latent_channels) == (128, 192)
    network = CodecNetwork(config)
    y = network.analyse(tf.zeros([1, 64, 64, 3]))
    assert y.shape == [1, 4, 4, 192]
    assert network.side(y).shape == [1, 1, 1, 128]
    assert np.all(network.mean(network.side(y), y) == 0)  # scale only


def test_padding_mirrors_to_multiples_of_16_and_leaves_multiples_alone():
    image = tf.random.uniform([1, 17, 32, 3])
    padded = pad_to_multiple(image, 16, "SYMMETRIC")
    assert padded.shape == [1, 32, 32, 3]
    assert np.array_equal(padded[:, :17], image)
    assert np.array_equal(padded[:, 17], image[:, 16])


def test_gains_are_met_at_the_levels_and_geometric_between_them():
    gain = QualityGain(2, 4, 1.0, 8.0)
    levels = gain(tf.constant([1.0, 34.0, 67.0, 100.0])).numpy()[:, 0, 0, 0]
    assert np.allclose(levels, [1, 2, 4, 8], rtol=1e-5)
    between = gain(tf.constant([17.5])).numpy()[0, 0, 0, 0]
    assert np.isclose(between, np.sqrt(2), rtol=1e-5)


def test_a_single_rate_has_one_gain_for_every_quality():
    gain = QualityGain(1, 1, 1.0, 9.0)(tf.constant([1.0, 50.0, 100.0])).numpy().reshape(-1)
    # Beyond the one level the hat function would vanish: quality must not matter.
    assert np.allclose(gain, 3.0)


def test_the_gradient_reaches_every_weight():
    model = TrainingModel(TINY)
    for variable in model.trainable_variables:  # residual branches start at zero
        variable.assign_add(tf.random.normal(variable.shape, 0, 0.01, seed=2))
    image = tf.random.uniform([1, 64, 64, 3], 0, 255, seed=1)
    with tf.GradientTape() as tape:
        forward = model(image, tf.constant([50.0]))
        loss = tf.reduce_mean((forward.reconstruction - image) ** 2) + forward.rate_bpp[0]
    gradients = tape.gradient(loss, model.trainable_variables)
    dead = [v.name for v, g in zip(model.trainable_variables, gradients)
            if g is None or not np.any(g)]
    assert not dead
    assert all(np.all(np.isfinite(g)) for g in gradients)


@pytest.mark.parametrize("values, text", [
    (dict(architecture="vit"), "mobile, hyperprior"),
    (dict(architecture=["mobile"]), "mobile, hyperprior"),
    (dict(width=0), "width is 0; with the architecture mobile it must be an integer in 1..192"),
    (dict(width=193), "width is 193; with the architecture mobile it must be an integer in 1..192"),
    (dict(architecture="hyperprior", width=1025), "1..1024"),
    (dict(latent_channels=0), "1..1024"),
    (dict(analysis_blocks=(1,)), "two integers"),
    (dict(analysis_blocks=3), "analysis_blocks is 3; it must be two integers"),
    (dict(synthesis_blocks=None), "two integers"),
])
def test_impossible_configurations_are_named(values, text):
    with pytest.raises(ConfigError, match=text):
        ModelConfig(**values)


def test_an_architecture_is_a_line_of_the_registry(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "third", ARCHITECTURES["mobile"])
    monkeypatch.setitem(sys.modules, "tf_ipr.models.third", mobile)
    network = CodecNetwork(ModelConfig("third", width=24, latent_channels=32, side_channels=8,
                                       hyper_width=16))
    assert ([v.shape for v in network.variables]
            == [v.shape for v in CodecNetwork(TINY).variables])


def test_a_configuration_survives_json_and_unknown_keys_do_not():
    assert ModelConfig.from_dict(TINY.to_dict()) == TINY
    with pytest.raises(ConfigError, match="depth"):
        ModelConfig.from_dict(dict(depth=3))
