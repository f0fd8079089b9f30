"""The integer hyper-synthesis: ẑ → scale index, equal to the bit on every machine.

    z_hat int [B,h,w,C] ─ 3×3 ─ d2s ─ 3×3 ─ d2s ─ 3×3 ─▶ index int 0..63 [B,4h,4w,M]

Encoder and decoder must choose the same probability table for every symbol, or the stream decodes
to garbage (Ballé, Johnston, Minnen, "Integer networks for data compression with latent-variable
models", ICLR 2019).  So weights, biases and activations are integers, and requantisation is a shift:

    acc = Σ kernel·input + bias        |kernel| <= 127, inputs 0..255 (first layer: -127..127)
    out = clip(floor(acc / 2^shift + 1/2), 0, 255)              hidden layers
    out = clip(floor(acc / 2^shift + 1/2) + 32, 0, 63)          table index

`frozen_network.py` holds the same network with constant integers, which is what coders run.
Training uses the same integers: rounding passes gradients straight through, clipping passes them
only towards the range.  What is trained is what is coded.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.models.frozen_network import (
    MAX_ACTIVATION,
    MAX_WEIGHT,
    NUM_SCALES,
    FrozenHyperSynthesis,
    FrozenLayer,
    scaled_product,
)

_WEIGHT_STEP = 2.0 ** -6
_ACTIVATION_STEP = 2.0 ** -4
_INDEX_STEP = 2.0 ** -3


def round_half_up(x):
    """floor(x + 1/2) with a straight-through gradient."""
    return x + tf.stop_gradient(tf.floor(x + 0.5) - x)


def clip_towards(x, low: float, high: float):
    """Clips to [low, high]; a gradient that would lead back into the range passes."""
    @tf.custom_gradient
    def clip(x):
        def gradient(upstream):
            leaves = ((x < low) & (upstream > 0)) | ((x > high) & (upstream < 0))
            return tf.where(leaves, 0.0, upstream)
        return tf.clip_by_value(x, float(low), float(high)), gradient
    return clip(x)


class IntegerLayer(tf.Module):
    """One 3×3 integer layer; holds real-valued variables, computes with their integers."""

    output_step = _ACTIVATION_STEP

    def __init__(self, inputs: int, outputs: int, shift: int, upsample: bool, name=None):
        super().__init__(name=name)
        limit = np.sqrt(6.0 / (9 * inputs + outputs))
        self.kernel = tf.Variable(tf.random.uniform([9 * inputs, outputs], -limit, limit),
                                  name="kernel")
        self.bias = tf.Variable(tf.zeros([outputs]), name="bias")
        self.shift = shift
        self.upsample = upsample

    def integers(self):
        """(kernel [9*C_in, C_out] in -127..127, bias [C_out]), integers held as float32."""
        kernel = clip_towards(round_half_up(self.kernel / _WEIGHT_STEP), -MAX_WEIGHT, MAX_WEIGHT)
        # The bias counts in accumulator steps, so it is as fine as the sum it joins.
        scale = 2.0 ** self.shift / self.output_step
        return kernel, round_half_up(self.bias * scale)

    def assign_integers(self, kernel, bias):
        """Sets the variables so that `integers()` returns these, float32 of their shapes."""
        self.kernel.assign(kernel * _WEIGHT_STEP)
        self.bias.assign(bias * self.output_step * 2.0 ** -self.shift)

    def __call__(self, x):
        kernel, bias = self.integers()
        out = self._finish(round_half_up(scaled_product(x, kernel, bias, self.shift)))
        return tf.nn.depth_to_space(out, 2) if self.upsample else out

    def _finish(self, out):
        return clip_towards(out, 0.0, MAX_ACTIVATION)


class IndexLayer(IntegerLayer):
    """The last layer: table indexes 0..63, starting mid-table."""

    output_step = _INDEX_STEP

    def _finish(self, out):
        return clip_towards(out + NUM_SCALES // 2, 0.0, NUM_SCALES - 1.0)


class IntegerHyperSynthesis(tf.Module):
    """ẑ (integers in -127..127) -> table index (integers in 0..63), four times finer.

    Attributes:
      layers: the integer layers in order.
    """

    def __init__(self, side_channels: int, hidden: int, latent_channels: int, name=None):
        super().__init__(name=name)
        # Shifts follow from the steps: weights 2^-6, activations 2^-4, z 1, index 1/8 (so that a
        # unit of the network moves the logarithm of the scale by about 0.7: it learns faster).
        self.layers = [
            IntegerLayer(side_channels, 4 * hidden, shift=2, upsample=True),
            IntegerLayer(hidden, 4 * hidden, shift=6, upsample=True),
            IndexLayer(hidden, latent_channels, shift=7, upsample=False),
        ]

    def __call__(self, z_hat):
        """float32 integers [B,h,w,C] -> float32 integers [B,4h,4w,M] in 0..63."""
        x = z_hat
        for layer in self.layers:
            x = layer(x)
        return x

    def freeze(self) -> FrozenHyperSynthesis:
        """The same network with its integers fixed; raises `ExactnessError` beyond the bound."""
        return FrozenHyperSynthesis([
            FrozenLayer(kernel=layer.integers()[0].numpy().astype(np.int16),
                        bias=layer.integers()[1].numpy().astype(np.int32),
                        shift=layer.shift, upsample=layer.upsample) for layer in self.layers])
