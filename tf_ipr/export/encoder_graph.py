"""The encoder as graphs of built-in operations, whole or in two halves.

    image ─ analyse ─ latent ─ code ─ stream         encode = both

`analyse` is all floating point and most of the arithmetic, a GPU or NPU may run it. `code` holds
the exact part, which needs sums of 24 bits: float32 on a CPU, never half precision.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr import coding
from tf_ipr.coding.stream_capacity import stream_capacity
from tf_ipr.format import bitstream
from tf_ipr.models.inference import InferenceModel


class EncoderGraph(tf.Module):
    """The functions an encoder file is made of.

    Attributes:
      encode: image uint8 [1,H,W,3] RGB, quality float32 [] -> stream uint8 [N], length int32 [].
        The quality is rounded to halves and limited to 1..100; the stream is the first `length`
        bytes, the rest is 0. Where H or W is below 16, the picture has more than the largest number
        of pixels, or the quality is NaN or infinite, nothing is coded: `length` is 0 and `stream` has
        no meaning. N is the `stream_capacity` where H and W are fixed, else open.
      analyse: image -> latent float32 [1,h,w,M], h = ceil(H/16), w = ceil(W/16).
      code: latent, height int32 [], width int32 [], quality -> stream, length,
        as from `encode`.
    """

    def __init__(self, model: InferenceModel, model_id: str, max_pixels: int = bitstream.MAX_PIXELS,
                 image_size: tuple[int, int] | None = None):
        """Wraps a model.

        Args:
          model: the model.
          model_id: its 8 hexadecimal digits.
          max_pixels: largest height * width that is coded, up to 2^26.
          image_size: (width, height) in pixels; None leaves it open, from 16x16.
        """
        super().__init__(name="encoder")
        self._model = model
        self._model_id = model_id
        self._max_pixels = max_pixels
        self._size = image_size and image_size[::-1]
        self._coder = coding.ImageEncoder(model.tables)
        width, height = image_size or (None, None)
        rows, columns = model.network.config.latent_size(height, width) if image_size else (None, None)
        image = tf.TensorSpec([1, height, width, 3], tf.uint8, "image")
        quality = tf.TensorSpec([], tf.float32, "quality")
        latent = tf.TensorSpec([1, rows, columns, model.network.config.latent_channels],
                               tf.float32, "latent")
        height, width = (tf.TensorSpec([], tf.int32, name) for name in ("height", "width"))
        self.encode = tf.function(self._encode, input_signature=[image, quality])
        self.analyse = tf.function(self._analyse, input_signature=[image])
        self.code = tf.function(self._code, input_signature=[latent, height, width, quality])

    def _analyse(self, image):
        return {"latent": self._model.network.analyse(tf.cast(image, tf.float32))}

    def _encode(self, image, quality):
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        return self._code(self._analyse(image)["latent"], height, width, quality)

    def _code(self, latent, height, width, quality):
        codable = (tf.minimum(height, width) >= bitstream.MIN_SIDE) & (tf.abs(quality) < np.inf)
        codable &= height <= self._max_pixels // tf.maximum(width, 1)
        quality = tf.where(codable, quality, 1.0)  # No NaN gets as far as a cast.
        steps = bitstream.QUALITY_STEPS
        step = tf.clip_by_value(tf.round(2.0 * quality), steps[0], steps[-1])
        header = coding.header_bytes(width, height, tf.cast(step, tf.int32), self._model_id)
        symbols = self._model.symbols(latent, tf.reshape(step / 2.0, [1]))
        written = self._write(symbols, header, coding.num_lanes_tensor(height, width))
        # A graph of built-in operations cannot fail by itself, so the length says it.
        return {**written, "length": tf.where(codable, written["length"], 0)}

    def _write(self, symbols, header, lanes):
        words, states = self._coder.encode(*(tf.reshape(part, [-1]) for part in symbols), lanes,
                                           header.start_state)
        stream, length = coding.stream_bytes(header, states, words, tf.size(words))
        if self._size:
            capacity = stream_capacity(self._model.network.config, *self._size)
            stream = tf.concat([stream, tf.zeros([capacity], tf.uint8)], axis=0)
            stream = tf.reshape(tf.slice(stream, [0], [capacity]), [capacity])
        return {"stream": stream, "length": length}
