"""The codec as it is used: network, frozen integer network and frozen tables; symbols in and out.

Needs no tensorflow-compression for the `mobile` architecture.  Everything here is graph code; the
coder that turns symbols into bytes is `tf_ipr.coding`.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_ipr.coding import table_ops
from tf_ipr.format.tables import ProbabilityTables
from tf_ipr.models.frozen_network import FIRST_CODED, NUM_SCALES, FrozenHyperSynthesis
from tf_ipr.models.network import CodecNetwork

SKIPPED = -1  # in place of a table: the symbol is 0 and is not coded


class Symbols(NamedTuple):
    """What is coded of a batch.

    Attributes:
      side: int32 [B,h_z,w_z,C], symbols of z, clipped to their tables' range.
      side_tables: int32 [B,h_z,w_z,C], the table of each.
      latent: int32 [B,h,w,M], symbols of y, clipped to their tables' range, 0 where skipped.
      latent_tables: int32 [B,h,w,M], the table of each, -1 where skipped.
    """

    side: tf.Tensor
    side_tables: tf.Tensor
    latent: tf.Tensor
    latent_tables: tf.Tensor


class Prediction(NamedTuple):
    """A latent before it is rounded, and what side information says of it.

    Attributes:
      side: int32 [B,h_z,w_z,C], symbols of z, clipped to their tables' range.
      side_tables: int32 [B,h_z,w_z,C], the table of each.
      latent_tables: int32 [B,h,w,M], the table of each symbol of y, -1 where it is skipped.
      mean: float32 [B,h,w,M], what the decoder adds to the symbols of y.
      residual: float32 [B,h,w,M], y after its gain minus the mean: what is rounded to symbols.
    """

    side: tf.Tensor
    side_tables: tf.Tensor
    latent_tables: tf.Tensor
    mean: tf.Tensor
    residual: tf.Tensor


class InferenceModel(tf.Module):
    """Analysis to symbols, symbols to image.

    Attributes:
      network: the float `CodecNetwork`.
      hyper_index: the `FrozenHyperSynthesis`.
      tables: the `ProbabilityTables`.
    """

    def __init__(self, network: CodecNetwork, hyper_index: FrozenHyperSynthesis,
                 tables: ProbabilityTables):
        super().__init__(name="inference_model")
        self.network = network
        self.hyper_index = hyper_index
        self.tables = tables

    def symbols(self, y, quality) -> Symbols:
        """Latent y [B,h,w,M] as `network.analyse` gives it and quality [B] -> `Symbols`."""
        return self.rounded(self.predict(y, quality))

    def predict(self, y, quality) -> Prediction:
        """As `symbols`, but y is not rounded yet."""
        gained = self.network.gained(y, quality)
        z = tf.cast(tf.floor(self.network.side(gained) + 0.5), tf.int32)
        side_tables = self.side_tables(tf.shape(z))
        z = table_ops.clip(self.tables, z, side_tables)
        tables, mean = self._predict(z, gained)
        return Prediction(z, side_tables, tables, mean, gained - mean)

    def rounded(self, prediction: Prediction) -> Symbols:
        """The nearest symbols that their tables have."""
        tables = prediction.latent_tables
        latent = tf.cast(tf.floor(prediction.residual + 0.5), tf.int32)
        return Symbols(prediction.side, prediction.side_tables, table_ops.clip(self.tables, latent, tables),
                       tables)

    def side_tables(self, shape):
        """The table of every symbol of z: int32 of `shape` [B,h_z,w_z,C]."""
        return tf.broadcast_to(NUM_SCALES + tf.range(shape[3]), shape)

    def latent_tables(self, side, height, width):
        """Symbols of z and the latent's height and width -> table of every symbol of y, int32."""
        return self._predict(side, tf.zeros([1, height, width, 1]))[0]

    def _predict(self, side, like):
        z_hat = tf.cast(side, tf.float32)
        index = tf.cast(self.network.index(z_hat, like, self.hyper_index), tf.int32)
        tables = tf.where(index < FIRST_CODED, SKIPPED, index)
        return tables, self.network.mean(z_hat, like)

    def reconstruct(self, side, latent, quality, height, width):
        """Symbols of z and y, quality [B], image size -> x̂ float32 [B,height,width,3], 0..255."""
        gained = tf.cast(latent, tf.float32)
        gained += self.network.mean(tf.cast(side, tf.float32), gained)
        image = self.network.synthesise(gained, quality, height, width)
        return tf.clip_by_value(image, 0.0, 255.0)

    def coded_bits(self, symbols: Symbols):
        """-Σ log2 p by the integer tables, float32 [B]: the ideal length of the coded symbols."""
        side = table_ops.bits(self.tables, symbols.side, symbols.side_tables)
        latent = table_ops.bits(self.tables, symbols.latent, symbols.latent_tables)
        return tf.reduce_sum(side, [1, 2, 3]) + tf.reduce_sum(latent, [1, 2, 3])
