"""The decoder of one picture as a graph of built-in operations.

    stream ─ header, states, words ─ z ─ integer network ─ tables of y ─ y ─ check ─ synthesis ─ image

What is wrong with a stream becomes its status. A stream that fails has no picture: what it declares
costs nothing before the header's checks, and once the words have run out all that follows has the
size of one position of the latent.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.coding import stream_parser
from tf_ipr.coding.image_decoder import ImageDecoder
from tf_ipr.coding.lanes import MAX_LANES
from tf_ipr.coding.stream_capacity import stream_capacity
from tf_ipr.format import bitstream, lane_count
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models.frozen_network import FIRST_CODED
from tf_ipr.models.inference import InferenceModel
from tf_ipr.models.network import cut

# Loops for pictures up to 256x256 and for larger ones, where the size is open.
_LANES = 4, MAX_LANES


class DecoderGraph(tf.Module):
    """The function a decoder file is made of.

    Attributes:
      decode: stream uint8 [N], length int32 [] -> image uint8 [H,W,3] RGB, status int32 [].
        The stream is the first `length` bytes, what follows is ignored. Where the status is not
        `StreamStatus.OK`, the image is black, or has no pixels where the size is open.
    """

    def __init__(self, model: InferenceModel, model_id: str, max_pixels: int,
                 image_size: tuple[int, int] | None = None):
        """Wraps a model.

        Args:
          model: the model.
          model_id: its 8 hexadecimal digits; other streams are refused.
          max_pixels: largest height * width that is decoded, up to 2^26.
          image_size: (width, height) in pixels: all shapes are fixed, N is the `stream_capacity`, and
            streams of other sizes are refused. None leaves N and the size open.
        """
        super().__init__(name="decoder")
        self._model = model
        self._model_id = stream_parser.signed_id(model_id)
        self._max_pixels = max_pixels
        self._size = image_size and image_size[::-1]
        capacity = stream_capacity(self._config, *self._size) if image_size else None
        lanes = [lane_count.num_lanes(*self._size)] if image_size else _LANES
        self._coder = ImageDecoder(model.tables, lanes, FIRST_CODED)
        # Nothing for autograph to convert: half the time.
        self.decode = tf.function(self._decode, autograph=False, input_signature=[
            tf.TensorSpec([capacity], tf.uint8, "stream"), tf.TensorSpec([], tf.int32, "length")])

    @property
    def constants(self) -> dict[str, np.ndarray]:
        """Tables that must stand in a file as they are, by name."""
        return self._coder.constants

    @property
    def _config(self):
        return self._model.network.config

    def _decode(self, stream, length):
        side, latent, parsed = self._symbols(stream, length)
        good = parsed.status[0] == StreamStatus.OK
        image = self._model.reconstruct(side, latent, parsed.quality,
                                        *(self._size or (parsed.height[0], parsed.width[0])))
        if self._size:
            image *= tf.cast(good, tf.float32)
        image = tf.squeeze(tf.cast(tf.round(image), tf.uint8), 0)
        return {"image": image, "status": parsed.status[0]}

    def _symbols(self, stream, length):
        """z [1,h_z,w_z,C], y [1,h,w,M], and the parsed stream with its final status.

        Where the size is open and the status not OK, they have one position and the picture none.
        """
        data, length = _bytes(stream, length)
        parsed = stream_parser.parse_bytes(
            data[tf.newaxis, :stream_parser.PREFIX_BYTES], length[tf.newaxis],
            bitstream.MAX_PIXELS if self._size else self._max_pixels)
        parsed = self._refuse(parsed)
        good = parsed.status[0] == StreamStatus.OK
        lanes = self._coder.max_lanes if self._size else parsed.lanes[0]
        state = self._coder.start(_words(data, parsed.words_at[0]),
                                  tf.where(good, parsed.num_words[0], -1),
                                  parsed.states[0, :self._coder.max_lanes])

        channels = self._config.side_channels
        rows, columns = self._latent_size(parsed)
        side_size = self._config.side_size(rows, columns)
        side_tables = self._model.side_tables(tf.stack([1, *side_size, channels]))
        side, state = self._coder.decode_all(state, tf.reshape(side_tables, [-1]), lanes)
        side = tf.reshape(side, tf.stack([1, *side_size, channels]))

        # A wrong size would make the latent expensive: stop as soon as the words have run out.
        parsed = stream_parser.refuse(parsed, (state.last < state.end)[tf.newaxis],
                                      StreamStatus.DAMAGED)
        side = self._cut_side(side, parsed)
        tables = self._model.latent_tables(side, *self._latent_size(parsed))
        latent, state = self._coder.decode(state, tf.reshape(tables, [-1]), lanes)
        latent = tf.reshape(latent, tf.shape(tables))

        finished = self._coder.finished(state, parsed.start_state[0], lanes)
        parsed = stream_parser.refuse(parsed, tf.logical_not(finished)[tf.newaxis],
                                      StreamStatus.DAMAGED)
        rows, columns = self._latent_size(parsed)
        if not self._size:
            latent = cut(latent, rows, columns)
        return self._cut_side(side, parsed), latent, parsed

    def _refuse(self, parsed):
        """Checks that need no decoding."""
        parsed = stream_parser.refuse(parsed, parsed.model_id != self._model_id,
                                      StreamStatus.WRONG_MODEL)
        if self._size:
            other = (parsed.height != self._size[0]) | (parsed.width != self._size[1])
            parsed = stream_parser.refuse(parsed, other, StreamStatus.WRONG_SIZE)
        num_symbols = sum(self._config.num_symbols(parsed.height, parsed.width))
        return stream_parser.refuse(parsed, parsed.num_words > num_symbols, StreamStatus.EXTENDED)

    def _latent_size(self, parsed):
        """Rows and columns of y; (1, 1) where the status is not OK and the size is open."""
        height, width = self._size or (tf.maximum(side[0], bitstream.MIN_SIDE)
                                       for side in (parsed.height, parsed.width))
        return self._config.latent_size(height, width)

    def _cut_side(self, side, parsed):
        if self._size:
            return side
        rows, columns = self._config.side_size(*self._latent_size(parsed))
        return cut(side, rows, columns)


def _bytes(stream, length):
    """int32 [N + PREFIX_BYTES + 1], 0 behind the stream, and the length within 0..N."""
    size = tf.shape(stream)[0]
    length = tf.clip_by_value(length, 0, size)
    data = tf.cast(stream, tf.int32) * tf.cast(tf.range(size) < length, tf.int32)
    return tf.concat([data, tf.zeros([stream_parser.PREFIX_BYTES + 1], tf.int32)], axis=0), length


def _words(data, words_at):
    """All pairs of bytes from `words_at` on, int32, as far as the buffer reached."""
    size = tf.shape(data)[0] - stream_parser.PREFIX_BYTES - 1
    pairs = tf.reshape(tf.slice(data, words_at[tf.newaxis], ((size + 1) // 2 * 2)[tf.newaxis]), [-1, 2])
    return pairs[:, 0] * 256 + pairs[:, 1]
