"""The identity loss is 1 - cosine, differentiable in the reconstruction, and in nothing else."""

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.losses.identity import Guards, identity_loss
from tf_ipr.recognition.description import Description
from tf_ipr.recognition.recognizer import Recognizer


def _tiny_recognizer(seed, size=32, depth=16):
    """A recogniser with random weights, as a graph of constants."""
    rng = np.random.default_rng(seed)
    kernel = tf.constant(rng.normal(0, 0.3, (5, 5, 3, 8)), tf.float32)
    matrix = tf.constant(rng.normal(0, 0.3, (8, depth)), tf.float32)

    def network(crops):
        x = tf.nn.elu(tf.nn.conv2d(crops, kernel, 2, "SAME"))
        return tf.reduce_mean(x, axis=[1, 2]) @ matrix

    facts = Description(name=f"tiny{seed}", architecture="test", size=size,
                        value_range=[[-1.0, 1.0]] * 3, embedding_size=depth,
                        template=(alignment.ARCFACE_TEMPLATE * size / 112).tolist())
    return Recognizer(network, facts, f"fingerprint{seed}")


@pytest.fixture(scope="module")
def faces():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (3, 60, 64, 3)).astype(np.float32)
    landmarks = alignment.ARCFACE_TEMPLATE * 0.5 + rng.normal(0, 1, (3, 5, 2))
    return images, landmarks.astype(np.float32), images + rng.normal(0, 40, images.shape).astype(
        np.float32)


def test_same_image_costs_nothing(faces):
    images, landmarks, _ = faces
    loss = identity_loss([_tiny_recognizer(1)], images, images, landmarks)
    np.testing.assert_allclose(loss, np.zeros(3), atol=1e-6)


def test_loss_is_one_minus_cosine_averaged_over_recognisers(faces):
    images, landmarks, changed = faces
    recognizers = [_tiny_recognizer(1), _tiny_recognizer(2)]
    expected = np.mean([
        1 - np.sum(r.embed_images(images, landmarks) * r.embed_images(changed, landmarks), -1)
        for r in recognizers], axis=0)
    loss = identity_loss(recognizers, images, changed, landmarks)
    assert loss.shape == (3,) and np.all(loss.numpy() > 0)
    np.testing.assert_allclose(loss, expected, atol=1e-5)


def test_embeddings_computed_before_give_the_same_loss(faces):
    images, landmarks, changed = faces
    recognizers = [_tiny_recognizer(1), _tiny_recognizer(2)]
    before = [r.embed_images(images, landmarks) for r in recognizers]
    np.testing.assert_allclose(
        identity_loss(recognizers, None, changed, landmarks, before),
        identity_loss(recognizers, images, changed, landmarks), atol=1e-5)


def test_gradient_equals_finite_differences(faces):
    images, landmarks, changed = faces
    recognizer = _tiny_recognizer(1)

    def loss(x):
        return tf.reduce_sum(identity_loss([recognizer], images, x, landmarks))

    x = tf.constant(changed)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    gradient = tape.gradient(value, x).numpy()
    assert np.all(np.isfinite(gradient)) and np.any(gradient)
    direction = gradient / np.linalg.norm(gradient)
    step = 20.0
    numeric = (loss(changed + step * direction) - loss(changed - step * direction)) / (2 * step)
    np.testing.assert_allclose(np.linalg.norm(gradient), numeric, rtol=0.02)


def test_original_gets_no_gradient(faces):
    images, landmarks, changed = faces
    x = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = identity_loss([_tiny_recognizer(1)], x, changed, landmarks)
    assert tape.gradient(loss, x) is None


def test_image_without_a_face_costs_nothing_and_pulls_nowhere(faces):
    images, landmarks, changed = faces
    landmarks = landmarks.copy()
    landmarks[1] = np.nan
    x = tf.constant(changed)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = identity_loss([_tiny_recognizer(1)], images, x, landmarks)
    gradient = tape.gradient(loss, x).numpy()
    assert loss[1] == 0 and np.all(gradient[1] == 0)
    assert np.all(np.isfinite(gradient)) and np.any(gradient[0])


def test_compiled_loss_and_gradient_are_the_same(faces):
    images, landmarks, changed = faces
    recognizers = [_tiny_recognizer(1), _tiny_recognizer(2, size=24)]

    def value_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = identity_loss(recognizers, images, x, landmarks)
        return loss, tape.gradient(loss, x)

    plain = value_and_gradient(tf.constant(changed))
    compiled = tf.function(value_and_gradient, jit_compile=True)(tf.constant(changed))
    np.testing.assert_allclose(plain[0], compiled[0], atol=1e-5)
    np.testing.assert_allclose(plain[1], compiled[1], atol=1e-6)


def test_wrong_numbers_of_recognisers_are_named(faces):
    images, landmarks, changed = faces
    with pytest.raises(ValueError, match="at least one recogniser"):
        identity_loss([], images, changed, landmarks)
    with pytest.raises(ValueError, match="2 original embeddings for 1 recognisers"):
        identity_loss([_tiny_recognizer(1)], images, changed, landmarks, [None, None])


def test_feature_maps_share_the_loss_as_weighted(faces):
    images, landmarks, changed = faces
    recognizer = _deep_recognizer()
    whole = identity_loss([recognizer], images, changed, landmarks).numpy()
    maps = identity_loss([recognizer], images, changed, landmarks,
                         guards=Guards(feature_weight=1.0)).numpy()
    half = identity_loss([recognizer], images, changed, landmarks,
                         guards=Guards(feature_weight=0.5)).numpy()
    np.testing.assert_allclose(half, (whole + maps) / 2, atol=1e-5)
    a, b = (recognizer.embed_crops_in_stages(recognizer.align(x, landmarks))[1][0].numpy()
            for x in (images, changed))
    cosines = np.sum(a * b, -1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    np.testing.assert_allclose(maps, (1 - cosines).mean((1, 2)), atol=1e-4)


def test_a_random_view_of_the_same_image_costs_nothing_either(faces):
    images, landmarks, changed = faces
    views = Guards(feature_weight=0.3, view_spread=0.1)
    recognizer = _deep_recognizer()
    same = identity_loss([recognizer], images, images, landmarks, guards=views)
    np.testing.assert_allclose(same, np.zeros(3), atol=1e-5)
    tf.random.set_seed(1)
    first, second = (identity_loss([recognizer], images, changed, landmarks, guards=views)
                     for _ in range(2))
    assert np.all(first > 0) and not np.allclose(first, second)


def test_a_network_without_maps_is_named(faces):
    images, landmarks, changed = faces
    with pytest.raises(ValueError, match="tiny1 has no feature maps"):
        identity_loss([_tiny_recognizer(1)], images, changed, landmarks,
                      guards=Guards(feature_weight=0.5))


@pytest.mark.parametrize("values", [dict(feature_weight=-0.1), dict(feature_weight=1.5),
                                    dict(view_spread=-1.0), dict(view_spread=2.0)])
def test_impossible_comparisons_are_named(values):
    with pytest.raises(ValueError, match="must be in 0"):
        Guards(**values)


def _deep_recognizer():
    """As `_tiny_recognizer`, with a map of 4×4 on its way."""
    rng = np.random.default_rng(5)
    kernel = tf.constant(rng.normal(0, 0.3, (8, 8, 3, 8)), tf.float32)
    matrix = tf.constant(rng.normal(0, 0.3, (8, 16)), tf.float32)

    def network(crops):
        return tf.reduce_mean(tf.nn.elu(tf.nn.conv2d(crops, kernel, 8, "SAME")), [1, 2]) @ matrix

    shallow = _tiny_recognizer(1)
    return Recognizer(network, shallow.facts, "deep")
