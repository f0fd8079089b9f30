"""Decodes a stream with decoder.tflite: python decode.py decoder.tflite face.ipr face.png

Needs tf_ipr without TensorFlow, which writes the picture. The class alone needs a TFLite runtime and
NumPy (`pip install ai-edge-litert numpy`): copy it.

    decoder = Decoder("decoder.tflite")
    image = decoder.decode(stream)                    # uint8 (H, W, 3), RGB
"""

import argparse
import json
import pathlib
import sys
import time
import zipfile

import numpy as np

FORMAT_MAJOR = "1"
SHORTEST_BUFFER = 2048

# Why a stream was not decoded; docs/bitstream.md says more.
STATUS = {
    1: "is empty",
    2: "is something else",
    3: "was truncated",
    4: "is of another format version",
    5: "has an impossible quality",
    6: "has a damaged header",
    7: "has more pixels than the decoder takes",
    8: "was truncated",
    9: "is damaged",
    10: "was truncated or extended",
    11: "was made with another model",
    12: "was extended",
    14: "is damaged",
    16: "holds a picture of another size than the decoder takes",
}


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


class Decoder:
    """A decoder file, ready to run.

    Attributes:
      metadata: what the file says about itself: model_id, format_version, image_size, max_pixels ...
    """

    def __init__(self, path, threads: int = 1):
        """Raises ValueError if `path` is no decoder of this format, OSError if it is not there."""
        content = pathlib.Path(path).read_bytes()
        try:
            with zipfile.ZipFile(path) as archive:  # appended to the model
                self.metadata = json.loads(archive.read("metadata.json"))
        except (zipfile.BadZipFile, KeyError, ValueError):
            raise ValueError(f"{path} is no decoder: it has no metadata.json inside. Export one "
                             "with tf_ipr_export --target=tflite.") from None
        if self.metadata["part"] != "decoder":
            raise ValueError(f"{path} is the {self.metadata['part']} of a codec; this example runs "
                             "decoders.")
        if self.metadata["format_version"].split(".")[0] != FORMAT_MAJOR:
            raise ValueError(f"{path} reads streams of format {self.metadata['format_version']}; "
                             f"this example knows {FORMAT_MAJOR}.x.")
        interpreter = load_interpreter()(model_content=content, num_threads=threads)
        self._run = interpreter.get_signature_runner("decode")

    def decode(self, stream: bytes) -> np.ndarray:
        """Decodes a whole stream to uint8 (H, W, 3), RGB; raises ValueError where it is damaged."""
        length = len(stream)
        fixed = int(self._run.get_input_details()["stream"]["shape_signature"][0])
        # A buffer of any length from the stream's on; doubled, it seldom changes between streams.
        size = fixed if fixed > 0 else max(SHORTEST_BUFFER, 1 << (length - 1).bit_length())
        if length > size:
            raise ValueError(f"The stream has {length} bytes; this decoder takes {size} at most.")
        buffer = np.zeros(size, np.uint8)
        buffer[:length] = np.frombuffer(stream, np.uint8)
        result = self._run(stream=buffer, length=np.int32(length))
        status = int(result["status"])
        if status:
            raise ValueError(f"The stream {STATUS.get(status, 'was not decoded')} (status {status}).")
        return result["image"]


def main(arguments=None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("decoder", help="decoder.tflite")
    parser.add_argument("stream", help="a stream, or - for stdin")
    parser.add_argument("image", help="PNG file to write, or - for stdout")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    from tf_ipr.files import image_file  # pylint: disable=import-outside-toplevel
    try:
        decoder = Decoder(options.decoder, options.threads)
        stream = (sys.stdin.buffer.read() if options.stream == "-"
                  else pathlib.Path(options.stream).read_bytes())
        decoder.decode(stream)  # The first run also prepares the graph.
        start = time.perf_counter()
        image = decoder.decode(stream)
        milliseconds = 1e3 * (time.perf_counter() - start)
        image_file.write_image(sys.stdout.buffer if options.image == "-" else options.image, image)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"decode.py: {error}", file=sys.stderr)
        return 1
    if options.image != "-":
        print(f"{options.image}: {image.shape[1]}x{image.shape[0]} pixels, {milliseconds:.1f} ms, "
              f"model {decoder.metadata['model_id']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
