"""MobileFaceNet (Chen et al., CCBR 2018), in two published flavours.

    faces [B, 112, 112, 3] ─ conv 3×3/2 ─ depthwise 3×3 ─ 15 inverted residuals ─ conv 1×1
        ─ depthwise 7×7 (one weight for every position) ─ linear ─ embedding [B, 128]

The flavours share this skeleton and differ in details:

    PyTorch (foamliu/MobileFaceNet)             MXNet (InsightFace, MobileFaceNet-y1)
    ReLU6, but ReLU around the depthwise 3×3    PReLU throughout
    a 1×1 convolution after the depthwise 3×3   none
    input standardised by mean and deviation    input (x - 127.5) / 128, inside the graph
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.recognition.backbones import layers
from tf_ipr.recognition.conversion import mxnet_params, pytorch_checkpoint

SIZE = 112
EMBEDDING_SIZE = 128

# (expansion, channels, repeats, stride of the first) of the inverted residuals.
_BLOCKS = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


class _PyTorchUnits:
    """Convolutions with their norms and activations, by PyTorch's keys."""

    has_pointwise = True

    def __init__(self, tensors: pytorch_checkpoint.PyTorchTensors):
        self._tensors = tensors

    def __call__(self, x, place, size, outputs, stride=1, depthwise=False):
        conv, norm, activation = {
            "stem": ("conv1.0", "conv1.1", "relu6"),
            "stem_depthwise": ("dw_conv.depthwise", "dw_conv.bn1", "relu"),
            "stem_pointwise": ("dw_conv.pointwise", "dw_conv.bn2", "relu"),
            "head": ("conv2.0", "conv2.1", "relu6"),
        }.get(place) or self._names_in_block(*place)
        inputs = x.shape[-1]
        kernel = (self._tensors.depthwise(conv, size, inputs) if depthwise
                  else self._tensors.conv(conv, size, inputs, outputs))
        x = _convolve(x, kernel, self._tensors.norm(norm, outputs), stride, depthwise)
        if activation == "relu6":
            return tf.nn.relu6(x)
        return tf.nn.relu(x) if activation == "relu" else x

    @staticmethod
    def _names_in_block(index, part):
        prefix = f"features.{index}.conv"
        return {"expand": (f"{prefix}.0.0", f"{prefix}.0.1", "relu6"),
                "depthwise": (f"{prefix}.1.0", f"{prefix}.1.1", "relu6"),
                "project": (f"{prefix}.2", f"{prefix}.3", None)}[part]

    def output(self, channels):
        """Kernels of the global depthwise convolution and of the linear layer, norms folded."""
        spatial = self._tensors.depthwise("gdconv.depthwise", 7, channels)[..., 0]
        scale, shift = self._tensors.norm("gdconv.bn", channels)
        linear = self._tensors.conv("conv3", 1, channels, EMBEDDING_SIZE)[0, 0]
        bias = self._tensors.take("conv3.bias", [EMBEDDING_SIZE])
        linear, bias = layers.fold(linear, *self._tensors.norm("bn", EMBEDDING_SIZE), bias)
        return spatial * scale, linear, shift @ linear + bias


class _MXNetUnits:
    """Convolutions with their norms and activations, by the symbol graph's names."""

    has_pointwise = False

    def __init__(self, tensors: mxnet_params.MXNetTensors):
        self._tensors = tensors
        self._blocks = []
        for stage, (_, _, repeats, stride) in enumerate(_BLOCKS):
            group = {0: 3, 1: 4, 2: 4, 3: 5, 4: 5}[stage]
            for index in range(repeats):
                if stride == 2 and index == 0:
                    self._blocks.append(f"dconv_{group - 1}{group}")
                else:
                    self._blocks.append(f"res_{group}_block{index - (stride == 2)}")

    def __call__(self, x, place, size, outputs, stride=1, depthwise=False):
        name = {"stem": "conv_1", "stem_depthwise": "conv_2_dw", "head": "conv_6sep"}.get(place)
        if name is None:
            index, part = place
            suffix = {"expand": "sep", "depthwise": "dw", "project": "proj"}[part]
            name = f"{self._blocks[index]}_conv_{suffix}"
        inputs = x.shape[-1]
        kernel = (self._tensors.depthwise(f"{name}_conv2d", size, inputs) if depthwise
                  else self._tensors.conv(f"{name}_conv2d", size, inputs, outputs))
        x = _convolve(x, kernel, self._tensors.norm(f"{name}_batchnorm", outputs), stride,
                      depthwise)
        if place[-1] == "project":
            return x
        self._tensors.attributes(f"{name}_relu", "LeakyReLU")
        return layers.prelu(x, self._tensors.take(f"{name}_relu_gamma", [outputs]))

    def output(self, channels):
        """As `_PyTorchUnits.output`."""
        spatial = self._tensors.depthwise("conv_6dw7_7_conv2d", 7, channels)[..., 0]
        scale, shift = self._tensors.norm("conv_6dw7_7_batchnorm", channels)
        linear = self._tensors.take("fc1_weight", [EMBEDDING_SIZE, channels]).T
        bias = self._tensors.take("pre_fc1_bias", [EMBEDDING_SIZE])
        linear, bias = layers.fold(linear, *self._tensors.norm("fc1", EMBEDDING_SIZE), bias)
        return spatial * scale, linear, shift @ linear + bias


def _convolve(x, kernel, norm, stride, depthwise):
    scale, shift = norm
    if depthwise:
        return layers.depthwise(x, kernel * scale[:, None], shift, stride)
    return layers.conv(x, *layers.fold(kernel, scale, shift), stride)


def _network(units) -> tf.keras.Model:
    faces = x = tf.keras.Input([SIZE, SIZE, 3])
    x = units(x, "stem", 3, 64, stride=2)
    x = units(x, "stem_depthwise", 3, 64, depthwise=True)
    if units.has_pointwise:
        x = units(x, "stem_pointwise", 1, 64)
    index = 0
    for expansion, channels, repeats, first_stride in _BLOCKS:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            shortcut, width = x, x.shape[-1] * expansion
            x = units(x, (index, "expand"), 1, width)
            x = units(x, (index, "depthwise"), 3, width, stride, depthwise=True)
            x = units(x, (index, "project"), 1, channels)
            if stride == 1 and shortcut.shape[-1] == channels:
                x = x + shortcut
            index += 1
    x = units(x, "head", 1, 512)
    spatial, linear, bias = units.output(512)
    x = tf.reduce_sum(x * spatial, axis=[1, 2])
    return tf.keras.Model(faces, layers.dense(x, linear, bias))


def from_pytorch(tensors: pytorch_checkpoint.PyTorchTensors) -> tf.keras.Model:
    """The network of foamliu/MobileFaceNet: standardised RGB [B, 112, 112, 3] → [B, 128]."""
    return _network(_PyTorchUnits(tensors))


def from_mxnet(tensors: mxnet_params.MXNetTensors) -> tf.keras.Model:
    """The network of MobileFaceNet-y1, without its input scaling: (RGB - 127.5) / 128 → [B, 128].

    The scaling is in the graph as two operators, which are checked here and declared with the
    other facts about the input instead.
    """
    for name, op, value in (("_minusscalar0", "_minus_scalar", 127.5),
                            ("_mulscalar0", "_mul_scalar", 0.0078125)):
        tensors.expect_scalar(name, op, value)
    return _network(_MXNetUnits(tensors))
