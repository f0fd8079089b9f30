"""Encodes a picture with encoder.tflite: python encode.py encoder.tflite face.jpg face.ipr

Needs tf_ipr without TensorFlow, which reads pictures as tf_ipr_compress does. The class alone needs a
TFLite runtime and NumPy (`pip install ai-edge-litert numpy`): copy it. Camera frames go the same way:

    encoder = Encoder("encoder.tflite")
    stream = encoder.encode(frame, quality=50)        # uint8 (H, W, 3), RGB
"""

import argparse
import json
import pathlib
import sys
import time
import zipfile

import numpy as np

FORMAT_MAJOR = "1"


def load_interpreter():
    """The Interpreter class of the first runtime that is installed."""
    # pylint: disable=import-outside-toplevel
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            try:
                import tensorflow
                Interpreter = tensorflow.lite.Interpreter
            except ImportError:
                raise RuntimeError("No TFLite runtime is installed: pip install ai-edge-litert"
                                   ) from None
    return Interpreter


class Encoder:
    """An encoder file, ready to run.

    Attributes:
      metadata: what the file says about itself: model_id, format_version, image_size, licence ...
    """

    def __init__(self, path, threads: int = 1):
        """Raises ValueError if `path` is no encoder of this format, OSError if it is not there."""
        content = pathlib.Path(path).read_bytes()
        try:
            with zipfile.ZipFile(path) as archive:  # appended to the model
                self.metadata = json.loads(archive.read("metadata.json"))
        except (zipfile.BadZipFile, KeyError, ValueError):
            raise ValueError(f"{path} is no encoder: it has no metadata.json inside. Export one "
                             "with tf_ipr_export --target=tflite.") from None
        if self.metadata["part"] != "encoder":
            raise ValueError(f"{path} is the {self.metadata['part']} of a split encoder; this "
                             "example runs whole ones (tf_ipr_export without --split).")
        if self.metadata["format_version"].split(".")[0] != FORMAT_MAJOR:
            raise ValueError(f"{path} writes streams of format {self.metadata['format_version']}; "
                             f"this example knows {FORMAT_MAJOR}.x.")
        interpreter = load_interpreter()(model_content=content, num_threads=threads)
        self._run = interpreter.get_signature_runner("encode")

    def encode(self, image, quality: float = 50.0) -> bytes:
        """Encodes an image.

        Args:
          image: uint8 (H, W, 3), RGB, both sides from 16 pixels.
          quality: 1 (fewest bytes) to 100, in effect in steps of a half.

        Raises:
          ValueError: an image or a quality that the encoder does not take.
        """
        image = np.asarray(image)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"The image has dtype {image.dtype} and shape {image.shape}; it must "
                             "be uint8 (H, W, 3), RGB.")
        height, width = image.shape[:2]
        if min(height, width) < self.metadata["min_side"]:
            raise ValueError(f"The image has {width}x{height} pixels; both sides must have at "
                             f"least {self.metadata['min_side']}. Pad or enlarge it.")
        if self.metadata["image_size"] not in ("any", f"{width}x{height}"):
            raise ValueError(f"The image has {width}x{height} pixels; this encoder was exported "
                             f"for {self.metadata['image_size']}. Resize it, or export with "
                             "--image_size=any.")
        if not 1 <= quality <= 100:
            raise ValueError(f"quality is {quality}; it must be in 1..100.")
        result = self._run(image=np.ascontiguousarray(image)[np.newaxis],
                           quality=np.float32(quality))
        length = int(result["length"])
        if not length:
            raise ValueError(f"{width}x{height} pixels at quality {quality} were not coded; the "
                             "encoder needs sides from 16 pixels and a finite quality.")
        return result["stream"][:length].tobytes()


def main(arguments=None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("encoder", help="encoder.tflite")
    parser.add_argument("image", help="a picture, or - for stdin")
    parser.add_argument("stream", help="file to write")
    parser.add_argument("--quality", type=float, default=50.0, help="1..100, default 50")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    from tf_ipr.files import image_file  # pylint: disable=import-outside-toplevel
    try:
        encoder = Encoder(options.encoder, options.threads)
        image = image_file.read_image(sys.stdin.buffer if options.image == "-" else options.image)
        encoder.encode(image, options.quality)  # The first run also prepares the graph.
        start = time.perf_counter()
        stream = encoder.encode(image, options.quality)
        milliseconds = 1e3 * (time.perf_counter() - start)
        pathlib.Path(options.stream).write_bytes(stream)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"encode.py: {error}", file=sys.stderr)
        return 1
    print(f"{options.stream}: {len(stream)} bytes, "
          f"{8 * len(stream) / (image.shape[0] * image.shape[1]):.3f} bpp, {milliseconds:.1f} ms, "
          f"model {encoder.metadata['model_id']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
