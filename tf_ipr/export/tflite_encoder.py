"""The encoder as one TFLite file: pixels in, finished stream out, built-in operations only.

    encoder.tflite     signature `encode`: image uint8 [1,H,W,3], quality float32 []
                       -> stream uint8 [N], length int32 []; the first `length` bytes are the stream

or, split, as two files for devices with an accelerator:

    analysis.tflite    signature `analyse`: image uint8 [1,H,W,3] -> latent float32 [1,h,w,M]
    coder.tflite       signature `code`: latent, height int32 [], width int32 [], quality
                       -> stream, length; on the CPU, in float32

Every file is tried before it is written: it codes pictures of several kinds, and each
stream must decode.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from typing import Optional, Tuple

import numpy as np
import tensorflow as tf

from tf_ipr.files import atomic_file
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.format import bitstream
from tf_ipr.export import tflite_file
from tf_ipr.export.encoder_graph import EncoderGraph
from tf_ipr.export.export_error import ExportError
from tf_ipr.models import model_folder
from tf_ipr.format.bitstream import MIN_SIDE

WEIGHTS = ("float16", "float32")
LICENCE = "Apache-2.0"
_TRIAL_SIZE = 75, 53  # width, height; for encoders of any size
_TRIAL_QUALITIES = 1.0, 50.0, 100.0


@dataclasses.dataclass(frozen=True)
class ExportedFile:
    """One file: where it is, its bytes, and how often each operation stands in it."""

    path: pathlib.Path
    size_bytes: int
    operations: collections.Counter


def export(folder, output, image_size: Optional[Tuple[int, int]] = None,
           weights: str = "float16", split: bool = False) -> list:
    """Writes the encoder of a model.

    Args:
      folder: a model folder, e.g. savedmodels/lfw_l2_rec.
      output: the file; with `split` a folder, which gets analysis.tflite and coder.tflite.
      image_size: (width, height) in pixels, sides from 16; None leaves the size open.
      weights: how filters are stored, "float16" (half the size) or "float32". Either way
        everything is computed in float32.
      split: two files instead of one.

    Returns:
      An `ExportedFile` per file.

    Raises:
      ExportError: a wrong argument, a model that needs more than built-in operations, or a file
        that failed its trial. Nothing is written then.
      CheckpointError, ExactnessError: the folder holds no usable model.
    """
    if weights not in WEIGHTS:
        raise ExportError(f"weights is {weights!r}; it must be one of {', '.join(WEIGHTS)}.")
    if image_size is not None and min(image_size) < MIN_SIDE:
        raise ExportError(f"The image size is {image_size[0]}x{image_size[1]}; both sides must "
                          f"have at least {MIN_SIDE} pixels.")
    model, config = model_folder.load(folder)
    graph = EncoderGraph(model, config["model_id"], image_size)
    functions = {"encode": (graph.encode, "encoder")}
    if split:
        functions = {"analyse": (graph.analyse, "analysis"), "code": (graph.code, "coder")}
    contents, counts = {}, {}
    for signature, (function, part) in functions.items():
        converted = tflite_file.convert(function, graph, signature)
        if weights == "float16":
            tflite_file.halve_weights(converted)
        if signature != "analyse":
            _check_exact_part(converted, model.hyper_index.layers)
        counts[part] = tflite_file.operations(converted)
        contents[part] = tflite_file.to_bytes(
            converted, _metadata(config, part, signature, image_size, weights))
    _try_out(contents, TensorFlowCodec(model, config), image_size)
    return _write(contents, counts, pathlib.Path(output), split)


def _metadata(config, part, signature, image_size, weights) -> dict:
    return dict(
        part=part, signature=signature, model_id=config["model_id"],
        format_version=f"{bitstream.MAJOR}.{bitstream.MINOR}", licence=LICENCE, weights=weights,
        image_size="x".join(map(str, image_size)) if image_size else "any", min_side=MIN_SIDE)


def _check_exact_part(converted, layers) -> None:
    """Every integer of `layers` must be in the file as it is, but for a power of two."""
    constants = [values for tensor in converted.subgraphs[0].tensors
                 if (values := tflite_file.constant(converted, tensor)) is not None]
    for number, layer in enumerate(layers):
        scale = np.float32(2.0 ** -layer.shift)
        for name, expected in (("kernel", layer.kernel.T), ("bias", layer.bias)):
            if name == "bias" and not expected.any():
                continue  # The converter leaves it out.
            forms = [expected * factor for factor in (scale, 1)]
            # The converter may add the rounding offset, 1/2, to the bias beforehand.
            forms += [expected * scale + np.float32(0.5)] if name == "bias" else []
            if not any(values.size == form.size and np.array_equal(values.reshape(form.shape), form)
                       for values in constants for form in forms):
                raise ExportError(f"The {name} of integer layer {number} did not come through the "
                                  "conversion unchanged; such an encoder would not be exact.")


def _trial_images(width: int, height: int):
    """Noise, a gradient, a checkerboard and one colour, uint8 [H,W,3]."""
    rows, columns = np.indices((height, width))
    yield np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    yield np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256],
                   -1).astype(np.uint8)
    yield np.repeat(((rows + columns) % 2 * 255)[..., np.newaxis], 3, -1).astype(np.uint8)
    yield np.full((height, width, 3), 200, np.uint8)


def _try_out(contents: dict, codec: TensorFlowCodec, image_size) -> None:
    encoder = Encoder(**{f"{part}_content": content for part, content in contents.items()})
    for image in _trial_images(*(image_size or _TRIAL_SIZE)):
        for quality in _TRIAL_QUALITIES:
            stream = encoder.encode(image, quality)
            try:
                codec.symbols(stream)
            except bitstream.BitstreamError as error:
                raise ExportError("The exported encoder made a stream that does not decode, at "
                                  f"quality {quality:g}: {error}") from error


def _write(contents, counts, output: pathlib.Path, split: bool) -> list:
    exported = []
    for part, content in contents.items():
        path = output / f"{part}.tflite" if split else output
        with atomic_file.writing(path) as file:
            file.write(content)
        exported.append(ExportedFile(path, len(content), counts[part]))
    return exported


class Encoder:
    """Runs exported files with the TFLite of the installed TensorFlow: tests and trials."""

    def __init__(self, encoder_content: Optional[bytes] = None,
                 analysis_content: Optional[bytes] = None, coder_content: Optional[bytes] = None,
                 xnnpack: bool = True, threads: int = 1):
        """Give the content of one whole file, or of both halves."""
        contents = [encoder_content] if encoder_content else [analysis_content, coder_content]
        resolver = tf.lite.experimental.OpResolverType
        self._interpreters = [tf.lite.Interpreter(
            model_content=content, num_threads=threads,
            experimental_op_resolver_type=resolver.AUTO if xnnpack
            else resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES) for content in contents]

    def encode(self, image, quality: float) -> bytes:
        """uint8 (H, W, 3) -> stream.

        Raises:
          ValueError: a side below 16 pixels, or a quality that is not finite.
        """
        image, quality = np.ascontiguousarray(image)[np.newaxis], np.float32(quality)
        if len(self._interpreters) == 1:
            result = self._interpreters[0].get_signature_runner("encode")(
                image=image, quality=quality)
        else:
            latent = self._interpreters[0].get_signature_runner("analyse")(image=image)["latent"]
            height, width = (np.int32(side) for side in image.shape[1:3])
            result = self._interpreters[1].get_signature_runner("code")(
                latent=latent, height=height, width=width, quality=quality)
        length = int(result["length"])
        if not length:
            raise ValueError(f"Nothing was coded: the image has {image.shape[2]}x{image.shape[1]} "
                             f"pixels and the quality is {quality:g}. Both sides must have at least "
                             f"{MIN_SIDE} pixels, pad or enlarge the image; and the quality must be "
                             "a finite number.")
        return result["stream"][:length].tobytes()
