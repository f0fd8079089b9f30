"""What tests of the exported decoder share: a small untrained model and streams of many kinds."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze

MAX_PIXELS = 1 << 17
MAX_BATCH_PIXELS = 1 << 21

SIZES = [(16, 16), (17, 16), (33, 50), (64, 64), (64, 65), (128, 128), (112, 112), (250, 140)]


def write_model(folder, seed: int) -> TensorFlowCodec:
    """An untrained model in `folder`, whose tables differ between symbols."""
    tf.keras.utils.set_random_seed(seed)
    model = TrainingModel(ModelConfig(width=24, latent_channels=32, side_channels=8,
                                      hyper_width=16, synthesis_blocks=(1, 1)))
    for layer in model.network.hyper_index.layers:  # Far from all equal, and spread over the tables.
        layer.kernel.assign(3 * layer.kernel)
    for variable in model.network.hyper_mean.variables:  # an untrained mean would be noise
        variable.assign(tf.zeros_like(variable))
    model_folder.save(freeze(model), folder, {})
    return TensorFlowCodec.load(folder, max_pixels=MAX_PIXELS)


def image(height, width, seed=0):
    """A smooth picture with an edge."""
    y, x = np.mgrid[0:height, 0:width] / 40
    waves = np.sin(x * (1 + seed % 5)) + np.cos(y * (1 + seed % 3))
    return np.clip(128 + 30 * waves[..., None] + 40 * (x > y)[..., None]
                   + [0, 10 * (seed % 4), 20], 0, 255).astype(np.uint8)


def good_streams(codec) -> list:
    """One of every size at three qualities."""
    return [codec.compress(image(*size, seed=i + j), quality=quality)
            for i, size in enumerate(SIZES) for j, quality in enumerate((1, 50, 100))]


def bad_streams(codec, other) -> list:
    """(stream, name of its status) of every kind."""
    stream = codec.compress(image(64, 64), quality=80)
    flipped = bytearray(stream)
    flipped[-3] ^= 4
    large = bytes.fromhex(f"fb10{codec.model_id}64ffff7fffff7f") + bytes(300)
    resized = bytearray(stream)  # An honest stream that claims another size.
    resized[7] += 16
    return [
        (b"", "EMPTY"), (b"GIF89a", "FOREIGN"), (stream[:5], "TRUNCATED_HEADER"),
        (stream[:1] + b"\x20" + stream[2:], "VERSION"), (stream[:6] + b"\xff" + stream[7:], "QUALITY"),
        (stream[:7] + b"\x80\x00" + stream[8:], "NOT_CANONICAL"), (large, "TOO_LARGE"),
        (stream[:12], "TRUNCATED_STATES"), (stream[:-1], "ODD_BYTES"),
        (other.compress(image(64, 64)), "WRONG_MODEL"), (stream + bytes(2 << 16), "EXTENDED"),
        (bytes(flipped), "DAMAGED"), (stream[:-2], "DAMAGED"), (stream + b"ab", "DAMAGED"),
        (bytes(resized), "DAMAGED"),
    ]
