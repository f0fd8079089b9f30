"""PSNR, MS-SSIM and rate agree with TensorFlow, scikit-image and arithmetic by hand."""

import math

import numpy as np
import pytest
import skimage.metrics
import tensorflow as tf

from tf_ipr.evaluation import metrics


def _pair(height=200, width=187, noise=9.0):
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, [height // 10 + 1, width // 10 + 1, 3])
    image = np.kron(coarse, np.ones([10, 10, 1]))[:height, :width]
    decoded = np.clip(image + rng.normal(0, noise, image.shape), 0, 255)
    return image.astype(np.uint8), decoded.astype(np.uint8)


def test_psnr_by_hand():
    black = np.zeros([2, 2, 3], np.uint8)
    other = black.copy()
    other[0, 0, 0] = 255  # One of twelve values is off by the full range.
    assert metrics.psnr_db(black, other) == pytest.approx(10 * math.log10(12))
    # Differences must not wrap around in uint8.
    assert metrics.psnr_db(black, black + 255) == metrics.psnr_db(black + 255, black) == 0.0


def test_psnr_equals_tensorflow_and_scikit_image():
    a, b = _pair()
    assert metrics.psnr_db(a, b) == pytest.approx(float(tf.image.psnr(a, b, 255)), abs=1e-4)
    assert metrics.psnr_db(a, b) == pytest.approx(
        skimage.metrics.peak_signal_noise_ratio(a, b), abs=1e-9)


def test_identical_images_have_infinite_psnr_and_ms_ssim_one():
    a, _ = _pair()
    assert metrics.psnr_db(a, a) == math.inf
    assert metrics.ms_ssim(a, a) == pytest.approx(1.0, abs=1e-6)


def test_ms_ssim_equals_tensorflow():
    a, b = _pair()
    assert metrics.ms_ssim(a, b) == pytest.approx(
        float(tf.image.ssim_multiscale(a, b, 255)), abs=1e-5)


def test_bits_per_pixel_counts_all_bytes_over_real_pixels():
    assert metrics.bits_per_pixel(1000, np.zeros([250, 200, 3], np.uint8)) == 0.16


@pytest.mark.parametrize("function", [metrics.psnr_db, metrics.ms_ssim])
def test_bad_images_are_named(function):
    a, b = _pair()
    with pytest.raises(ValueError, match="must have one size, given"):
        function(a, b[:-1])
    with pytest.raises(ValueError, match="decoded image must be uint8 .* given float32"):
        function(a, b.astype(np.float32))
    with pytest.raises(ValueError, match="original image must be uint8"):
        function(a[..., 0], b[..., 0])
