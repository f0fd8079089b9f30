"""Frozen layers: built with their weights, batch norms folded, nothing to train.

A recogniser inside a loss runs forward and backward for every image of every step, so these are
the cheapest equivalents: affine maps are folded into convolutions, and no layer computes a
gradient of weights.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def fold(kernel: np.ndarray, scale: np.ndarray, shift: np.ndarray,
         bias: np.ndarray | None = None):
    """Kernel and bias of `scale·(conv(x) + bias) + shift`; output channels are the last axis."""
    bias = np.zeros_like(shift) if bias is None else bias
    return kernel * scale, bias * scale + shift


def conv(x, kernel: np.ndarray, bias: np.ndarray | None = None, stride: int = 1,
         pad: bool = True):
    """Convolution with zero padding of (size - 1) / 2 on every side, whatever the stride.

    (TensorFlow's own "same" padding depends on the stride; PyTorch, MXNet and Caffe pad like
    this.)

    Args:
        x: [B, H, W, I].
        kernel: float32 [h, w, I, O].
        bias: float32 [O], if any.
        stride: in both directions.
        pad: False for no padding at all.
    """
    layer = tf.keras.layers.Conv2D(kernel.shape[3], kernel.shape[:2], stride,
                                   padding="same" if pad and stride == 1 else "valid",
                                   use_bias=bias is not None, trainable=False)
    return _with_weights(layer, _padded(x, kernel, stride) if pad else x, kernel, bias)


def depthwise(x, kernel: np.ndarray, bias: np.ndarray | None = None, stride: int = 1):
    """Depthwise convolution, padded as `conv`; kernel is float32 [h, w, C, 1]."""
    layer = tf.keras.layers.DepthwiseConv2D(kernel.shape[:2], stride,
                                            padding="same" if stride == 1 else "valid",
                                            use_bias=bias is not None, trainable=False)
    return _with_weights(layer, _padded(x, kernel, stride), kernel, bias)


def dense(x, kernel: np.ndarray, bias: np.ndarray):
    """Matrix product; kernel is float32 [I, O]."""
    layer = tf.keras.layers.Dense(kernel.shape[1], trainable=False)
    return _with_weights(layer, x, kernel, bias)


def affine(x, scale: np.ndarray, shift: np.ndarray):
    """A batch norm that no convolution can take up: scale·x + shift per channel."""
    return x * scale.astype(np.float32) + shift.astype(np.float32)


def prelu(x, slope: np.ndarray):
    """x where positive, slope·x where negative; slope is float32 [C]."""
    slope = slope.astype(np.float32)
    if np.all(slope <= 1.0):
        return tf.maximum(x, x * slope)          # the same, in two operations
    return tf.maximum(x, 0.0) + slope * tf.minimum(x, 0.0)


def _padded(x, kernel, stride):
    if stride == 1 or kernel.shape[:2] == (1, 1):
        return x
    return tf.keras.layers.ZeroPadding2D((kernel.shape[0] // 2, kernel.shape[1] // 2))(x)


def _with_weights(layer, x, kernel, bias):
    y = layer(x)
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return y
