"""Streams to pixels in one graph: a batch of any sizes, any of which may be bad.

    stream_bytes [B] ─ parse ─ words, lanes ─ one loop: z of all images ─┐
                                            ┌───────────────────────────┘
       tables of y, images of one size ─────┤
       together (`size_groups`)             └ one loop: y of all images ─ check ─ pixels, by size

A stream that cannot be decoded gets a status and black pixels. What it declares costs nothing before
the header's checks, and after them no more than an image of its size.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_ipr import coding
from tf_ipr.coding import stream_parser
from tf_ipr.export import size_groups
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models.frozen_network import NUM_SCALES
from tf_ipr.models.inference import SKIPPED, InferenceModel


class BatchSymbols(NamedTuple):
    """What is coded in a batch.

    Attributes:
      parsed: the `ParsedStreams`, with final statuses.
      side: int32 [B, Nz], z of each image, [h_z, w_z, C] row-major, zeros behind it.
      latent: int32 [B, Ny], y likewise.
    """

    parsed: stream_parser.ParsedStreams
    side: tf.Tensor
    latent: tf.Tensor


class BatchImages(NamedTuple):
    """Pictures of a batch.

    Attributes:
      image: uint8 [B, H, W, 3], RGB, H and W those of the largest; black outside of an image.
      height: int32 [B], 0 where the status is not OK; likewise `width`.
      width: int32 [B].
      status: int32 [B], `StreamStatus`.
    """

    image: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    status: tf.Tensor


class BatchDecoder:
    """Decodes batches of one model's streams, in plain TensorFlow operations."""

    def __init__(self, model: InferenceModel, model_id: str, max_pixels: int,
                 max_batch_pixels: int, hold: coding.symbol_decoder.Hold | None = None):
        """Wraps a model.

        Args:
          model: the model.
          model_id: its 8 hexadecimal digits; other streams are refused.
          max_pixels: largest height * width of an image, up to 2^26.
          max_batch_pixels: largest B * H * W of a batch, H and W those of the largest image; where
            it is exceeded, the largest images are refused.
          hold: where slot tables are kept, see `coding.SymbolDecoder`.
        """
        self._model = model
        self._coder = coding.SymbolDecoder(model.tables, hold=hold)
        self._model_id = stream_parser.signed_id(model_id)
        self._max_pixels = max_pixels
        self._max_batch_pixels = max_batch_pixels

    def symbols(self, streams: tf.Tensor) -> BatchSymbols:
        """The exact part: string [B] -> `BatchSymbols`."""
        parsed = stream_parser.parse(streams, self._max_pixels)
        parsed = stream_parser.refuse(parsed, parsed.model_id != self._model_id,
                                      StreamStatus.WRONG_MODEL)
        num_side, num_latent = self._config.num_symbols(parsed.height, parsed.width)
        parsed = stream_parser.refuse(parsed, parsed.num_words > num_side + num_latent,
                                      StreamStatus.EXTENDED)
        parsed = stream_parser.refuse(parsed, ~_within(parsed, self._max_batch_pixels),
                                      StreamStatus.BATCH_TOO_LARGE)
        words = stream_parser.words(streams, parsed)
        states = parsed.states[:, :tf.reduce_max(parsed.lanes)]

        num_side, _ = self._config.num_symbols(parsed.height, parsed.width)
        index = tf.range(tf.reduce_max(num_side))
        side_tables = NUM_SCALES + tf.math.floormod(index, self._config.side_channels)
        side_tables = tf.where(index < num_side[:, tf.newaxis], side_tables, SKIPPED)
        side, state = self._coder.decode_side(words, parsed.num_words, states, side_tables,
                                              parsed.lanes)
        # A wrong size would make the latent expensive: stop as soon as the words have run out.
        parsed = stream_parser.refuse(parsed, state.position > parsed.num_words,
                                      StreamStatus.DAMAGED)
        latent, state = self._coder.decode(state, self._latent_tables(parsed, side))
        finished = self._coder.finished(state, parsed.start_state)
        parsed = stream_parser.refuse(parsed, ~finished, StreamStatus.DAMAGED)
        return BatchSymbols(parsed, side, latent)

    def images(self, streams: tf.Tensor) -> BatchImages:
        """Everything: string [B] -> `BatchImages`."""
        parsed, side, latent = self.symbols(streams)
        height, width = tf.reduce_max(parsed.height), tf.reduce_max(parsed.width)
        black = tf.zeros(tf.stack([tf.shape(streams)[0], height, width, 3]), tf.uint8)

        def reconstruct(images, own_height, own_width):
            rows, columns = self._config.latent_size(own_height, own_width)
            latents = tf.gather(latent, images)[:, :rows * columns * self._config.latent_channels]
            latents = tf.reshape(latents, tf.stack([-1, rows, columns,
                                                    self._config.latent_channels]))
            pixels = self._model.reconstruct(
                self._side_of(side, images, rows, columns), latents,
                tf.gather(parsed.quality, images), own_height, own_width)
            return tf.pad(tf.cast(tf.round(pixels), tf.uint8),
                          [[0, 0], [0, height - own_height], [0, width - own_width], [0, 0]])

        runs = size_groups.plan(parsed.height, parsed.width)
        image = size_groups.over_runs(runs, reconstruct, black)
        return BatchImages(image, parsed.height, parsed.width, parsed.status)

    @property
    def _config(self):
        return self._model.network.config

    def _latent_tables(self, parsed, side):
        """Tables of y, int32 [B, Ny]; `SKIPPED` behind an image's own, and for bad streams."""
        _, num_latent = self._config.num_symbols(parsed.height, parsed.width)
        longest = tf.reduce_max(num_latent)
        skipped = tf.fill(tf.stack([tf.shape(side)[0], longest]), SKIPPED)

        def tables(images, height, width):
            rows, columns = self._config.latent_size(height, width)
            own = self._model.latent_tables(self._side_of(side, images, rows, columns), rows,
                                            columns)
            own = tf.reshape(own, tf.stack([tf.shape(images)[0], -1]))
            return tf.pad(own, [[0, 0], [0, longest - tf.shape(own)[1]]], constant_values=SKIPPED)

        runs = size_groups.plan(parsed.height, parsed.width)
        return size_groups.over_runs(runs, tables, skipped)

    def _side_of(self, side, images, rows, columns):
        """z of images of one size, int32 [G, h_z, w_z, C]."""
        channels = self._config.side_channels
        rows, columns = self._config.side_size(rows, columns)
        own = tf.gather(side, images)[:, :rows * columns * channels]
        return tf.reshape(own, tf.stack([-1, rows, columns, channels]))


def _within(parsed, max_batch_pixels: int) -> tf.Tensor:
    """bool [B]: the image fits into the batch beside all smaller ones."""
    order = tf.argsort(parsed.height * parsed.width, stable=True)
    sides = tf.gather(tf.stack([parsed.height, parsed.width]), order, axis=1)
    padded = tf.reduce_prod(tf.cast(_running_maximum(sides), tf.int64), axis=0)
    within = padded * tf.size(order, tf.int64) <= max_batch_pixels
    return tf.gather(within, tf.math.invert_permutation(order))


def _running_maximum(values: tf.Tensor) -> tf.Tensor:
    """The largest so far, along each row of int32 [R, B], none negative.

    Every step doubles how far back a maximum reaches, so that memory grows with B, not its square.
    """
    size = tf.shape(values)[1]

    def double(reach, values):
        return 2 * reach, tf.maximum(values, tf.pad(values, [[0, 0], [reach, 0]])[:, :size])

    return tf.while_loop(lambda reach, _: reach < size, double, (tf.constant(1), values))[1]
