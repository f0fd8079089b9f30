"""A recogniser of 28×28 pixels and 8 numbers with random weights, for tests of any package."""

from __future__ import annotations

import pathlib

import numpy as np
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.recognition.conversion import freeze
from tf_ipr.recognition.description import Description


def facts(**changes) -> Description:
    """Its description."""
    return Description(**{**dict(
        name="tiny", architecture="test", size=28, value_range=[[-1.0, 1.0]] * 3,
        embedding_size=8, template=(alignment.ARCFACE_TEMPLATE / 4).tolist()), **changes})


def model(seed: int = 0, kernel: int = 5, stride: int = 3) -> tf.keras.Model:
    """One convolution; its map of (28 - kernel) / stride + 1 positions on an edge goes to 8 numbers."""
    rng = np.random.default_rng(seed)
    network = tf.keras.Sequential([
        tf.keras.layers.Conv2D(6, kernel, stride, activation="elu", input_shape=[28, 28, 3]),
        tf.keras.layers.Flatten(), tf.keras.layers.Dense(8)])
    network.set_weights([rng.normal(0, 0.2, w.shape) for w in network.get_weights()])
    return network


def write(tmp_path_factory, **options) -> pathlib.Path:
    """A folder of it; `options` are those of `model`."""
    folder = tmp_path_factory.mktemp("recognizers") / "tiny"
    freeze.freeze(model(**options), facts(), folder, trained=False)
    return folder
