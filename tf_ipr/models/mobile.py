"""The `mobile` transforms: plain Keras layers that leave the high resolutions at once.

    x [B,H,W,3] ─ s2d 8 ─ 1×1 ─ residual blocks at 1/8 ─ s2d 2 ─ 1×1 ─ residual at 1/16 ─ 1×1 ─ y
    y_hat ─ 1×1 ─ residual at 1/16 ─ 1×1 ─ d2s 2 ─ residual blocks at 1/8 ─ 3×3 ─ d2s 8 ─ x̂

    residual block:  x + 1×1(leaky(3×3(x)))                    s2d, d2s: space-to-depth and back

Memory traffic at high resolution is what a small device pays for, not arithmetic (DCVC-RT, CVPR
2025).  Everything exports to TFLite as it is.  The trunk is linear and starts as a block transform,
the branches start at zero: see `block_transform.py`.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models import block_transform

_SLOPE = 0.1  # of the leaky rectifiers
_BRANCH_WIDTH = 2 / 3  # of a residual branch, relative to its trunk


def _convolution(x, filters: int, size: int, stride: int = 1, kernel=None):
    """`kernel`: start of the centre tap, [C_in, filters]; the other taps start at zero."""
    initializer = "glorot_uniform"
    if kernel is not None:
        start = np.zeros([size, size, *kernel.shape], np.float32)
        start[size // 2, size // 2] = kernel
        initializer = tf.keras.initializers.Constant(start)
    return tf.keras.layers.Conv2D(filters, size, stride, padding="same",
                                  kernel_initializer=initializer)(x)


def _activate(x):
    return tf.nn.leaky_relu(x, _SLOPE)


def _residual(x, count: int):
    width = x.shape[-1]
    branch_width = 8 * max(1, round(width * _BRANCH_WIDTH / 8))
    for _ in range(count):
        branch = _activate(_convolution(x, branch_width, 3))
        x = x + _convolution(branch, width, 1, kernel=np.zeros([branch_width, width]))
    return x


def analysis(config: ModelConfig) -> tf.keras.Model:
    """g_a: float32 [B,H,W,3] in 0..255, H and W multiples of 16 -> y [B,H/16,W/16,M]."""
    width, latent = config.width, config.latent_channels
    image = tf.keras.Input([None, None, 3])
    x = tf.nn.space_to_depth(image / 255.0 - 0.5, block_transform.BLOCK)
    x = _convolution(x, width, 1, kernel=block_transform.block_kernel(width))
    x = tf.nn.space_to_depth(_residual(x, config.analysis_blocks[0]), 2)
    x = _convolution(x, 2 * width, 1, kernel=block_transform.merge_kernel(width, 2 * width))
    x = _residual(x, config.analysis_blocks[1])
    y = _convolution(x, latent, 1, kernel=np.eye(2 * width, latent))
    return tf.keras.Model(image, y, name="analysis")


def synthesis(config: ModelConfig) -> tf.keras.Model:
    """g_s: ŷ [B,h,w,M] -> x̂ float32 [B,16h,16w,3], about 0..255, not clipped."""
    width = config.width
    latent = tf.keras.Input([None, None, config.latent_channels])
    x = _convolution(latent, 2 * width, 1, kernel=np.eye(config.latent_channels, 2 * width))
    x = _residual(x, config.synthesis_blocks[0])
    x = _convolution(x, 4 * width, 1, kernel=block_transform.merge_kernel(width, 2 * width).T)
    x = _residual(tf.nn.depth_to_space(x, 2), config.synthesis_blocks[1])
    x = _convolution(x, 3 * block_transform.BLOCK ** 2, 3,
                     kernel=block_transform.block_kernel(width).T)
    x = tf.nn.depth_to_space(x, block_transform.BLOCK)
    return tf.keras.Model(latent, (x + 0.5) * 255.0, name="synthesis")


def hyper_analysis(config: ModelConfig) -> tf.keras.Model:
    """h_a: gained y [B,h,w,M], h and w multiples of 4 -> z [B,h/4,w/4,C]."""
    latent = tf.keras.Input([None, None, config.latent_channels])
    x = _activate(_convolution(latent, config.hyper_width, 3))
    x = _activate(_convolution(x, config.hyper_width, 3, 2))
    x = _convolution(x, config.side_channels, 3, 2)
    return tf.keras.Model(latent, x, name="hyper_analysis")


def hyper_mean(config: ModelConfig) -> tf.keras.Model:
    """The float half of h_s: ẑ [B,h/4,w/4,C] -> μ [B,h,w,M], the mean of the gained y."""
    side = tf.keras.Input([None, None, config.side_channels])
    x = side
    for _ in range(2):
        x = tf.nn.depth_to_space(_activate(_convolution(x, 4 * config.hyper_width, 3)), 2)
    return tf.keras.Model(side, _convolution(x, config.latent_channels, 3), name="hyper_mean")
