"""The codec as it is trained: network and entropy model, noise for rates, rounding for decoders."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models.entropy_model import MAX_SYMBOL, EntropyModel
from tf_ipr.models.frozen_network import FIRST_CODED, MAX_SIDE_SYMBOL
from tf_ipr.models.integer_network import clip_towards, round_half_up
from tf_ipr.models.network import CodecNetwork


class Forward(NamedTuple):
    """What one pass gives.

    Attributes:
      reconstruction: x̂ float32 [B,H,W,3], about 0..255, not clipped.
      rate_bpp: float32 [B], bits per pixel of the real image under additive noise, z included.
      side_bpp: float32 [B], the part of it that is z.
      latent_bpp: float32 [B,h,w], the part of it that is y, by position.
    """

    reconstruction: tf.Tensor
    rate_bpp: tf.Tensor
    side_bpp: tf.Tensor
    latent_bpp: tf.Tensor


class TrainingModel(tf.Module):
    """Everything with variables that training changes.

    Attributes:
      network: the `CodecNetwork`, all that is left at inference beside the frozen tables.
      entropy_model: the `EntropyModel`.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(name="training_model")
        self.config = config
        self.network = CodecNetwork(config)
        self.entropy_model = EntropyModel(config.side_channels)

    def __call__(self, image, quality) -> Forward:
        """float32 [B,H,W,3] in 0..255 and quality [B] in 1..100 -> `Forward`."""
        network, entropy_model = self.network, self.entropy_model
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        gained = network.gained(network.analyse(image), quality)
        z = network.side(gained)
        z_hat = clip_towards(round_half_up(z), -MAX_SIDE_SYMBOL, MAX_SIDE_SYMBOL)
        index, mean = network.index(z_hat, gained), network.mean(z_hat, gained)
        gained_hat = mean + quantise(gained - mean, index)
        pixels = tf.cast(height * width, tf.float32)
        side_bpp = entropy_model.side_bits(z) / pixels
        latent_bpp = entropy_model.latent_bits(gained, index, mean) / pixels
        return Forward(network.synthesise(gained_hat, quality, height, width),
                       side_bpp + tf.reduce_sum(latent_bpp, [1, 2]), side_bpp, latent_bpp)


def quantise(residual, index):
    """Rounds, symbols of the smallest scales to zero; the gradient passes straight.

    `residual` (y·gain - μ) and table `index`, of one shape; an index below 8, or -1, is not coded.

    As the encoder does, but for clipping: here to ±255, the reach of the widest tables; there to that
    of each symbol's own table, 14 standard deviations and 4 symbols, at most 255.
    """
    rounded = tf.clip_by_value(tf.floor(residual + 0.5), -float(MAX_SYMBOL), float(MAX_SYMBOL))
    symbols = tf.where(index > FIRST_CODED - 0.5, rounded, tf.zeros_like(rounded))
    return residual + tf.stop_gradient(symbols - residual)
