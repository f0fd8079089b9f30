"""The detection loss is what coding does to the answers of MTCNN's networks, in squares of the face."""

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.losses.detection import DetectionLoss
from tf_ipr.recognition import known_face

pytest.importorskip("mtcnn")


@pytest.fixture(scope="module")
def loss():
    return DetectionLoss()


@pytest.fixture(scope="module")
def faces():
    """A face in the middle of a grey picture, twice, and its landmarks."""
    canvas = np.full([2, 248, 248, 3], 90, np.float32)
    canvas[:, 40:208, 40:208] = known_face.image()
    landmarks = np.stack([known_face.LANDMARKS + 40] * 2).astype(np.float32)
    return tf.constant(canvas), tf.constant(landmarks)


def _mean(loss, image, changed, landmarks, draws=6):
    """Mean over several draws of squares."""
    tf.random.set_seed(1)
    return np.mean([loss(image, changed, landmarks) for _ in range(draws)])


def test_same_image_costs_nothing(loss, faces):
    image, landmarks = faces
    found = loss(image, image, landmarks)
    assert found.shape == (2,) and found.dtype == tf.float32
    np.testing.assert_allclose(found, [0, 0], atol=1e-6)


def test_each_image_has_its_own_loss(loss, faces):
    image, landmarks = faces
    changed = tf.stack([image[0], tf.roll(image[1], 3, axis=1)])
    found = loss(image, changed, landmarks).numpy()
    assert abs(found[0]) < 1e-6 < found[1]


def test_the_further_the_face_moves_the_more_it_costs(loss, faces):
    image, landmarks = faces
    moved = [_mean(loss, image, tf.roll(image, pixels, axis=2), landmarks) for pixels in (1, 2, 4)]
    assert 0 < moved[0] < moved[1] < moved[2]


def test_a_face_that_is_gone_costs_more_than_a_moved_one(loss, faces):
    image, landmarks = faces
    gone = _mean(loss, image, tf.fill(image.shape, 90.0), landmarks)
    assert gone > _mean(loss, image, tf.roll(image, 1, axis=2), landmarks)


def test_far_from_the_face_little_matters(loss, faces):
    image, landmarks = faces
    noise = tf.random.stateless_normal(image.shape, [1, 2], stddev=20.0)
    inside = np.zeros(image.shape, np.float32)
    inside[:, 70:190, 70:180] = 1
    near, far = (_mean(loss, image, image + noise * where, landmarks)
                 for where in (inside, 1 - inside))
    assert far < near


def test_its_gradient_is_the_reconstructions_alone_and_a_step_along_it_helps(loss, faces):
    image, landmarks = faces
    changed = tf.Variable(tf.roll(image, 2, axis=2))
    source = tf.Variable(image)
    tf.random.set_seed(1)
    with tf.GradientTape() as tape:
        before = tf.reduce_mean(loss(source, changed, landmarks))
    of_source, of_changed = tape.gradient(before, [source, changed])
    assert of_source is None
    assert np.all(np.isfinite(of_changed)) and np.any(of_changed.numpy())
    step = 0.2 * of_changed / tf.reduce_max(tf.abs(of_changed))
    tf.random.set_seed(1)
    assert tf.reduce_mean(loss(image, changed - step, landmarks)) < before


def test_pictures_of_any_size_in_a_graph(loss, faces):
    image, landmarks = faces
    graph = tf.function(loss.__call__, input_signature=[
        tf.TensorSpec([None, None, None, 3]), tf.TensorSpec([None, None, None, 3]),
        tf.TensorSpec([None, 5, 2])])
    small = tf.image.resize(image, [100, 110])
    found = graph(small, small + 3.0, landmarks * [110 / 248, 100 / 248])
    assert found.shape == (2,) and np.all(np.isfinite(found))
