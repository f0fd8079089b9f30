"""The integer hyper-synthesis with constant integers: what encoders and decoders run.

It runs in float32: as every partial sum stays below 2^24 (`check_bound` proves it for the actual
weights), float32 is exact in any order of summation.  A 3×3 layer is shifted copies and one matrix
product, never a convolution op, since Winograd and FFT convolutions compute with fractions.
`integer_network.py` trains it and gives the arithmetic; `docs/bitstream.md` specifies it.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

NUM_SCALES = 64
FIRST_CODED = 8  # Symbols of smaller scales are 0 and not coded: cheaper than their bits.
MAX_SIDE_SYMBOL = 127  # |z| beyond this would not be exact in reduced-precision products
MAX_WEIGHT = 127
MAX_ACTIVATION = 255
_EXACT = 2 ** 24


class ExactnessError(ValueError):
    """Integer weights whose sums could leave the range in which float32 is exact."""


def neighbourhoods(x):
    """[B,h,w,C] -> [B,h,w,9C]: the nine zero-padded shifts, dy outer, dx inner, -1 to 1."""
    padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    # TFLite copies rows for a slice, and single numbers for padded[:, dy:dy + height, dx:dx + width].
    return tf.concat([tf.slice(padded, [0, dy, dx, 0], tf.shape(x))
                      for dy in range(3) for dx in range(3)], axis=-1)


def scaled_product(x, kernel, bias, shift: int):
    """(Σ kernel·neighbourhood + bias) / 2^shift, float32 [B,h,w,C_in] -> [B,h,w,C_out]."""
    shape = tf.shape(x)
    acc = tf.linalg.matmul(tf.reshape(neighbourhoods(x), [-1, kernel.shape[0]]), kernel) + bias
    return tf.reshape(acc * 2.0 ** -shift, [shape[0], shape[1], shape[2], kernel.shape[1]])


@dataclasses.dataclass(frozen=True)
class FrozenLayer:
    """One 3×3 integer layer.

    Attributes:
      kernel: int16 [9*C_in, C_out], within ±127.
      bias: int32 [C_out], in accumulator steps.
      shift: the accumulator is divided by 2^shift, rounding half up.
      upsample: whether depth-to-space by 2 follows.
    """

    kernel: np.ndarray
    bias: np.ndarray
    shift: int
    upsample: bool

    def scaled(self, x):
        """floor(acc / 2^shift + 1/2), float32 [B,h,w,C_in] -> [B,h,w,C_out], before clipping."""
        # As int8 the weights take a quarter of the space in exported graphs.
        kernel = tf.cast(tf.constant(self.kernel, tf.int8), tf.float32)
        return tf.floor(scaled_product(x, kernel, tf.constant(self.bias, tf.float32), self.shift)
                        + 0.5)


class FrozenHyperSynthesis:
    """ẑ (integers in -127..127) -> table index (integers in 0..63), four times finer."""

    def __init__(self, layers):
        """`layers`: sequence of `FrozenLayer`; raises `ExactnessError` beyond the bound."""
        self.layers = tuple(layers)
        check_bound(self.layers)

    def __call__(self, z_hat):
        """float32 integers [B,h,w,C] -> float32 integers [B,4h,4w,M] in 0..63."""
        x = z_hat
        for layer in self.layers[:-1]:
            x = tf.clip_by_value(layer.scaled(x), 0.0, float(MAX_ACTIVATION))
            x = tf.nn.depth_to_space(x, 2) if layer.upsample else x
        index = self.layers[-1].scaled(x) + NUM_SCALES // 2
        return tf.clip_by_value(index, 0.0, NUM_SCALES - 1.0)

    def to_arrays(self) -> dict:
        """Arrays for `entropy.npz`: kernel_i int16, bias_i int32, shift_i, up_i, i = 0, 1, ..."""
        arrays = {}
        for i, layer in enumerate(self.layers):
            arrays[f"kernel_{i}"] = layer.kernel
            arrays[f"bias_{i}"] = layer.bias
            arrays[f"shift_{i}"] = np.int32(layer.shift)
            arrays[f"up_{i}"] = np.int32(layer.upsample)
        return arrays

    @classmethod
    def from_arrays(cls, arrays) -> FrozenHyperSynthesis:
        """The inverse of `to_arrays`; raises `ExactnessError`, or KeyError on foreign arrays."""
        count = sum(1 for key in arrays if key.startswith("kernel_"))
        return cls([FrozenLayer(np.asarray(arrays[f"kernel_{i}"], np.int16),
                                np.asarray(arrays[f"bias_{i}"], np.int32),
                                int(arrays[f"shift_{i}"]), bool(arrays[f"up_{i}"]))
                    for i in range(count)])


def check_bound(layers) -> int:
    """Proves that no sum of `layers` (FrozenLayer) can leave float32's exact integers.

    For every output channel: Σ|kernel|·max|input| + |bias| + 2^(shift-1) < 2^24, the last term for
    the rounding offset.

    Returns:
      The largest such sum.

    Raises:
      ExactnessError: naming the layer and the sum.
    """
    largest = 0
    for i, layer in enumerate(layers):
        kernel = np.abs(layer.kernel.astype(np.int64))
        if kernel.max() > MAX_WEIGHT:
            raise ExactnessError(f"Integer layer {i} has the weight {kernel.max()}; the range is "
                                 f"-{MAX_WEIGHT}..{MAX_WEIGHT}. Clip the weights in training.")
        top = MAX_SIDE_SYMBOL if i == 0 else MAX_ACTIVATION
        sums = kernel.sum(0) * top + np.abs(layer.bias.astype(np.int64)) + 2 ** (layer.shift - 1)
        if sums.max() >= _EXACT:
            raise ExactnessError(
                f"Integer layer {i} can reach {sums.max()}, and float32 is exact only below "
                f"2^24 = {_EXACT}. Train with fewer hidden channels or smaller weights.")
        largest = max(largest, int(sums.max()))
    return largest
