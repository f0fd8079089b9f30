"""The `hyperprior` transforms: the scale hyperprior of the paper, on tfc's SignalConv2D and GDN.

Ballé, Minnen, Singh, Hwang, Johnston, "Variational image compression with a scale hyperprior"
(ICLR 2018), figure 4, with N = 128 and M = 192.  There is no mean: μ = 0.

    x ─ 5×5/2 GDN ─ 5×5/2 GDN ─ 5×5/2 GDN ─ 5×5/2 ─ y        |y| ─ 3×3 ─ 5×5/2 ─ 5×5/2 ─ z
    ŷ ─ 5×5·2 IGDN ─ 5×5·2 IGDN ─ 5×5·2 IGDN ─ 5×5·2 ─ x̂
"""

from __future__ import annotations

import tensorflow as tf
import tensorflow_compression as tfc

from tf_ipr.format.model_config import ModelConfig


def _convolution(filters, size, stride, activation=None, up=False):
    # "variable" kernels: tfc's Fourier kernels cost up to half of a training step and gain nothing.
    return tfc.SignalConv2D(
        filters, (size, size), corr=not up, strides_up=stride if up else 1,
        strides_down=1 if up else stride, padding="same_zeros", use_bias=True,
        activation=activation, kernel_parameter="variable")


def analysis(config: ModelConfig) -> tf.keras.Model:
    """g_a: float32 [B,H,W,3] in 0..255, H and W multiples of 16 -> y [B,H/16,W/16,M]."""
    return tf.keras.Sequential([
        tf.keras.layers.Rescaling(1 / 255.0, -0.5),
        *[_convolution(config.width, 5, 2, tfc.GDN()) for _ in range(3)],
        _convolution(config.latent_channels, 5, 2),
    ], name="analysis")


def synthesis(config: ModelConfig) -> tf.keras.Model:
    """g_s: ŷ [B,h,w,M] -> x̂ float32 [B,16h,16w,3], about 0..255, not clipped."""
    return tf.keras.Sequential([
        *[_convolution(config.width, 5, 2, tfc.GDN(inverse=True), up=True) for _ in range(3)],
        _convolution(3, 5, 2, up=True),
        tf.keras.layers.Rescaling(255.0, 127.5),
    ], name="synthesis")


def hyper_analysis(config: ModelConfig) -> tf.keras.Model:
    """h_a: gained y [B,h,w,M], h and w multiples of 4 -> z [B,h/4,w/4,C]."""
    return tf.keras.Sequential([
        tf.keras.layers.Lambda(tf.abs),
        _convolution(config.hyper_width, 3, 1, tf.nn.relu),
        _convolution(config.hyper_width, 5, 2, tf.nn.relu),
        _convolution(config.side_channels, 5, 2),
    ], name="hyper_analysis")


def hyper_mean(config: ModelConfig) -> None:
    """The scale hyperprior has no mean."""
    del config
