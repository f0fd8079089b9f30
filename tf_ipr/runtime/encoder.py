"""`encoder.tflite`: pixels in, stream out."""

from __future__ import annotations

import numpy as np

from tf_ipr.format.bitstream import MIN_SIDE
from tf_ipr.runtime.tflite_half import Interpreter, Source, TFLiteHalf, litert


class Encoder:
    """An encoder file, ready to run.

        encoder = Encoder("encoder.tflite")
        stream = encoder.encode(frame, quality=50)

    Attributes:
      half: the `TFLiteHalf`, with the file's model id, size and limit.
    """

    def __init__(self, source: Source, threads: int = 1, interpreter: Interpreter = litert):
        """Reads the file at a path, or its content; raises `HalfError` or OSError."""
        self.half = TFLiteHalf(source, "encoder", threads, interpreter)

    def takes(self, image: np.ndarray) -> bool:
        """Whether the size of an image is one that the file takes."""
        height, width = image.shape[:2]
        return height * width <= self.half.max_pixels and self.half.image_size in (None, (width, height))

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """Encodes an image.

        Args:
          image: uint8 (H, W, 3), RGB, sides from 16 pixels.
          quality: 1 (fewest bytes) to 100, in effect in steps of a half.

        Raises:
          ValueError: an image or a quality that the file does not take.
        """
        image = check_image(image)
        height, width = image.shape[:2]
        if self.half.image_size not in (None, (width, height)):
            size = "x".join(map(str, self.half.image_size or ()))
            raise ValueError(
                f"The image has {width}x{height} pixels; {self.half.name} takes {size} alone. If it "
                "is a model for aligned faces, cut out the face (tf_ipr.align, tf_ipr_compress --align); else "
                "resize the image, or export an encoder of any size: tf_ipr_export --target=tflite "
                "--image_size=any."
            )
        if height * width > self.half.max_pixels:
            raise ValueError(
                f"The image has {width}x{height} pixels; {self.half.name} takes {self.half.max_pixels} "
                "pixels at most. Shrink the image, or export both halves for larger ones: tf_ipr_export "
                f"--target=tflite --max_pixels={height * width} --output=FOLDER."
            )
        if not 1 <= quality <= 100:
            raise ValueError(f"quality is {quality}; it must be in 1..100.")
        result = self.half.run(
            "encode", image=np.ascontiguousarray(image)[np.newaxis], quality=np.float32(quality)
        )
        length = int(result["length"])
        if not length:
            raise ValueError(
                f"{self.half.name} coded nothing of {width}x{height} pixels at quality "
                f"{quality:g}; it takes sides from {MIN_SIDE} pixels."
            )
        return result["stream"][:length].tobytes()


def check_image(image, max_pixels: int | None = None) -> np.ndarray:
    """The image as an array; raises ValueError unless it is uint8 (H, W, 3) of an allowed size."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"The image has dtype {image.dtype} and shape {image.shape}; it must "
            "be uint8 (H, W, 3), RGB."
        )
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise ValueError(
            f"The image has {width}x{height} pixels; both sides must have at least "
            f"{MIN_SIDE}. Pad or enlarge it."
        )
    if max_pixels is not None and height * width > max_pixels:
        raise ValueError(
            f"The image has {width}x{height} pixels, more than the limit of "
            f"{max_pixels}. Raise max_pixels, here and in the decoder."
        )
    return image
