"""Alignment agrees with OpenCV, is differentiable, and compiles."""

import cv2
import numpy as np
import pytest
import skimage.data
import skimage.transform
import tensorflow as tf

from tf_ipr.faces import alignment

# Five points of the astronaut's face, as MTCNN finds them.
ASTRONAUT_LANDMARKS = np.array(
    [[203.5, 100.1], [245.4, 102.2], [224.2, 126.4], [201.8, 138.6], [244.4, 140.4]], np.float32)


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut().astype(np.float32)


def _random_faces(count, seed=0):
    """Landmarks of turned, scaled and shifted faces, some of them beyond the border."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-0.8, 0.8, count)
    scale = rng.uniform(0.5, 2.5, count)
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], -1),
                     np.stack([np.sin(angle), np.cos(angle)], -1)], 1) * scale[:, None, None]
    points = alignment.ARCFACE_TEMPLATE[None] @ np.swapaxes(turn, 1, 2)
    points += rng.uniform(-20, 350, (count, 1, 2)) + rng.normal(0, 2, points.shape)
    return points.astype(np.float32)


def test_similarity_equals_umeyamas_solution():
    landmarks = _random_faces(20)
    ours = alignment.similarity(landmarks, alignment.ARCFACE_TEMPLATE).numpy()
    for matrix, points in zip(ours, landmarks):
        theirs = skimage.transform.SimilarityTransform.from_estimate(
            points, alignment.ARCFACE_TEMPLATE)
        np.testing.assert_allclose(matrix, theirs.params[:2], rtol=1e-3, atol=1e-3)


def test_similarity_never_mirrors():
    mirrored = alignment.ARCFACE_TEMPLATE * [-1.0, 1.0]
    matrix = alignment.similarity(mirrored[None], alignment.ARCFACE_TEMPLATE)[0].numpy()
    assert np.linalg.det(matrix[:, :2]) > 0


def test_inverse_undoes_the_similarity():
    matrix = alignment.similarity(_random_faces(8), alignment.ARCFACE_TEMPLATE)
    there = tf.concat([matrix, tf.tile([[[0.0, 0.0, 1.0]]], [8, 1, 1])], axis=1)
    np.testing.assert_allclose((alignment.invert(matrix) @ there).numpy(),
                               np.tile(np.eye(2, 3), (8, 1, 1)), atol=2e-3)


def test_crop_equals_opencvs_within_a_grey_level(astronaut):
    landmarks = np.concatenate([ASTRONAUT_LANDMARKS[None], _random_faces(6)])
    crops = alignment.align(np.repeat(astronaut[None], 7, 0), landmarks).numpy()
    matrices = alignment.similarity(landmarks, alignment.ARCFACE_TEMPLATE).numpy()
    for crop, matrix in zip(crops, matrices):
        back = cv2.invertAffineTransform(matrix.astype(np.float64))
        x, y = np.meshgrid(np.arange(112), np.arange(112))
        points = np.stack([x, y, np.ones_like(x)], -1) @ back.T
        exact = cv2.remap(astronaut, points.astype(np.float32), None, cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        # OpenCV rounds positions to 1/32 of a pixel, worth some levels on a hard edge.
        warped = cv2.warpAffine(astronaut, matrix, (112, 112), borderValue=0)
        assert np.mean(np.abs(crop - warped)) < 1.0
        assert np.mean(np.abs(crop - exact)) < 1.0


def test_crop_equals_scikit_images_within_a_grey_level(astronaut):
    crop = alignment.align(astronaut[None], ASTRONAUT_LANDMARKS[None])[0].numpy()
    transform = skimage.transform.SimilarityTransform.from_estimate(
        ASTRONAUT_LANDMARKS, alignment.ARCFACE_TEMPLATE)
    theirs = skimage.transform.warp(astronaut / 255, transform.inverse, output_shape=(112, 112),
                                    order=1) * 255
    assert np.max(np.abs(crop - theirs)) < 1.0


def test_outside_the_image_lies_black():
    white = np.full([1, 64, 64, 3], 255.0, np.float32)
    far = alignment.ARCFACE_TEMPLATE[None] + 1000.0
    assert np.all(alignment.align(white, far).numpy() == 0.0)
    half = alignment.ARCFACE_TEMPLATE[None] - 0.5       # the crop begins half a pixel outside
    np.testing.assert_allclose(alignment.align(white, half)[0, 1, 0].numpy(), 127.5, atol=0.1)


def test_gradient_equals_finite_differences():
    rng = np.random.default_rng(1)
    image = rng.uniform(0, 255, (2, 40, 44, 3)).astype(np.float32)
    landmarks = alignment.ARCFACE_TEMPLATE[None] * 0.35 + rng.normal(0, 1, (2, 5, 2))
    weights = rng.normal(size=(2, 56, 56, 3)).astype(np.float32)

    def value(pixels):
        crop = alignment.align(pixels, landmarks, 56, alignment.ARCFACE_TEMPLATE / 2, through=80)
        return tf.reduce_sum(crop * weights)

    pixels = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        total = value(pixels)
    gradient = tape.gradient(total, pixels).numpy()
    for _ in range(20):
        where = tuple(rng.integers(0, n) for n in image.shape)
        step = np.zeros_like(image)
        step[where] = 10.0                               # the crop is linear in the image
        numeric = (value(image + step) - value(image - step)).numpy() / 20.0
        np.testing.assert_allclose(gradient[where], numeric, atol=2e-2)


@pytest.mark.parametrize("through", [None, 224])
def test_compiled_crop_and_gradient_are_the_same(astronaut, through):
    landmarks = tf.constant(np.concatenate([ASTRONAUT_LANDMARKS[None], _random_faces(1)]))
    images = tf.constant(np.repeat(astronaut[None], 2, 0))

    def crop_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            crop = alignment.align(x, landmarks, through=through)
            energy = tf.reduce_sum(tf.square(crop)) / 1e4
        return crop, tape.gradient(energy, x)

    plain = crop_and_gradient(images)
    compiled = tf.function(crop_and_gradient, jit_compile=True)(images)
    for a, b in zip(plain, compiled):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=0.05)


def test_shrink_equals_tensorflows_antialiased_resize(astronaut):
    theirs = tf.image.resize(astronaut[None], [112, 112], antialias=True)
    np.testing.assert_allclose(alignment.shrink(astronaut[None], 112), theirs, atol=0.01)


def test_large_faces_are_shrunk_without_aliasing():
    """A fine pattern at 1024×1024 averages out on the way 1024 → 448 → 112."""
    y, x = np.mgrid[:1024, :1024]
    stripes = np.repeat((255.0 * ((x + y) % 2))[None, ..., None], 3, -1).astype(np.float32)
    landmarks = alignment.scale_points(alignment.template_for(448), 1024 / 448)[None]
    smooth = alignment.align(stripes, landmarks, through=448)[0, 8:-8, 8:-8].numpy()
    naive = alignment.align(stripes, landmarks)[0, 8:-8, 8:-8].numpy()
    assert np.std(smooth) < 0.25 * np.std(naive)


def test_templates_of_aligned_sizes():
    np.testing.assert_array_equal(alignment.template_for(112), alignment.ARCFACE_TEMPLATE)
    np.testing.assert_allclose(alignment.template_for(128) - alignment.ARCFACE_TEMPLATE, 8.0)
    np.testing.assert_allclose(alignment.template_for(448)[2], [225.6, 288.4], atol=0.1)
    with pytest.raises(ValueError, match="no pre-aligned size 100.*112, 128, 448"):
        alignment.template_for(100)
