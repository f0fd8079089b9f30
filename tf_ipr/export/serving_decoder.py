"""The decoder as a SavedModel for an unmodified TensorFlow Serving: streams in, pixels out.

    OUTPUT/VERSION/saved_model.pb             stock operations only
    OUTPUT/VERSION/assets.extra/              warm-up requests; decoder.json: what this decoder reads
    OUTPUT/batching_parameters.txt            for --batching_parameters_file
    OUTPUT/models.config                      for --model_config_file

Signatures, each of `stream_bytes` string [B] (docs/serving.md):

    serving_default   image uint8 [B,H,W,3], height int32 [B], width int32 [B], status int32 [B]
    png               png_bytes string [B], status int32 [B]
    embedding         embedding float32 [B,D], status int32 [B]; only with a recogniser
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence

import tensorflow as tf

from tf_ipr.export import serving_files
from tf_ipr.export.aligned_embedding import embed_aligned
from tf_ipr.export.batch_decoder import BatchDecoder
from tf_ipr.export.export_error import ExportError
from tf_ipr.export.load_time_values import HalfPrecisionVariable, LoadTimeValue, is_half
from tf_ipr.files import atomic_file
from tf_ipr.format import bitstream
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models import model_folder
from tf_ipr.models.inference import InferenceModel

MAX_PIXELS = 1 << 22
MAX_BATCH_PIXELS = 1 << 25
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
IMAGE_SIZES = ((128, 128), (250, 250))

_PNG_COMPRESSION = 1  # A fifth of the default's time for a tenth more bytes.


def export(model_folder_path, output, version: int = 1, recognizer=None,
           max_pixels: int = MAX_PIXELS, max_batch_pixels: int | None = None,
           batch_sizes: Sequence[int] = BATCH_SIZES,
           image_sizes: Sequence[tuple[int, int]] | None = None) -> pathlib.Path:
    """Writes the decoder of a model.

    Args:
      model_folder_path: a model folder, see `models.model_folder`.
      output: the folder that the server watches; the version becomes a folder in it.
      version: positive; a server takes the highest.
      recognizer: folder of a recogniser to embed with, for the signature `embedding`.
      max_pixels: largest height * width that the decoder accepts, up to 2^26. Together with
        `max_batch_pixels` it bounds memory and time, see docs/security.md.
      max_batch_pixels: largest B * H * W of a batch padded to its largest image; at least
        `max_pixels`. Default: 2^25, or `max_pixels` if that is more.
      batch_sizes: the batch sizes that the server pads to, ascending; warmed up.
      image_sizes: (height, width) of the images to warm up with. Default: those of `IMAGE_SIZES`
        within `max_pixels`.

    Returns:
      The folder of the version.

    Raises:
      ExportError: a bad argument, or a graph with operations that a stock server lacks.
      CheckpointError: no usable model; RecognizerError: no usable recogniser.
      OSError: the output cannot be written.
    """
    if max_batch_pixels is None:
        max_batch_pixels = max(MAX_BATCH_PIXELS, max_pixels)
    if image_sizes is None:
        image_sizes = [size for size in IMAGE_SIZES if size[0] * size[1] <= max_pixels]
    _check(version, max_pixels, max_batch_pixels, batch_sizes, image_sizes)
    model, config = model_folder.load(model_folder_path)
    module = ServingDecoder(model, config["model_id"], max_pixels, max_batch_pixels,
                            _load_recognizer(recognizer))
    signatures = module.signatures()
    for name, signature in signatures.items():
        _require_stock_operations(name, signature)
    output = pathlib.Path(output)
    with atomic_file.folder(output / str(version), mark="saved_model.pb") as folder:
        tf.saved_model.save(module, str(folder), signatures=signatures)
        extra = folder / "assets.extra"
        extra.mkdir()
        serving_files.write_warmup(extra / serving_files.WARMUP, model_folder_path, signatures,
                                   batch_sizes, image_sizes)
        (extra / "decoder.json").write_text(json.dumps({
            "model_id": config["model_id"], "stream_version": f"{bitstream.MAJOR}.x",
            "max_pixels": max_pixels, "max_batch_pixels": max_batch_pixels,
            "status": {str(int(s)): s.message for s in StreamStatus}}, indent=1) + "\n")
    serving_files.write_server_configuration(output, batch_sizes)
    return output / str(version)


class ServingDecoder(tf.Module):
    """Holds the variables of a decoder and makes its signatures."""

    def __init__(self, model: InferenceModel, model_id: str, max_pixels: int,
                 max_batch_pixels: int, recognizer=None):
        """Takes a model, its id, the limits of `export` and a `Recognizer` or None."""
        super().__init__(name="serving_decoder")
        self.slot_tables = []

        def hold(compute):
            self.slot_tables.append(LoadTimeValue(
                compute, f"{model_id}/slots/{len(self.slot_tables)}"))
            return self.slot_tables[-1]

        decoder = BatchDecoder(model, model_id, max_pixels, max_batch_pixels, hold)
        self._recognizer = recognizer
        streams = tf.TensorSpec([None], tf.string, name="stream_bytes")
        # One graph that all signatures call; a tf.function would be traced and stored twice.
        self._decode = tf.function(decoder.images, input_signature=[streams]).get_concrete_function()
        # What the decoder uses, without the analysis and without Keras' own bookkeeping.
        self.weights = [
            HalfPrecisionVariable(v, f"{model_id}/weights/{i}") if is_half(v) else v
            for i, v in enumerate(self._decode.graph.variables)]
        self._streams = streams

    def signatures(self) -> dict:
        """Concrete functions by the name of their signature."""
        functions = {"serving_default": self._images, "png": self._png}
        if self._recognizer is not None:
            functions["embedding"] = self._embedding
        return {name: tf.function(function, input_signature=[self._streams]).get_concrete_function()
                for name, function in functions.items()}

    def _images(self, stream_bytes):
        decoded = self._decode(stream_bytes)
        _require_any(decoded.status)
        return decoded._asdict()

    def _png(self, stream_bytes):
        decoded = self._decode(stream_bytes)
        _require_any(decoded.status)

        def encode(part):
            image, height, width = part
            return tf.cond(height > 0, lambda: tf.io.encode_png(image[:height, :width],
                                                                compression=_PNG_COMPRESSION),
                           lambda: tf.constant(b""))

        png = tf.map_fn(encode, decoded[:3], fn_output_signature=tf.TensorSpec([], tf.string))
        return {"png_bytes": png, "status": decoded.status}

    def _embedding(self, stream_bytes):
        decoded = self._decode(stream_bytes)
        embedding, status = embed_aligned(decoded, self._recognizer)
        _require_any(status)
        return {"embedding": embedding, "status": status}


def _require_any(status) -> None:
    """Fails when the graph runs where no stream of the batch is good."""
    names = ", ".join(f"{s.value} {s.name}" for s in StreamStatus if s)
    tf.debugging.Assert(tf.reduce_any(status == StreamStatus.OK),
                        ["No stream of the request can be decoded; status of each:", status,
                         f"({names})"], summarize=16)


def _require_stock_operations(name: str, signature) -> None:
    """Refuses operations that a server without our Python process or custom libraries lacks."""
    graph = signature.graph.as_graph_def()
    kinds = {node.op for node in graph.node}
    for function in graph.library.function:
        kinds.update(node.op for node in function.node_def)
    functions = {function.signature.name for function in graph.library.function}
    foreign = sorted(kind for kind in kinds - functions
                     if not hasattr(tf.raw_ops, kind) or "PyFunc" in kind)
    if foreign:
        raise ExportError(f"The signature {name} has the operations {', '.join(foreign)}, which a "
                          "stock TensorFlow Serving lacks. Use the `mobile` architecture, or a "
                          "recogniser of built-in operations.")


def _load_recognizer(folder):
    if folder is None:
        return None
    from tf_ipr.recognition.recognizer import Recognizer  # Only where one is wanted.

    return Recognizer.load(folder).require_graph()


def _check(version, max_pixels, max_batch_pixels, batch_sizes, image_sizes) -> None:
    def check(condition, name, value, expected):
        if not condition:
            raise ExportError(f"{name} is {value!r}; it must be {expected}.")

    check(isinstance(version, int) and version > 0, "version", version, "a positive integer")
    low = bitstream.MIN_SIDE ** 2
    check(low <= max_pixels <= bitstream.MAX_PIXELS, "max_pixels", max_pixels,
          f"in {low}..{bitstream.MAX_PIXELS}")
    check(max_pixels <= max_batch_pixels < 1 << 31, "max_batch_pixels", max_batch_pixels,
          f"at least max_pixels, {max_pixels}, and below 2^31")
    check(len(batch_sizes) and list(batch_sizes) == sorted(set(batch_sizes)) and batch_sizes[0] > 0,
          "batch_sizes", batch_sizes, "positive and ascending")
    for size in image_sizes:
        check(min(size) >= bitstream.MIN_SIDE and size[0] * size[1] <= max_pixels,
              "an image size to warm up with", size,
              f"(height, width), sides from {bitstream.MIN_SIDE}, at most max_pixels = {max_pixels}")
        check(batch_sizes[-1] * size[0] * size[1] <= max_batch_pixels, "the largest batch of",
              f"{batch_sizes[-1]} images of {size}", f"within max_batch_pixels = {max_batch_pixels}")
