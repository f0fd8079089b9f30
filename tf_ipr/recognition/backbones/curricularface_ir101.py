"""IR-101, the recogniser of CurricularFace (Huang et al., CVPR 2020).

    faces [B, 112, 112, 3] ─ conv 3×3 64, PReLU ─ 49 units: 3 of 64, 13 of 128, 30 of 256, 3 of 512
        channels, the first of each stage with stride 2 ─ batch norm, linear ─ embedding [B, 512]

    unit:  x ─ batch norm ─ conv 3×3 ─ PReLU ─ conv 3×3 (stride) ─ batch norm ─ + ─▶
           └──────── every stride-th pixel, or conv 1×1 and batch norm ─────────┘

Layout of the keys: HuangYG123/CurricularFace, `backbone/model_irse.py` (IR_101).
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.recognition.backbones import layers
from tf_ipr.recognition.conversion.pytorch_checkpoint import PyTorchTensors

SIZE = 112
EMBEDDING_SIZE = 512

# (channels, units) of the stages.
_STAGES = ((64, 3), (128, 13), (256, 30), (512, 3))


def from_pytorch(tensors: PyTorchTensors) -> tf.keras.Model:
    """The network: RGB in -1..1, [B, 112, 112, 3] → [B, 512]."""
    faces = tf.keras.Input([SIZE, SIZE, 3])
    x = _conv_norm(tensors, faces, "input_layer.0", "input_layer.1", 3, 64)
    x = layers.prelu(x, tensors.take("input_layer.2.weight", [64]))
    index = 0
    for channels, units in _STAGES:
        for unit in range(units):
            x = _unit(tensors, x, f"body.{index}", channels, stride=2 if unit == 0 else 1)
            index += 1
    return tf.keras.Model(faces, _output(tensors, x))


def _unit(tensors, x, name, channels, stride):
    inputs = x.shape[-1]
    if inputs == channels:
        shortcut = x[:, ::stride, ::stride] if stride > 1 else x
    else:
        shortcut = _conv_norm(tensors, x, f"{name}.shortcut_layer.0", f"{name}.shortcut_layer.1",
                              1, channels, stride)
    # This norm stands before zero padding, so the convolution cannot take it up.
    x = layers.affine(x, *tensors.norm(f"{name}.res_layer.0", inputs))
    x = layers.conv(x, tensors.conv(f"{name}.res_layer.1", 3, inputs, channels))
    x = layers.prelu(x, tensors.take(f"{name}.res_layer.2.weight", [channels]))
    return shortcut + _conv_norm(tensors, x, f"{name}.res_layer.3", f"{name}.res_layer.4", 3,
                                 channels, stride)


def _conv_norm(tensors, x, conv, norm, size, channels, stride=1):
    kernel = tensors.conv(conv, size, x.shape[-1], channels)
    return layers.conv(x, *layers.fold(kernel, *tensors.norm(norm, channels)), stride)


def _output(tensors, x):
    """Norm, linear and norm as one linear layer."""
    rows, columns, channels = x.shape[1:]
    scale, shift = tensors.norm("output_layer.0", channels)
    # PyTorch flattens channels first.
    weight = tensors.take("output_layer.3.weight", [EMBEDDING_SIZE, channels * rows * columns])
    weight = weight.reshape(EMBEDDING_SIZE, channels, rows, columns).transpose(2, 3, 1, 0)
    bias = tensors.take("output_layer.3.bias", [EMBEDDING_SIZE])
    bias = bias + (weight * shift[:, None]).sum(axis=(0, 1, 2))
    kernel = (weight * scale[:, None]).reshape(-1, EMBEDDING_SIZE)
    last = tensors.norm("output_layer.4", EMBEDDING_SIZE, learned=False)
    return layers.dense(tf.keras.layers.Flatten()(x), *layers.fold(kernel, *last, bias))
