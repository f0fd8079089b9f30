"""The `mobile` transforms: plain Keras layers that leave the high resolutions at once.

    x [B,H,W,3] ─ space-to-depth 8 ─ 1×1 ─ residual blocks at 1/8 ─ 3×3/2 ─ residual at 1/16 ─ y
    y_hat ─ 1×1 ─ residual at 1/16 ─ depth-to-space 2 ─ residual at 1/8 ─ 3×3 ─ depth-to-space 8 ─ x̂

Memory traffic at high resolution is what a small device pays for, not arithmetic (DCVC-RT, CVPR
2025).  Everything exports to TFLite as it is.
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.models.config import ModelConfig

_SLOPE = 0.1  # of the leaky rectifiers


def _convolution(x, filters: int, size: int, stride: int = 1):
    return tf.keras.layers.Conv2D(filters, size, stride, padding="same")(x)


def _activate(x):
    return tf.nn.leaky_relu(x, _SLOPE)


def _residual(x, count: int):
    for _ in range(count):
        branch = _activate(_convolution(x, x.shape[-1], 3))
        x = x + _convolution(branch, x.shape[-1], 3)
    return x


def analysis(config: ModelConfig) -> tf.keras.Model:
    """g_a: float32 [B,H,W,3] in 0..255, H and W multiples of 16 -> y [B,H/16,W/16,M]."""
    image = tf.keras.Input([None, None, 3])
    x = tf.nn.space_to_depth(image / 255.0 - 0.5, 8)
    x = _residual(_convolution(x, config.width, 1), config.analysis_blocks[0])
    x = _activate(_convolution(_activate(x), 2 * config.width, 3, 2))
    x = _residual(x, config.analysis_blocks[1])
    return tf.keras.Model(image, _convolution(x, config.latent_channels, 1), name="analysis")


def synthesis(config: ModelConfig) -> tf.keras.Model:
    """g_s: ŷ [B,h,w,M] -> x̂ float32 [B,16h,16w,3], about 0..255, not clipped."""
    latent = tf.keras.Input([None, None, config.latent_channels])
    x = _residual(_convolution(latent, 2 * config.width, 1), config.synthesis_blocks[0])
    x = tf.nn.depth_to_space(_convolution(x, 4 * config.width, 1), 2)
    x = _residual(_activate(x), config.synthesis_blocks[1])
    x = tf.nn.depth_to_space(_convolution(x, 192, 3), 8)
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
