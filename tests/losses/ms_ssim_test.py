"""MS-SSIM: equal to tf.image's, compiles under XLA, gradients always finite."""

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.losses.ms_ssim import POWER_FACTORS, ms_ssim, power_factors


def _pair(seed, height, width, noise, batch=2):
    """Smooth random images and noisy copies, float32 [batch, height, width, 3], 0..255."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, [batch, height // 8 + 1, width // 8 + 1, 3])
    image = np.repeat(np.repeat(coarse, 8, 1), 8, 2)[:, :height, :width]
    noisy = np.clip(image + rng.normal(0, noise, image.shape), 0, 255)
    return image.astype(np.float32), np.rint(noisy).astype(np.float32)


@pytest.mark.parametrize("height, width, noise", [
    (250, 250, 5), (250, 250, 80), (161, 193, 20), (176, 176, 9), (233, 162, 40), (300, 555, 10)])
def test_equals_tf_image(height, width, noise):
    a, b = _pair(height, height, width, noise)
    expected = tf.image.ssim_multiscale(a, b, 255.0)
    np.testing.assert_allclose(ms_ssim(a, b), expected, atol=1e-5)


def _double_precision(a, b):
    """The same measure written plainly in float64 NumPy, as the judge of rounding errors."""
    kernel = np.exp(-0.5 * np.square((np.arange(11) - 5) / 1.5))
    kernel /= kernel.sum()

    def blur(x):
        for axis in (1, 2):
            x = np.lib.stride_tricks.sliding_window_view(x, 11, axis) @ kernel
        return x

    def halve(x):
        x = np.pad(x, [(0, 0), (0, x.shape[1] % 2), (0, x.shape[2] % 2), (0, 0)], "symmetric")
        return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4

    a, b, result = a.astype(np.float64), b.astype(np.float64), 1.0
    for scale, factor in enumerate(POWER_FACTORS):
        mean_a, mean_b = blur(a), blur(b)
        term = (2 * blur(a * b) - 2 * mean_a * mean_b + 58.5225) / (
            blur(a**2 + b**2) - mean_a**2 - mean_b**2 + 58.5225)
        if scale == 4:
            term *= (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
        result = result * np.maximum(term.mean((1, 2)), 0) ** factor
        a, b = halve(a), halve(b)
    return result.mean(-1)


@pytest.mark.parametrize("noise", [0.3, 1, 5, 80])
def test_rounding_stays_below_a_millionth_where_tf_image_loses_digits(noise):
    """At 0.3 to 1 grey levels of noise tf.image's float32 sums are off by 1e-5 to 4e-4."""
    a, b = _pair(176, 176, 176, noise)
    np.testing.assert_allclose(ms_ssim(a, b), _double_precision(a, b), atol=1e-6)


@pytest.mark.parametrize("size, scales", [(128, 4), (160, 4), (80, 3), (40, 2), (11, 1), (20, 1)])
def test_small_images_use_the_scales_that_fit_with_rescaled_factors(size, scales):
    factors = power_factors(size, 500)
    assert len(factors) == scales
    assert sum(factors) == pytest.approx(sum(POWER_FACTORS))
    a, b = _pair(size, size, 96, 15)
    expected = tf.image.ssim_multiscale(a, b, 255.0, power_factors=power_factors(size, 96))
    np.testing.assert_allclose(ms_ssim(a, b), expected, atol=1e-5)


def test_equal_images_score_one_and_opposite_ones_zero():
    image, _ = _pair(1, 176, 176, 0)
    np.testing.assert_allclose(ms_ssim(image, image), 1.0, atol=1e-6)
    opposite = ms_ssim(image, 255.0 - image)
    np.testing.assert_array_equal(opposite, tf.image.ssim_multiscale(image, 255.0 - image, 255.0))
    np.testing.assert_array_equal(opposite, 0.0)


def test_xla_gives_the_same_value_and_gradient():
    a, b = _pair(2, 128, 128, 25)

    def value_and_gradient(a, b):
        with tf.GradientTape() as tape:
            tape.watch(b)
            value = ms_ssim(a, b)
        return value, tape.gradient(value, b)

    plain = value_and_gradient(tf.constant(a), tf.constant(b))
    compiled = tf.function(value_and_gradient, jit_compile=True)(tf.constant(a), tf.constant(b))
    np.testing.assert_allclose(plain[0], compiled[0], atol=1e-6)
    np.testing.assert_allclose(plain[1], compiled[1], atol=1e-7)


def test_batch_size_may_be_unknown():
    a, b = _pair(3, 64, 48, 10, batch=3)
    spec = tf.TensorSpec([None, 64, 48, 3], tf.float32)
    np.testing.assert_allclose(
        tf.function(ms_ssim, input_signature=[spec, spec])(a, b), ms_ssim(a, b), atol=1e-6)


def _gradient(a, b):
    b = tf.convert_to_tensor(b, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(b)
        value = tf.reduce_sum(ms_ssim(tf.convert_to_tensor(a, tf.float32), b))
    return tape.gradient(value, b).numpy()


def test_gradient_is_that_of_tf_image():
    a, b = _pair(4, 176, 176, 15)
    b_tensor = tf.constant(b)
    with tf.GradientTape() as tape:
        tape.watch(b_tensor)
        value = tf.reduce_sum(tf.image.ssim_multiscale(a, b_tensor, 255.0))
    expected = tape.gradient(value, b_tensor).numpy()
    np.testing.assert_allclose(_gradient(a, b), expected, atol=2e-3 * np.abs(expected).max())


def test_gradients_are_finite_for_equal_flat_and_opposite_images():
    image, _ = _pair(5, 176, 176, 0)
    black, white = np.zeros_like(image), np.full_like(image, 255)
    for a, b in [(image, image), (black, black), (white, white), (black, white), (black, image),
                 (image, white), (image, 255 - image)]:
        assert np.isfinite(_gradient(a, b)).all()


def test_gradient_leads_out_of_negative_contrast():
    image, _ = _pair(6, 64, 64, 0, batch=1)
    current = tf.Variable(255.0 - image)
    assert ms_ssim(image, current).numpy()[0] == 0.0
    for _ in range(60):
        gradient = _gradient(image, current)
        current.assign(tf.clip_by_value(
            current + 20.0 * gradient / np.abs(gradient).max(), 0.0, 255.0))
    assert ms_ssim(image, current).numpy()[0] > 0.25


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match="at least 11x11 pixels, given 10x64"):
        ms_ssim(tf.zeros([1, 10, 64, 3]), tf.zeros([1, 10, 64, 3]))
    with pytest.raises(ValueError, match="one static image size"):
        ms_ssim(tf.zeros([1, 32, 64, 3]), tf.zeros([1, 64, 64, 3]))
    unknown = tf.TensorSpec([1, None, None, 3])
    with pytest.raises(ValueError, match="ensure_shape"):
        tf.function(ms_ssim).get_concrete_function(unknown, unknown)
