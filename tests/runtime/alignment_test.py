"""Alignment without TensorFlow: the crop of TensorFlow, within a grey level."""

import numpy as np
import pytest

import tf_ipr
from tf_ipr.runtime.alignment import ALIGNED_SIZES, ARCFACE_TEMPLATE, similarity, template_for


def _image(height=180, width=220, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 10 + 1, width // 10 + 1, 3))
    return np.repeat(np.repeat(coarse, 10, 0), 10, 1)[:height, :width].astype(np.uint8)


def _landmarks(scale, angle, shift):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ARCFACE_TEMPLATE @ turn.T + np.asarray(shift)


FACES = [(1.0, 0.0, (20, 10)), (0.7, 0.4, (60, 30)), (1.7, -0.3, (-40, -60)), (2.5, 0.2, (-50, -70)),
         (5.3, 0.0, (-200, -200)), (0.3, 3.0, (100, 120))]


@pytest.mark.parametrize("size", ALIGNED_SIZES)
@pytest.mark.parametrize("face", FACES)
def test_the_crop_is_that_of_tensorflow_within_a_grey_level(size, face):
    pytest.importorskip("tensorflow")
    from tf_ipr.faces import alignment

    image, landmarks = _image(), _landmarks(*face).astype(np.float32)
    matrix = alignment.similarity(landmarks[None], template_for(size))[0].numpy()
    reduction = 1 / np.hypot(matrix[0, 0], matrix[1, 0])
    through = size * int(np.ceil(reduction)) if reduction > 2 else None
    expected = alignment.align(image[None].astype(np.float32), landmarks[None], size,
                               template_for(size), through)[0].numpy()
    crop = tf_ipr.align(image, landmarks, size)
    assert crop.shape == (size, size, 3) and crop.dtype == np.uint8
    assert np.abs(crop - expected).max() <= 1


@pytest.mark.parametrize("size", ALIGNED_SIZES)
def test_a_face_on_the_template_is_left_as_it_is(size):
    image = _image(size, size)
    np.testing.assert_array_equal(tf_ipr.align(image, template_for(size), size), image)


def test_a_similarity_is_found_again():
    points = _landmarks(2.0, 0.5, (7, -3))
    a, b, shift = similarity(ARCFACE_TEMPLATE, points)
    np.testing.assert_allclose([a, b, *shift], [2 * np.cos(.5), 2 * np.sin(.5), 7, -3], atol=1e-4)


def test_beyond_the_picture_lies_black():
    crop = tf_ipr.align(np.full((50, 50, 3), 200, np.uint8), ARCFACE_TEMPLATE + 500, 112)
    assert not crop.any()


@pytest.mark.parametrize("image, landmarks, size, text", [
    (np.zeros([9, 9]), ARCFACE_TEMPLATE, 112, "uint8"),
    (_image(), ARCFACE_TEMPLATE[:4], 112, "five"),
    (_image(), np.full([5, 2], np.nan), 112, "not finite"),
    (_image(), np.ones([5, 2]), 112, "five different points"),
    (_image(), ARCFACE_TEMPLATE, 100, "112, 128, 448")])
def test_what_cannot_be_aligned_is_named(image, landmarks, size, text):
    with pytest.raises(ValueError, match=text):
        tf_ipr.align(image, landmarks, size)
