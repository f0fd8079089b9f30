"""The front door: images to streams and back, by the two TFLite files of a model.

    codec = Codec.load()
    stream = codec.compress(image, quality=50)
    decoded = codec.decompress(stream)

`tf_ipr.models.codec.TensorFlowCodec` has the same methods and writes the same bytes.  It is for
models without exported halves, and for encoders that search.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_ipr.format import bitstream, model_folder, shipped_models
from tf_ipr.format.bitstream import MAX_PIXELS, MIN_SIDE
from tf_ipr.format.model_folder import DECODER, ENCODER, WEIGHTS, CheckpointError
from tf_ipr.runtime import rate_choice
from tf_ipr.runtime.decoder import Decoder
from tf_ipr.runtime.encoder import Encoder, check_image
from tf_ipr.runtime.tflite_half import Interpreter, litert

HALVES = {"encoder": ENCODER, "decoder": DECODER}


class Codec:
    """One model, ready to code.

    A half is loaded when it is first needed.

    Attributes:
      model_id: 8 hex digits; a stream carries those of its model.
      config: what config.json of the model folder says.
    """

    def __init__(
        self,
        folder,
        config: dict,
        max_pixels: int = MAX_PIXELS,
        threads: int = 1,
        interpreter: Interpreter = litert,
    ):
        """Use `load`."""
        self.model_id = config["model_id"]
        self.config = config
        self._folder = pathlib.Path(folder)
        self._max_pixels = max_pixels
        self._options = {"threads": threads, "interpreter": interpreter}

    @classmethod
    def load(
        cls,
        model=None,
        max_pixels: int = MAX_PIXELS,
        threads: int = 1,
        interpreter: Interpreter = litert,
    ) -> Codec:
        """Opens a model.

        Args:
          model: the name of a shipped model, such as "lfw_l2_ip", or a model folder. Default: the
            shipped model for whole pictures.
          max_pixels: larger images, and streams that declare them, are refused. The halves have a limit
            of their own, 2^24 pixels in the shipped ones of any size.
          threads: of one run of a half.
          interpreter: makes what runs the halves; default LiteRT.

        Raises:
          CheckpointError: there is no such model, or it has none of the two halves.
          ValueError: `max_pixels` is no number of pixels.
        """
        if not isinstance(max_pixels, int) or max_pixels < MIN_SIDE**2:
            raise ValueError(
                f"max_pixels is {max_pixels!r}; it must be a whole number of {MIN_SIDE**2} or more."
            )
        folder = shipped_models.folder_of(model)
        codec = cls(folder, model_folder.read_config(folder), max_pixels, threads, interpreter)
        if not any((folder / name).is_file() for name in HALVES.values()):
            raise codec._lacks(" and ".join(HALVES.values()))
        return codec

    def compress(
        self,
        image,
        quality: float | None = None,
        max_bytes: int | None = None,
        target_bpp: float | None = None,
    ) -> bytes:
        """Encodes an image.

        Args:
          image: uint8 (H, W, 3), RGB; sides from 16 pixels.
          quality: 1 (fewest bytes) to 100, in effect in steps of a half. Default: 50.
          max_bytes: instead: take the highest quality whose stream has at most so many bytes.
          target_bpp: instead: take the quality whose stream comes nearest to so many bits per pixel.

        Returns:
          The stream, `docs/bitstream.md`.

        Raises:
          ValueError: bad arguments, more than one of the last three, or `max_bytes` below what
            quality 1 needs.
          CheckpointError: the model has no encoder.tflite.
        """
        image = check_image(image, self._max_pixels)
        return rate_choice.stream_of(
            lambda step: self._encoder.encode(image, step / 2),
            image.shape[0] * image.shape[1],
            quality,
            max_bytes,
            target_bpp,
        )

    def decompress(self, stream: bytes) -> np.ndarray:
        """Decodes a stream.

        Returns:
          uint8 (H, W, 3), RGB.

        Raises:
          BitstreamError: the stream is damaged, foreign, too large or of another model. A stream
            that fails the final check gives this error, never an image.
          CheckpointError: the model has no decoder.tflite.
        """
        return self._decoder.decode(stream, self._max_pixels)

    def compress_batch(self, images, quality: float | Sequence[float] = 50.0) -> list:
        """Encodes images: uint8 (B, H, W, 3) and one quality for all or one for each -> B streams.

        Raises:
          ValueError: bad arguments, or no images.
        """
        return [
            self.compress(image, one)
            for image, one in zip(images, rate_choice.one_for_each(quality, len(images)))
        ]

    def decompress_batch(self, streams) -> np.ndarray:
        """Decodes streams, at least one, of images of one size: uint8 (B, H, W, 3).

        Raises:
          ValueError: there are no streams, so the size of the images is unknown.
          BitstreamError: as `decompress`, if any of the streams cannot be decoded, or if their
            sizes differ.
        """
        bitstream.require_one_size(
            [bitstream.parse(stream, self._max_pixels).header for stream in streams]
        )
        return np.stack([self.decompress(stream) for stream in streams])

    @staticmethod
    def info(stream: bytes) -> dict:
        """What a stream says about itself; see `tf_ipr.format.bitstream.describe`."""
        return bitstream.describe(stream)

    @functools.cached_property
    def _encoder(self) -> Encoder:
        return self._half(Encoder, "encoder")

    @functools.cached_property
    def _decoder(self) -> Decoder:
        return self._half(Decoder, "decoder")

    def _half(self, kind, part: str):
        path = self._folder / HALVES[part]
        if not path.is_file():
            raise self._lacks(HALVES[part])
        half = kind(path, **self._options)
        if half.half.model_id != self.model_id:
            raise CheckpointError(
                f"{path} is of model {shipped_models.name_of(half.half.model_id)}, config.json beside "
                f"it names {shipped_models.name_of(self.model_id)}. Export it again: {self._command()}"
            )
        return half

    def _lacks(self, names: str) -> CheckpointError:
        if not (self._folder / WEIGHTS).is_file():
            return CheckpointError(
                f"Of the model {self._folder.name} only its description is installed. Its "
                "weights are in the folder savedmodels/ of the project's repository."
            )
        return CheckpointError(
            f"The model {self._folder} has no {names}. Make the halves once, where "
            f"TensorFlow is installed: {self._command()}"
        )

    def _command(self) -> str:
        return f"tf_ipr_export --target=tflite --model={shipped_models.shipped_name(self.model_id) or self._folder}"
