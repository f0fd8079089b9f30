"""The codec in TensorFlow: images to streams and back, by any model folder.

    codec = TensorFlowCodec.load()
    stream = codec.compress(image, quality=50)
    decoded = codec.decompress(stream)

`tf_ipr.Codec` has the same methods, writes the same bytes and needs no TensorFlow.  This one is for
models without exported halves, for batches, and for encoders that search (`tf_ipr.encoding`).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tf_ipr import coding
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.format.bitstream import MAX_PIXELS, MIN_QUALITY
from tf_ipr.format.model_folder import ENCODER
from tf_ipr.models import model_folder
from tf_ipr.models.inference import InferenceModel, Prediction
from tf_ipr.runtime import rate_choice
from tf_ipr.runtime.encoder import Encoder, check_image

# (images uint8 [B,H,W,3], their prediction, qualities [B]) -> the prediction with another residual.
Search = Callable[[np.ndarray, Prediction, Sequence[float]], Prediction]


class TensorFlowCodec:
    """One model, ready to code.

    Attributes:
      model: the `InferenceModel`.
      model_id: 8 hex digits; a stream carries those of its model.
      config: what config.json of the model folder says.
    """

    def __init__(self, model: InferenceModel, config: dict, max_pixels: int = MAX_PIXELS,
                 encoder: Encoder | None = None):
        """Use `load`.

        Args:
          model: what codes.
          config: what config.json says.
          max_pixels: bounds what is accepted.
          encoder: the model's exported encoder, whose streams `compress` gives where it can.
        """
        self.model_id = config["model_id"]
        self.config = config
        self.model = model
        self._network = model.network
        self._coder = coding.SymbolDecoder(model.tables)
        self._max_pixels = max_pixels
        self._owner = os.getpid()
        self._encoder = encoder
        self._define_graphs()

    @classmethod
    def load(cls, path=None, max_pixels: int = MAX_PIXELS) -> TensorFlowCodec:
        """Loads a model folder, or a shipped model by its name; without either the default one.

        Raises:
          CheckpointError: the folder holds no usable model.
        """
        folder = shipped_models.folder_of(path)
        model, config = model_folder.load(folder)
        exported = folder / ENCODER
        encoder = Encoder(exported) if exported.is_file() else None
        if encoder and encoder.half.model_id != config["model_id"]:
            encoder = None
        return cls(model, config, max_pixels, encoder)

    def compress(self, image, quality: float | None = None, max_bytes: int | None = None,
                 target_bpp: float | None = None, search: Search | None = None) -> bytes:
        """Encodes an image.

        Args:
          image: uint8 (H, W, 3), RGB; sides from 16 pixels.
          quality: 1 (fewest bytes) to 100, in effect in steps of a half. Default: 50.
          max_bytes: instead: take the highest quality whose stream has at most so many bytes.
          target_bpp: instead: take the quality whose stream comes nearest to so many bits per pixel.
            The image is analysed once, the choice repeats only what depends on the quality.
          search: changes the latent before it is rounded, `tf_ipr.encoding.refinement`; for every
            stream that the choice of a quality tries.

        Returns:
          The stream, `docs/bitstream.md`.

        Raises:
          ValueError: bad arguments, more than one of the three wishes, or `max_bytes` below what
            quality 1 needs.
          RuntimeError: the codec was made before a fork.
        """
        image = self._check_image(image)
        num_pixels = image.shape[0] * image.shape[1]
        if search is None and self._encoder and self._encoder.takes(image):
            # One picture in a hundred has a value so near to a half that another library's
            # convolutions round it to the other side: a stream as good, but of other bytes.
            return rate_choice.stream_of(lambda step: self._encoder.encode(image, step / 2),
                                         num_pixels, quality, max_bytes, target_bpp)
        latent = self._analyse(image[None])

        def encode(half_steps: int) -> bytes:
            return self._encode_latents(latent, image[None], [half_steps / 2], search)[0]

        overhead = self._overhead_bytes(image.shape)

        def estimate(half_steps: int) -> float:
            return float(self._coded_bits(latent, [half_steps / 2])[0]) / 8 + overhead

        # A search takes a second for each stream, so the bisection makes do without it.
        return rate_choice.stream_of(encode, num_pixels, quality, max_bytes, target_bpp,
                                     estimate if search else None)

    def decompress(self, stream: bytes) -> np.ndarray:
        """Decodes a stream.

        Returns:
          uint8 (H, W, 3), RGB.

        Raises:
          BitstreamError: the stream is damaged, foreign, too large or of another model. A stream
            that fails the final check gives this error, never an image.
        """
        return self.decompress_batch([stream])[0]

    def compress_batch(self, images, quality: float | Sequence[float] = 50.0,
                       search: Search | None = None) -> list:
        """Encodes images of one size together, which is several times as fast as one by one.

        Args:
          images: uint8 (B, H, W, 3), RGB; at least one.
          quality: as for `compress`; one for all images or one for each.
          search: as for `compress`.

        Returns:
          B streams.

        Raises:
          ValueError: bad arguments.
        """
        images = np.asarray(images)
        qualities = rate_choice.one_for_each(quality, len(images))
        for image in images:
            self._check_image(image)
        return self._encode_latents(self._analyse(images), images, qualities, search)

    def decompress_batch(self, streams) -> np.ndarray:
        """Decodes streams, at least one, of images of one size together: uint8 (B, H, W, 3).

        Raises:
          ValueError: there are no streams, so the size of the images is unknown.
          BitstreamError: as `decompress`, if any of the streams cannot be decoded, or if their
            sizes differ.
        """
        parsed = [bitstream.parse(stream, self._max_pixels) for stream in streams]
        bitstream.require_one_size([part.header for part in parsed])
        side, latent = self._decode_symbols(parsed)
        headers = [part.header for part in parsed]
        return self._reconstruct(side, latent, [h.quality for h in headers], headers[0].height,
                                 headers[0].width).numpy()

    def symbols(self, stream: bytes) -> tuple:
        """The integers of a stream: z int32 (h_z, w_z, C) and y int32 (h, w, M); as `decompress`."""
        side, latent = self._decode_symbols([bitstream.parse(stream, self._max_pixels)])
        return side[0].numpy(), latent[0].numpy()

    @staticmethod
    def info(stream: bytes) -> dict:
        """What a stream says about itself; see `bitstream.describe`."""
        return bitstream.describe(stream)

    def _check_image(self, image) -> np.ndarray:
        self._require_owner()
        return check_image(image, self._max_pixels)

    def _require_owner(self) -> None:
        if os.getpid() != self._owner:
            raise RuntimeError(
                "The codec was made before this process was forked, and TensorFlow does not work in "
                "such a process. Load it here, start processes by multiprocessing's `spawn`, or use "
                "tf_ipr.Codec, which survives a fork.")

    def _overhead_bytes(self, shape) -> float:
        """Header and lane states beyond their information, on average."""
        header = bitstream.Header(shape[1], shape[0], MIN_QUALITY, self.model_id)
        return len(header.to_bytes()) + 2.5 * header.num_lanes

    def _encode_latents(self, latents, images, qualities: Sequence[float], search) -> list:
        """Latents [B,h,w,M] of images uint8 [B,H,W,3] -> B streams."""
        height, width = images.shape[1:3]
        prediction = self._predict(latents, qualities)
        if search is not None:
            prediction = search(images, prediction, qualities)
        headers = [bitstream.Header(width, height, quality, self.model_id) for quality in qualities]
        words, num_words, states = self._encode(
            prediction, [header.num_lanes for header in headers],
            [bitstream.start_state(header.to_bytes()) for header in headers])
        return [bitstream.pack(header, states[i], words[i, :int(num_words[i])])
                for i, header in enumerate(headers)]

    def _decode_symbols(self, parsed) -> tuple:
        """Parsed streams of one size -> symbols of z and y, checked."""
        self._require_owner()
        height, width = bitstream.require_one_size([part.header for part in parsed])
        for part in parsed:
            shipped_models.require_model(part.header, self.model_id)
        rows, columns = self._network.config.latent_size(height, width)
        self._check_word_counts(parsed, height, width)
        num_words = np.array([len(part.words) for part in parsed], np.int32)
        # The graphs gather from the words, so there is at least one, read or not.
        words = np.zeros([len(parsed), num_words.max() + 1], np.int32)
        for i, part in enumerate(parsed):
            words[i, :num_words[i]] = part.words
        lanes = [parsed[0].header.num_lanes] * len(parsed)
        side, state = self._decode_side(words, num_words, np.stack([p.states for p in parsed]), lanes,
                                        rows, columns)
        # A wrong size would make the latent expensive: stop as soon as the words have run out.
        good = state.position.numpy() <= num_words
        if good.all():
            starts = [part.start_state for part in parsed]
            latent, finished = self._decode_latent(side, state, rows, columns, starts)
            good = finished.numpy()
        if not good.all():
            where = "" if len(parsed) == 1 else f" {int(np.argmin(good))} of the batch"
            raise bitstream.BitstreamError(
                f"The stream{where}, of {width}x{height} pixels, fails its integrity check: it was "
                "damaged, truncated or extended. Fetch it again.")
        return side, latent

    def _check_word_counts(self, parsed, height: int, width: int) -> None:
        symbols = sum(self._network.config.num_symbols(height, width))
        for part in parsed:
            if len(part.words) > symbols:
                raise bitstream.BitstreamError(f"The stream has {len(part.words)} words for "
                                               f"{symbols} symbols; it was extended.")

    def _define_graphs(self):
        """The graphs, each for any batch of any image size."""
        model, coder = self.model, self._coder
        # Nothing of ours is to be converted, which is 3x sooner; tensorflow-compression's GDN is.
        converts = self._network.config.architecture == "hyperprior"
        graph = functools.partial(tf.function, autograph=converts)
        int_vector = tf.TensorSpec([None], tf.int32)
        latent_spec = tf.TensorSpec([None, None, None, self._network.config.latent_channels])
        quality_spec = tf.TensorSpec([None], tf.float32)
        scalar = tf.TensorSpec([], tf.int32)
        matrix = tf.TensorSpec([None, None], tf.int32)
        side_spec = tf.TensorSpec([None, None, None, self._network.config.side_channels], tf.int32)

        @graph(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)])
        def analyse(image):
            return model.network.analyse(tf.cast(image, tf.float32))

        @graph(input_signature=[latent_spec, quality_spec])
        def coded_bits(latent, quality):
            return model.coded_bits(model.symbols(latent, quality))

        @graph(input_signature=[latent_spec, quality_spec])
        def predict(latent, quality):
            return model.predict(latent, quality)

        int_latent_spec = tf.TensorSpec(latent_spec.shape, tf.int32)
        prediction_spec = Prediction(side=side_spec, side_tables=side_spec,
                                     latent_tables=int_latent_spec, mean=latent_spec,
                                     residual=latent_spec)

        @graph(input_signature=[prediction_spec, int_vector, int_vector])
        def encode(prediction, lanes, start_state):
            symbols = model.rounded(prediction)
            return coder.encode(*(_flat(part) for part in symbols), lanes, start_state)

        @graph(input_signature=[matrix, int_vector, matrix, int_vector, scalar, scalar])
        def decode_side(words, num_words, states, lanes, rows, columns):
            config = self._network.config
            shape = tf.stack([tf.shape(words)[0], *config.side_size(rows, columns),
                              config.side_channels])
            side, state = coder.decode_side(words, num_words, states,
                                            _flat(model.side_tables(shape)), lanes)
            return tf.reshape(side, shape), state

        state_spec = coding.CoderState(words=matrix, num_words=int_vector, states=matrix,
                                       position=int_vector, checksum=int_vector, lanes=int_vector)

        @graph(input_signature=[side_spec, state_spec, scalar, scalar, int_vector])
        def decode_latent(side, state, rows, columns, start_state):
            tables = model.latent_tables(side, rows, columns)
            latent, state = coder.decode(state, _flat(tables))
            return tf.reshape(latent, tf.shape(tables)), coder.finished(state, start_state)

        @graph(input_signature=[side_spec, tf.TensorSpec([None, None, None, None], tf.int32),
                                      quality_spec, scalar, scalar])
        def reconstruct(side, latent, quality, height, width):
            image = model.reconstruct(side, latent, quality, height, width)
            return tf.cast(tf.round(image), tf.uint8)

        self._analyse, self._coded_bits = analyse, coded_bits
        self._predict, self._encode = predict, encode
        self._decode_side, self._decode_latent = decode_side, decode_latent
        self._reconstruct = reconstruct


def _flat(symbols):
    """[B,h,w,C] -> [B, h*w*C], row-major: the order in which symbols are coded."""
    return tf.reshape(symbols, [tf.shape(symbols)[0], -1])
