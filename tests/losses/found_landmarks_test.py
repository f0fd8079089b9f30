"""What ONet reads here is what MTCNN reads, and it moves as a face moves."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_recognizer
from tf_ipr.losses import found_landmarks, identity
from tf_ipr.recognition import known_face
from tf_ipr.recognition.recognizer import Recognizer

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("mtcnn"),
                                reason="needs the package mtcnn")


@pytest.fixture(scope="module", name="finder")
def fixture_finder():
    return found_landmarks.LandmarkFinder()


@pytest.fixture(scope="module", name="face")
def fixture_face():
    """(float32 [1,H,W,3], landmarks [1,5,2])."""
    from tf_ipr.recognition.detection import FaceDetector

    image = known_face.image()
    return tf.constant(image[None], tf.float32), tf.constant(FaceDetector().landmarks([image]))


def test_a_square_gives_what_the_package_gives_for_it(finder, face):
    from mtcnn.stages import StageONet

    image, landmarks = face
    tf.random.set_seed(1)
    corner, side = (part.numpy() for part in found_landmarks._draw_square(landmarks))
    box = np.concatenate([[[0]], corner, corner + side, [[1]]], axis=1)
    row, = StageONet()(images_normalized=(image - 127.5) / 128.0, bboxes_batch=box, threshold_onet=0)
    height, width = image.shape[1:3]
    square = np.concatenate([corner[:, ::-1] / [height, width],
                             (corner + side)[:, ::-1] / [height, width]], axis=1)
    found = corner + finder._read(image, tf.constant(square, tf.float32))[0].numpy() * (side + 1) - 1
    np.testing.assert_allclose(found, np.stack([row[6:11], row[11:16]], axis=1), atol=0.01)


def test_an_equal_picture_moves_nothing_and_a_moved_one_moves_all(finder, face):
    image, landmarks = face
    np.testing.assert_allclose(finder.shift(image, image, landmarks), 0, atol=1e-3)
    shifts = [finder.shift(image, tf.roll(image, [2, 3], axis=[1, 2]), landmarks).numpy()
              for _ in range(8)]
    np.testing.assert_allclose(np.mean(shifts, axis=(0, 1, 2)), [3, 2], atol=0.7)


def test_the_identity_loss_feels_a_shift_and_tells_the_pixels(finder, face, tmp_path_factory):
    image, landmarks = face
    recognizer = Recognizer.load(tiny_recognizer.write(tmp_path_factory))
    blurred = tf.Variable(tf.nn.avg_pool2d(image, 5, 1, "SAME"))
    with tf.GradientTape() as tape:
        shift = finder.shift(image, blurred, landmarks)
        loss = identity.identity_loss([recognizer], image, tf.stop_gradient(blurred), landmarks,
                                      shift=shift)
    still = identity.identity_loss([recognizer], image, blurred, landmarks)
    assert loss.numpy() != still.numpy()
    # All of the gradient comes by way of where the landmarks are found.
    assert np.abs(tape.gradient(loss, blurred)).max() > 0
