"""The entropy model: rates in training, frozen integer tables for the coder.

Built on tensorflow-compression: a factorised prior for z (`NoisyDeepFactorized`) and normal
distributions of 64 scales for y, shifted by μ (`LocationScaleIndexedEntropyModel`).  Additive
uniform noise stands for rounding wherever a rate is computed (Ballé et al., ICLR 2018), so at low
rates the rate of training overstates the coded one; compare models by `coded_bits`.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
import tensorflow_compression as tfc

from tf_ipr.format.tables import ProbabilityTables
from tf_ipr.models.frozen_network import MAX_SIDE_SYMBOL, NUM_SCALES

MIN_SCALE, MAX_SCALE = 0.12, 64.0
MAX_SYMBOL = 255
_LOG_STEP = math.log(MAX_SCALE / MIN_SCALE) / (NUM_SCALES - 1)
_TAIL_SCALES, _TAIL_SYMBOLS = 14.0, 4  # reach of a table: room for what the network mispredicts
_TAIL_MASS, _SPARE = 1e-6, 4  # of z: left out at either end, and symbols kept beyond it


def scale_of(index):
    """Table index (0..63) -> standard deviation of the normal distribution, in symbols."""
    return MIN_SCALE * tf.exp(index * _LOG_STEP)


class EntropyModel(tf.Module):
    """Rates of y and z, differentiable, and the tables they freeze into."""

    def __init__(self, side_channels: int, name=None):
        super().__init__(name=name)
        self.side_prior = tfc.NoisyDeepFactorized(batch_shape=(side_channels,))
        self._side_model = tfc.ContinuousBatchedEntropyModel(
            self.side_prior, coding_rank=3, compression=False)
        self._latent_model = tfc.LocationScaleIndexedEntropyModel(
            tfc.NoisyNormal, num_scales=NUM_SCALES, scale_fn=scale_of, coding_rank=1,
            compression=False)

    def side_bits(self, z):
        """z [B,h,w,C] -> bits [B] under additive noise."""
        return self._side_model(z, training=True)[1]

    def latent_bits(self, gained, index, mean):
        """y·gain, table index and μ, all [B,h,w,M] -> bits [B,h,w] under additive noise."""
        return self._latent_model(gained, index, loc=mean, training=True)[1]

    def freeze(self) -> ProbabilityTables:
        """Tables 0..63 for the scales of y, 64.. for the channels of z; 12-bit integers."""
        latent = [_normal_pmf(float(scale_of(float(i)))) for i in range(NUM_SCALES)]
        values = tf.range(-MAX_SIDE_SYMBOL, MAX_SIDE_SYMBOL + 1, dtype=tf.float32)
        side = self.side_prior.prob(values[:, None]).numpy().T.astype(np.float64)
        pairs = latent + [_trim(pmf) for pmf in side]
        return ProbabilityTables.from_pmfs([p for p, _ in pairs], [low for _, low in pairs])


def _normal_pmf(scale: float):
    """(pmf, lowest symbol) of a rounded normal distribution; the ends take the tails."""
    reach = min(MAX_SYMBOL, math.ceil(_TAIL_SCALES * scale) + _TAIL_SYMBOLS)
    edges = np.arange(-reach, reach) + 0.5
    cdf = np.array([0.0] + [0.5 * math.erfc(-e / (scale * math.sqrt(2))) for e in edges] + [1.0])
    return np.maximum(np.diff(cdf), 0.0), -reach


def _trim(pmf):
    """(pmf, lowest symbol): `pmf` over -127..127 without its negligible ends, some to spare."""
    cumulative = np.cumsum(pmf / pmf.sum())
    low = max(int(np.searchsorted(cumulative, _TAIL_MASS)) - _SPARE, 0)
    high = min(int(np.searchsorted(cumulative, 1 - _TAIL_MASS)) + _SPARE, len(pmf) - 1)
    return pmf[low:high + 1], low - MAX_SIDE_SYMBOL
