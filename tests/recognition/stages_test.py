"""The stages of any recogniser: its own output, and the last map of each resolution before it."""

import numpy as np
import tensorflow as tf

from tf_ipr.recognition import stages
from tf_ipr.recognition.recognizer import Recognizer


def _network():
    """16, then 8, then 4 positions along an edge of 32; two maps at 8."""
    faces = tf.keras.Input([32, 32, 3])
    x = tf.keras.layers.Conv2D(4, 3, 2, padding="same", activation="relu")(faces)
    x = tf.keras.layers.Conv2D(5, 3, 2, padding="same")(x)
    middle = tf.keras.layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    last = tf.keras.layers.Conv2D(7, 3, 2, padding="same", activation="relu")(middle)
    embedding = tf.keras.layers.Dense(9)(tf.keras.layers.GlobalAveragePooling2D()(last))
    return tf.keras.Model(faces, embedding), tf.keras.Model(faces, [middle, last])


def test_the_last_map_of_each_resolution_is_returned_the_finest_first():
    network, inner = _network()
    crops = tf.random.uniform([2, 32, 32, 3], seed=1)
    embedding, maps = stages.with_stages(network, 32)(crops)
    np.testing.assert_allclose(embedding, network(crops), atol=1e-6)
    assert [m.shape.as_list() for m in maps] == [[2, 8, 8, 6], [2, 4, 4, 7]]  # 16 > 32/4: too fine
    for found, expected in zip(maps, inner(crops)):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_maps_have_gradients():
    crops = tf.random.uniform([1, 32, 32, 3], seed=1)
    staged = stages.with_stages(_network()[0], 32)
    with tf.GradientTape() as tape:
        tape.watch(crops)
        loss = tf.reduce_sum(staged(crops)[1][-1])
    assert np.any(tape.gradient(loss, crops))


def test_a_recogniser_from_disk_has_stages(recognizer_folder):
    recognizer = Recognizer.load(recognizer_folder)
    crops = tf.random.uniform([3, 28, 28, 3], 0, 255, seed=2)
    embedding, maps = recognizer.embed_crops_in_stages(crops)
    np.testing.assert_allclose(embedding, recognizer.embed_crops(crops), atol=1e-6)
    assert not maps  # its one map is finer than a quarter of the crop
    assert not recognizer.has_feature_maps
