"""Gains: one vector of channel gains per quality level turns one model into every rate.

Cui et al., "Asymmetric gained deep image compression with continuous rate adaptation" (CVPR 2021):
the latent is multiplied by a gain before rounding and by an inverse gain after it.  Between two
levels gains are interpolated in the log domain, so the quality is continuous.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from tf_ipr.format.bitstream import MAX_QUALITY, MIN_QUALITY


class QualityGain(tf.Module):
    """Positive channel gains as a function of quality.

    Attributes:
      log_gain: variable float32 [num_rates, channels], natural logarithm of the gains at qualities
        spread evenly over 1..100.
    """

    def __init__(self, channels: int, num_rates: int, first: float, last: float, name=None):
        """Starts from gains `first` (quality 1) to `last` (quality 100), geometric in between."""
        super().__init__(name=name)
        levels = np.linspace(math.log(first), math.log(last), num_rates)
        if num_rates == 1:
            levels = np.array([(math.log(first) + math.log(last)) / 2])
        self.log_gain = tf.Variable(np.repeat(levels[:, None], channels, 1).astype(np.float32),
                                    name="log_gain")

    def __call__(self, quality):
        """float32 [B] in 1..100 -> gains float32 [B, 1, 1, channels]."""
        num_rates = self.log_gain.shape[0]
        position = (quality - MIN_QUALITY) / (MAX_QUALITY - MIN_QUALITY) * (num_rates - 1)
        # Hat functions: a matrix product instead of two gathers, for every exporter's sake.
        distance = tf.abs(position[:, None] - tf.range(num_rates, dtype=tf.float32)[None, :])
        weights = tf.nn.relu(1.0 - distance)
        gain = tf.exp(tf.linalg.matmul(weights, self.log_gain))
        return gain[:, None, None, :]
