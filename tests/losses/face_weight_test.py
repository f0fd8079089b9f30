"""The weight is nearly 1 on the face, falls across the crop's edge, `background` far away."""

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.losses.distortion import L2_SCALE
from tf_ipr.losses.face_weight import face_weight, weighted_bpp
from tf_ipr.losses.objective import Objective
from tf_ipr.models.training_model import Forward


@pytest.mark.parametrize("scale, x, y", [(1.0, 60, 60), (0.5, 90, 30)])
def test_nearly_one_on_the_face_and_background_far_away(scale, x, y):
    landmarks = alignment.ARCFACE_TEMPLATE * scale + [x, y]
    weight = face_weight(tf.constant(landmarks[None], tf.float32), 240, 260, 0.05)[0, :, :, 0].numpy()
    assert weight.shape == (240, 260)
    inner = weight[int(y + 25 * scale):int(y + 87 * scale), int(x + 25 * scale):int(x + 87 * scale)]
    assert inner.min() > 0.97
    rows, columns = np.mgrid[:240, :260]
    far = np.hypot(rows - y - 56 * scale, columns - x - 56 * scale) > 130 * scale
    assert far.any() and weight[far].max() < 0.07
    assert weight.min() >= 0.05


@pytest.mark.parametrize("row, column, expected", [
    (0, 0, 1.0), (0.7, 0, 0.98), (0, -1, 0.73), (1, 0, 0.73), (0, 1.1, 0.5), (-1.5, 0, 0.02),
    (1, 1, 0.29), (-1, 1, 0.29)])
def test_the_weight_falls_across_the_edge_of_the_crop(row, column, expected):
    """Positions in half crops from the crop's centre; twice the template, so half a pixel is little."""
    landmarks = tf.constant(2 * alignment.ARCFACE_TEMPLATE[None] + 60, tf.float32)
    half = (alignment.ARCFACE_SIZE - 1) / 2
    row, column = (round(60 + 2 * half * (1 + position)) for position in (row, column))
    for background in (0.0, 0.2):
        weight = face_weight(landmarks, 342, 342, background)[0, row, column, 0]
        assert float(weight) == pytest.approx(background + (1 - background) * expected, abs=0.005)


def test_no_face_weighs_every_pixel():
    weight = face_weight(tf.fill([2, 5, 2], np.nan), 20, 30, 0.1)
    np.testing.assert_array_equal(weight, np.ones([2, 20, 30, 1], np.float32))


def test_objective_counts_a_pixel_of_the_background_less():
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 255, (1, 200, 200, 3)).astype(np.float32)
    landmarks = tf.constant(alignment.ARCFACE_TEMPLATE[None] + 40, tf.float32)
    objective = Objective("ipr", background=0.1)
    loss = {}
    for name, (row, column) in dict(face=(96, 96), background=(2, 2)).items():
        changed = image.copy()
        changed[0, row, column] += 10.0
        forward = Forward(changed, tf.zeros([1]), tf.zeros([1]), tf.zeros([1, 13, 13]))
        _, distortion = objective(image, forward, tf.ones([1]), tf.zeros([1]), landmarks)
        loss[name] = float(distortion[0])
    whole = L2_SCALE * 100.0 / 200 ** 2
    assert loss["face"] == pytest.approx(whole, rel=1e-2)
    assert loss["background"] == pytest.approx(0.1 * whole, rel=1e-2)


def test_bits_of_the_background_cost_their_multiple():
    landmarks = tf.constant(alignment.ARCFACE_TEMPLATE[None] + 60, tf.float32)
    bits = np.zeros([1, 15, 15], np.float32)
    for (row, column), expected in {(7, 7): 1.0, (0, 14): 4.0}.items():
        one = bits.copy()
        one[0, row, column] = 1.0
        assert float(weighted_bpp(landmarks, one, 240, 240, 4.0)[0]) == pytest.approx(expected, 0.01)
    everywhere = tf.ones_like(bits)
    assert 225 < float(weighted_bpp(landmarks, everywhere, 240, 240, 4.0)[0]) < 4 * 225
    faceless = tf.fill([1, 5, 2], np.nan)
    assert float(weighted_bpp(faceless, everywhere, 240, 240, 4.0)[0]) == pytest.approx(225)


def test_objective_adds_them_to_the_rate():
    image = tf.zeros([1, 240, 240, 3])
    landmarks = tf.constant(alignment.ARCFACE_TEMPLATE[None] + 60, tf.float32)
    bits = np.zeros([1, 15, 15], np.float32)
    bits[0, 0, 0], bits[0, 7, 7] = 0.25, 0.5
    forward = Forward(image, tf.constant([0.85]), tf.constant([0.1]), tf.constant(bits))
    for weight, expected in ((1.0, 0.85), (3.0, 0.1 + 0.5 + 3 * 0.25)):
        loss, _ = Objective("ip", background_rate=weight)(
            image, forward, tf.ones([1]), tf.zeros([1]), landmarks)
        assert float(loss[0]) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("settings", [dict(objective="rec"), dict(objective="ip"),
                                      dict(objective="ipr", distortion="msssim")])
def test_only_ipr_with_l2_weighs_pixels(settings):
    with pytest.raises(ValueError, match="background is 0.1"):
        Objective(**settings, background=0.1)
