"""Multi-scale structural similarity as a loss: static shapes, finite gradients, XLA.

Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multiscale structural similarity for image quality
assessment", Asilomar 2003, equations 6 and 7:

    MS-SSIM(x, y) = l_M(x, y)^w_M  ·  Π_j cs_j(x, y)^w_j,      j = 1 .. M scales
    l  = (2 μx μy + C1) / (μx² + μy² + C1)
    cs = (2 σxy + C2) / (σx² + σy² + C2)

with μ, σ under an 11×11 Gaussian of sigma 1.5 ("valid" positions), each scale half the one before
(2×2 mean; an odd last row or column stands for itself). The value equals
`tf.image.ssim_multiscale` within 1e-5 (MATLAB's convention: biased covariance), computed per
colour channel, clipped at 0, averaged over channels; and a float64 computation within 1e-6, also
where tf.image's float32 sums lose digits (nearly equal, saturated images: up to 4e-4).

tf.image pads dynamically and does not compile under XLA; here filter and 2×2 mean are banded
matrices known at trace time, so that everything is a matrix product. (XLA on a CPU runs depthwise
convolutions forty times slower.)

Products must run in full float32: variances are differences of large numbers. On GPUs with TF32,
call `tf.config.experimental.enable_tensor_float_32_execution(False)` first.
"""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf

POWER_FACTORS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
FILTER_SIZE = 11
FILTER_SIGMA = 1.5
_C1 = (0.01 * 255.0) ** 2
_C2 = (0.03 * 255.0) ** 2

# Below this a term's logarithm is continued by its tangent, in the gradient only: x^w has infinite
# slope at 0, and a negative contrast term must still be told which way is up.
_GRADIENT_FLOOR = 0.05

# Rows of a banded matrix multiplied at once. Larger images are cut, so that the cost stays linear.
_BLOCK = 64


def power_factors(height: int, width: int) -> tuple[float, ...]:
    """Weights of the scales that fit an image, fine to coarse, each scale at least 11 pixels.

    Five scales need 161 pixels on the shorter side. Smaller images (training crops) use the first
    scales that fit, with factors scaled to the sum of all five, so that values stay comparable.

    Args:
      height, width: image size in pixels.

    Returns:
      One to five factors, in sum that of `POWER_FACTORS` (1.0001, as published).

    Raises:
      ValueError: a side is shorter than 11 pixels.
    """
    side = min(height, width)
    if side < FILTER_SIZE:
        raise ValueError(
            f"MS-SSIM needs images of at least {FILTER_SIZE}x{FILTER_SIZE} pixels, given "
            f"{height}x{width}. Enlarge or pad them.")
    fitting = 1
    while fitting < len(POWER_FACTORS) and -(-side // 2**fitting) >= FILTER_SIZE:
        fitting += 1
    scale = sum(POWER_FACTORS) / sum(POWER_FACTORS[:fitting])
    return tuple(scale * factor for factor in POWER_FACTORS[:fitting])


def ms_ssim(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Multi-scale structural similarity of image pairs; differentiable in both.

    The gradient is exact wherever every factor (contrast terms, and luminance times contrast at the
    last scale, averaged over the image) is at least 0.05. Below, it is that of the factor's tangent
    in the logarithm: finite, and pointing towards more similarity.

    Args:
      a, b: float32 [B, H, W, C], 0..255; H and W static, at least 11, B may be unknown.

    Returns:
      float32 [B], 0..1, 1 for equal images.

    Raises:
      ValueError: shapes differ, are not static, or are too small.
    """
    a, b = tf.convert_to_tensor(a), tf.convert_to_tensor(b)
    if a.shape.rank != 4 or None in a.shape[1:] or a.shape[1:] != b.shape[1:]:
        raise ValueError(
            "MS-SSIM needs two batches [B, H, W, C] of one static image size, given "
            f"{a.shape} and {b.shape}. Set the shape, e.g. with tf.ensure_shape.")
    a, b = tf.transpose(a, [0, 3, 1, 2]), tf.transpose(b, [0, 3, 1, 2])
    factors = power_factors(*a.shape[2:])
    terms = []
    for scale in range(len(factors)):
        if scale:
            a, b = _halve(a), _halve(b)
        luminance, contrast = _ssim_terms(a, b)
        last = scale == len(factors) - 1
        terms.append(tf.reduce_mean(luminance * contrast if last else contrast, [2, 3]))
    return tf.reduce_mean(_weighted_product(tf.stack(terms, -1), factors), -1)


def _ssim_terms(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Luminance and contrast-structure maps [B, C, H-10, W-10] of images [B, C, H, W]."""
    kernels = [_gaussian_matrix(size) for size in a.shape[2:]]
    moments = tf.concat([a, b, tf.square(a) + tf.square(b), a * b], 1)
    mean_a, mean_b, mean_squares, mean_product = tf.split(_separable(moments, *kernels), 4, 1)
    product_of_means = 2.0 * mean_a * mean_b
    squares_of_means = tf.square(mean_a) + tf.square(mean_b)
    luminance = (product_of_means + _C1) / (squares_of_means + _C1)
    contrast = (2.0 * mean_product - product_of_means + _C2) / (
        mean_squares - squares_of_means + _C2)
    return luminance, contrast


def _weighted_product(terms: tf.Tensor, factors: tuple[float, ...]) -> tf.Tensor:
    """Π max(term, 0)^factor over the last axis, with a gradient that is finite everywhere."""
    exact = tf.reduce_prod(tf.pow(tf.nn.relu(terms), factors), -1)
    tangent = np.log(_GRADIENT_FLOOR) + (terms - _GRADIENT_FLOOR) / _GRADIENT_FLOOR
    logarithm = tf.where(
        terms < _GRADIENT_FLOOR, tangent, tf.math.log(tf.maximum(terms, _GRADIENT_FLOOR)))
    smooth = tf.exp(tf.reduce_sum(factors * logarithm, -1))
    return smooth + tf.stop_gradient(exact - smooth)


def _halve(images: tf.Tensor) -> tf.Tensor:
    """Means of 2×2 pixels, [B, C, H, W] to [B, C, ⌈H/2⌉, ⌈W/2⌉]."""
    return _separable(images, *[_halving_matrix(size) for size in images.shape[2:]])


def _separable(images: tf.Tensor, rows: np.ndarray, columns: np.ndarray) -> tf.Tensor:
    """rows · image · columnsᵀ for every image of [B, C, H, W]."""
    images = tf.concat(
        [tf.matmul(part, images[:, :, begin:end]) for part, begin, end in _blocks(rows)], 2)
    return tf.concat(
        [tf.matmul(images[..., begin:end], part.T) for part, begin, end in _blocks(columns)], 3)


def _blocks(matrix: np.ndarray) -> list[tuple[np.ndarray, int, int]]:
    """Cuts a banded matrix into row blocks: (the part that is not zero, first column, end)."""
    count = -(-matrix.shape[0] // _BLOCK)
    blocks = []
    for part in np.array_split(matrix, count):
        used = np.flatnonzero(part.any(0))
        begin, end = int(used[0]), int(used[-1]) + 1
        blocks.append((part[:, begin:end], begin, end))
    return blocks


@functools.lru_cache(maxsize=64)
def _gaussian_matrix(size: int) -> np.ndarray:
    """float32 [size-10, size]: the Gaussian filter at each position where it fits."""
    offsets = np.arange(FILTER_SIZE) - (FILTER_SIZE - 1) / 2
    kernel = np.exp(-0.5 * np.square(offsets / FILTER_SIGMA))
    matrix = np.zeros([size - FILTER_SIZE + 1, size], np.float32)
    for row in range(matrix.shape[0]):
        matrix[row, row:row + FILTER_SIZE] = kernel / kernel.sum()
    return matrix


@functools.lru_cache(maxsize=64)
def _halving_matrix(size: int) -> np.ndarray:
    """float32 [⌈size/2⌉, size]: means of neighbours; an odd last element stands for itself."""
    matrix = np.zeros([-(-size // 2), size], np.float32)
    for column in range(size):
        matrix[column // 2, column] = 0.5
    if size % 2:
        matrix[-1, -1] = 1.0
    return matrix
