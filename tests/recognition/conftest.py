"""What tests of recognition share: a tiny recogniser and a real face."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.recognition import alignment, known_face
from tf_ipr.recognition.conversion import freeze
from tf_ipr.recognition.description import Description


def tiny_facts(**changes) -> Description:
    """Of a 28×28 recogniser with 8 numbers."""
    return Description(**{**dict(
        name="tiny", architecture="test", size=28, value_range=[[-1.0, 1.0]] * 3,
        embedding_size=8, template=(alignment.ARCFACE_TEMPLATE / 4).tolist()), **changes})


def tiny_model(seed=0) -> tf.keras.Model:
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.layers.Conv2D(6, 5, 3, activation="elu", input_shape=[28, 28, 3]),
        tf.keras.layers.Flatten(), tf.keras.layers.Dense(8)])
    model.set_weights([rng.normal(0, 0.2, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="session")
def _frozen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recognizers") / "tiny"
    freeze.freeze(tiny_model(), tiny_facts(), folder, trained=False)
    return folder


@pytest.fixture
def recognizer_folder(_frozen, tmp_path):
    """A frozen recogniser with random weights, to be spoilt at will."""
    return shutil.copytree(_frozen, tmp_path / "tiny")


@pytest.fixture(scope="session")
def face():
    """The packaged photograph, uint8 (168, 168, 3), with one face."""
    return known_face.image()
