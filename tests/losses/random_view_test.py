"""Random views are similarities of the aligned crop, small, and now and then its mirror image."""

import numpy as np
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.losses.random_view import mirror_some, vary

FACES = tf.constant(np.repeat(alignment.ARCFACE_TEMPLATE[None] * 1.5 + 20, 400, 0), tf.float32)


def test_a_view_moves_landmarks_by_a_similarity():
    tf.random.set_seed(3)
    moved, _ = vary(FACES[:50], 0.1)
    for before, after in zip(FACES.numpy(), moved.numpy()):
        matrix = alignment.similarity(before[None], after[None]).numpy()[0]
        mapped = before @ matrix[:, :2].T + matrix[:, 2]
        np.testing.assert_allclose(mapped, after, atol=1e-2)


def test_views_spread_as_asked():
    tf.random.set_seed(4)
    moved, mirrored = vary(FACES, 0.05)
    edges = (moved[:, 1] - moved[:, 0]).numpy()
    angle = np.arctan2(edges[:, 1], edges[:, 0])
    size = np.log(np.linalg.norm(edges, axis=1))
    middle = tf.reduce_mean(moved, 1).numpy()
    extent = (FACES[0] - tf.reduce_mean(FACES[0], 0)).numpy().std()
    np.testing.assert_allclose(angle.std(), 0.05, rtol=0.2)
    np.testing.assert_allclose(size.std(), 0.05, rtol=0.2)
    np.testing.assert_allclose(middle.std(0), [0.05 * extent] * 2, rtol=0.2)
    assert 0.4 < mirrored.numpy().mean() < 0.6


def test_a_view_does_not_depend_on_where_the_face_is():
    moves = []
    for place in ([0.0, 0.0], [300.0, 0.0], [0.0, 300.0]):
        tf.random.set_seed(5)
        moves.append(vary(FACES + place, 0.05)[0] - (FACES + place))
    np.testing.assert_allclose(moves[1], moves[0], atol=1e-3)
    np.testing.assert_allclose(moves[2], moves[0], atol=1e-3)


def test_no_spread_changes_nothing():
    np.testing.assert_allclose(vary(FACES, 0.0)[0], FACES, atol=1e-4)


def test_only_the_mirrored_are_mirrored():
    crops = tf.reshape(tf.range(24, dtype=tf.float32), [2, 2, 2, 3])
    result = mirror_some(crops, tf.constant([True, False]))
    np.testing.assert_array_equal(result[0], crops[0, :, ::-1])
    np.testing.assert_array_equal(result[1], crops[1])
