"""The 20-layer residual network of SphereFace and CosFace (Liu et al. 2017, Wang et al. 2018).

    faces [B, 112, 96, 3] ─ 4 stages of 64, 128, 256, 512 channels ─ linear ─ embedding [B, 512]

    stage:  conv 3×3/2, PReLU, then 1, 2, 4, 1 blocks  x + PReLU(conv(PReLU(conv(x))))

No batch norms. Layout of the keys: MuggleWang/CosFace_pytorch, `net.py` (sphere, type 20).

The published weights take crops 112 high and 96 wide. So that every recogniser takes a square, the
graph takes 112×112, of which the middle 96 columns are the original crop.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.backbones import layers
from tf_ipr.recognition.conversion.pytorch_checkpoint import PyTorchTensors

SIZE = 112
EMBEDDING_SIZE = 512

# SphereFace's template for 96×112, moved by the 8 columns of margin on the left.
TEMPLATE = np.array([[30.2946, 51.6963], [65.5318, 51.5014], [48.0252, 71.7366],
                     [33.5493, 92.3655], [62.7299, 92.2041]], np.float32) + [8.0, 0.0]

_MARGIN = 8
_STAGES = ((64, 1), (128, 2), (256, 4), (512, 1))


def from_pytorch(tensors: PyTorchTensors) -> tf.keras.Model:
    """The network: RGB in -1..1, [B, 112, 112, 3] → [B, 512]."""
    faces = tf.keras.Input([SIZE, SIZE, 3])
    x = faces[:, :, _MARGIN:-_MARGIN]
    for stage, (channels, blocks) in enumerate(_STAGES, start=1):
        x = _conv_prelu(tensors, x, f"layer{stage}.0", f"layer{stage}.1", channels, stride=2,
                        bias=tensors.take(f"layer{stage}.0.bias", [channels]))
        for block in range(2, 2 + blocks):
            name = f"layer{stage}.{block}"
            y = _conv_prelu(tensors, x, f"{name}.conv1", f"{name}.prelu1", channels)
            x = x + _conv_prelu(tensors, y, f"{name}.conv2", f"{name}.prelu2", channels)
    rows, columns, channels = x.shape[1:]
    # PyTorch flattens channels first.
    weight = tensors.take("fc.weight", [EMBEDDING_SIZE, channels * rows * columns])
    kernel = weight.reshape(EMBEDDING_SIZE, channels, rows, columns).transpose(2, 3, 1, 0)
    embedding = layers.dense(tf.keras.layers.Flatten()(x), kernel.reshape(-1, EMBEDDING_SIZE),
                             tensors.take("fc.bias", [EMBEDDING_SIZE]))
    return tf.keras.Model(faces, embedding)


def _conv_prelu(tensors, x, conv, prelu, channels, stride=1, bias=None):
    x = layers.conv(x, tensors.conv(conv, 3, x.shape[-1], channels), bias, stride)
    return layers.prelu(x, tensors.take(f"{prelu}.weight", [channels]))
