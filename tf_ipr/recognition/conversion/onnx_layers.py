"""ONNX's layers with weights or windows in TensorFlow: convolutions, pools, norms, products.

Every operator takes an `Operation` (`onnx_translation.py`) and returns a `Value`. Pictures are computed
channels last, which is all that TensorFlow has on a CPU.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.conversion.onnx_values import Operation, Untranslatable, Value


def conv(op: Operation) -> Value:
    """Conv, with any number of groups."""
    kernel = op.constant(1)
    if kernel.ndim != 4:
        raise Untranslatable(f"a Conv with a kernel of shape {kernel.shape}; pictures have four")
    bias = op.constant(2) if op.has(2) else None
    x = op.picture(0)
    strides, dilations = op.get("strides", [1, 1]), op.get("dilations", [1, 1])
    groups = op.get("group", 1)
    window = [(size - 1) * rate + 1 for size, rate in zip(kernel.shape[2:], dilations)]
    x = _padded(x, _pads(op, x, window, strides), 0.0)
    kernel = kernel.transpose(2, 3, 1, 0)                                    # [h, w, I / groups, O]
    channels = x.shape[3]
    if groups == channels and kernel.shape[2] == 1 and strides[0] == strides[1] and (
            strides == [1, 1] or dilations == [1, 1]):
        size, outputs = kernel.shape[:2], kernel.shape[3]
        y = tf.nn.depthwise_conv2d(x, kernel.reshape(*size, channels, outputs // channels),
                                   [1, *strides, 1], "VALID", dilations=dilations)
    else:
        # TensorFlow has no gradient of grouped convolutions on a CPU.
        y = tf.concat([tf.nn.conv2d(part, weights, strides, "VALID", dilations=dilations)
                       for part, weights in zip(tf.split(x, groups, axis=3),
                                                np.split(kernel, groups, axis=3))], axis=3)
    return Value(y if bias is None else y + bias, channels_last=True)


def batch_normalization(op: Operation) -> Value:
    """BatchNormalization in inference, as scale and shift."""
    if op.get("training_mode", 0):
        raise Untranslatable("a BatchNormalization in training mode")
    scale, shift = norm_to_affine(op)
    x = op.value(0)
    if len(x.tensor.shape) == 4:
        return Value(op.picture(0) * scale + shift, channels_last=True)
    if len(x.tensor.shape) == 2:
        return Value(op.plain(0) * scale + shift)
    raise Untranslatable(f"a BatchNormalization of {len(x.tensor.shape)} dimensions")


def norm_to_affine(op: Operation):
    """float32 (scale, shift) of a BatchNormalization, each [C]."""
    gamma, beta, mean, variance = (np.float64(op.constant(index)) for index in range(1, 5))
    scale = gamma / np.sqrt(variance + op.get("epsilon", 1e-5))
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)


def max_pool(op: Operation) -> Value:
    """MaxPool over rows and columns."""
    if op.get("dilations", [1, 1]) != [1, 1]:
        raise Untranslatable("a MaxPool with dilations")
    x, window, strides, pads = _pool(op)
    lowest = float(np.finfo(np.float32).min)
    return Value(tf.nn.max_pool2d(_padded(x, pads, lowest), window, strides, "VALID"),
                 channels_last=True)


def average_pool(op: Operation) -> Value:
    """AveragePool over rows and columns; padding counts or not, as the node says."""
    if op.get("dilations", [1, 1]) != [1, 1]:
        raise Untranslatable("an AveragePool with dilations")
    x, window, strides, pads = _pool(op)

    def pool(values):
        return tf.nn.avg_pool2d(_padded(values, pads, 0.0), window, strides, "VALID")

    y = pool(x)
    if np.any(pads) and not op.get("count_include_pad", 0):
        y = y / pool(tf.ones([1, *x.shape[1:3], 1]))
    return Value(y, channels_last=True)


def global_average_pool(op: Operation) -> Value:
    """GlobalAveragePool."""
    return Value(tf.reduce_mean(op.picture(0), axis=[1, 2], keepdims=True), channels_last=True)


def global_max_pool(op: Operation) -> Value:
    """GlobalMaxPool."""
    return Value(tf.reduce_max(op.picture(0), axis=[1, 2], keepdims=True), channels_last=True)


def gemm(op: Operation) -> Value:
    """Gemm whose first factor is the activations, one row for each face."""
    if op.get("transA", 0):
        raise Untranslatable("a Gemm of transposed activations")
    matrix = op.constant(1).T if op.get("transB", 0) else op.constant(1)
    y = tf.matmul(op.plain(0), np.ascontiguousarray(matrix) * np.float32(op.get("alpha", 1.0)))
    if op.has(2):
        y = y + op.constant(2) * np.float32(op.get("beta", 1.0))
    return Value(y)


def mat_mul(op: Operation) -> Value:
    """MatMul."""
    return Value(tf.matmul(op.plain(0), op.plain(1)))


def _pool(op: Operation):
    if op.get("ceil_mode", 0):
        raise Untranslatable(f"a {op.kind} with ceil_mode")
    x, window = op.picture(0), op.get("kernel_shape", None)
    if len(window) != 2:
        raise Untranslatable(f"a {op.kind} over {len(window)} dimensions")
    strides = op.get("strides", [1, 1])
    return x, window, strides, _pads(op, x, window, strides)


def _pads(op: Operation, x, window, strides):
    """[[before, after]] of rows and columns."""
    mode = op.get("auto_pad", "NOTSET")
    if mode == "VALID":
        return [[0, 0], [0, 0]]
    if mode == "NOTSET":
        pads = op.get("pads", [0, 0, 0, 0])
        return [[pads[0], pads[2]], [pads[1], pads[3]]]
    found = []
    for length, size, stride in zip(x.shape[1:3], window, strides):
        missing = max((-(-length // stride) - 1) * stride + size - length, 0)
        half = missing // 2
        found.append([half, missing - half] if mode == "SAME_UPPER" else [missing - half, half])
    return found


def _padded(x, pads, value: float):
    return tf.pad(x, [[0, 0], *pads, [0, 0]], constant_values=value) if np.any(pads) else x


OPERATORS = {
    "AveragePool": average_pool, "BatchNormalization": batch_normalization, "Conv": conv, "Gemm": gemm,
    "GlobalAveragePool": global_average_pool, "GlobalMaxPool": global_max_pool, "MatMul": mat_mul,
    "MaxPool": max_pool,
}
