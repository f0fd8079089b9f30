"""`decoder.tflite`: stream in, pixels out."""

from __future__ import annotations

import numpy as np

from tf_ipr.format import bitstream, shipped_models
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.runtime.tflite_half import Interpreter, Source, TFLiteHalf, litert

_SHORTEST_BUFFER = 1 << 11  # Buffers grow by doubling, so that sizes seldom change between runs.


class Decoder:
    """A decoder file, ready to run.

        decoder = Decoder("decoder.tflite")
        image = decoder.decode(stream)

    Attributes:
      half: the `TFLiteHalf`, with the file's model id, size and limit.
    """

    def __init__(self, source: Source, threads: int = 1, interpreter: Interpreter = litert):
        """Reads the file at a path, or its content; raises `HalfError` or OSError."""
        self.half = TFLiteHalf(source, "decoder", threads, interpreter)

    def decode(self, stream: bytes, max_pixels: int | None = None) -> np.ndarray:
        """Decodes a stream.

        Args:
          stream: the whole stream.
          max_pixels: a limit below the file's own.

        Returns:
          uint8 (H, W, 3), RGB.

        Raises:
          BitstreamError: the stream is damaged, foreign, too large, of another model or another
            size. A stream that fails the final check gives this error, never an image.
        """
        # The file checks all this too, but has only a number to say it with.
        limit = bitstream.MAX_SIDE**2 if max_pixels is None else max_pixels
        header = bitstream.parse(stream, limit).header
        shipped_models.require_model(header, self.half.model_id)
        if self.half.image_size not in (None, (header.width, header.height)):
            size = "x".join(map(str, self.half.image_size))
            raise BitstreamError(
                f"The stream holds {header.width}x{header.height} pixels; {self.half.name} decodes "
                f"{size} alone. Export a decoder of any size: tf_ipr_export --target=tflite "
                "--image_size=any."
            )
        if header.width * header.height > self.half.max_pixels:
            raise BitstreamError(
                f"The stream declares {header.width}x{header.height} = {header.width * header.height} "
                f"pixels; {self.half.name} decodes {self.half.max_pixels} at most. If you trust its source, "
                "export a decoder of larger ones: tf_ipr_export --target=tflite "
                f"--max_pixels={header.width * header.height} --output=FOLDER."
            )
        result = self.half.run("decode", stream=self.buffer(stream), length=np.int32(len(stream)))
        status = int(result["status"])
        if status != StreamStatus.OK:
            raise BitstreamError(
                f"The stream of {header.width}x{header.height} pixels cannot be "
                f"decoded: {StreamStatus(status).message}"
            )
        return result["image"]

    def buffer(self, stream: bytes) -> np.ndarray:
        """The stream in a buffer of a length that the file takes, uint8 [N]."""
        fixed = self.half.fixed_length("decode", "stream")
        if fixed and len(stream) > fixed:
            raise BitstreamError(
                f"The stream has {len(stream)} bytes; streams of this size have "
                f"{fixed} at most. It was extended."
            )
        buffer = np.zeros(fixed or max(_SHORTEST_BUFFER, 1 << (len(stream) - 1).bit_length()), np.uint8)
        buffer[: len(stream)] = np.frombuffer(stream, np.uint8)
        return buffer
