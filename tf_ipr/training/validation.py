"""Validation during training: the coded rate and the distortion of held-out images.

The rate is the ideal length under the frozen integer tables, with rounding, skipping and clipping
as the encoder does them: what a file would need, without its header.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_ipr.models.inference import InferenceModel
from tf_ipr.models.training_model import TrainingModel


class Point(NamedTuple):
    """Means over the validation images at one quality."""

    quality: float
    rate_bpp: float
    psnr_db: float


def freeze(model: TrainingModel) -> InferenceModel:
    """The trained model as coders use it, sharing the float variables."""
    return InferenceModel(model.network, model.network.hyper_index.freeze(),
                          model.entropy_model.freeze())


def validate(frozen: InferenceModel, images: np.ndarray, qualities, batch_size: int = 8):
    """Rate and distortion of `images`.

    Args:
      frozen: the model as coders use it.
      images: uint8 [N,H,W,3].
      qualities: each in 1..100.
      batch_size: images at a time.

    Returns:
      (list of `Point`, reconstructions uint8 [K,H,W,3] of the first images at the last quality).
    """
    @tf.function
    def evaluate(batch, quality):
        image = tf.cast(batch, tf.float32)
        shape = tf.shape(image)
        symbols = frozen.symbols(frozen.network.analyse(image), quality)
        decoded = tf.round(frozen.reconstruct(symbols.side, symbols.latent, quality,
                                              shape[1], shape[2]))
        rate = frozen.coded_bits(symbols) / tf.cast(shape[1] * shape[2], tf.float32)
        return rate, tf.image.psnr(image, decoded, 255.0), tf.cast(decoded, tf.uint8)

    points, decoded = [], None
    for quality in qualities:
        rates, psnrs = [], []
        for start in range(0, len(images), batch_size):
            batch = images[start:start + batch_size]
            rate, psnr, pixels = evaluate(tf.constant(batch), tf.fill([len(batch)], float(quality)))
            rates.append(rate.numpy())
            psnrs.append(psnr.numpy())
            decoded = pixels.numpy() if start == 0 else decoded
        points.append(Point(float(quality), float(np.concatenate(rates).mean()),
                            float(np.concatenate(psnrs).mean())))
    return points, decoded
