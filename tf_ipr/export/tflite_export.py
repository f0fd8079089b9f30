"""Both halves of a codec as TFLite files of built-in operations.

    encoder.tflite     signature `encode`: image uint8 [1,H,W,3], quality float32 []
                       -> stream uint8 [N], length int32 []; the first `length` bytes are the stream
    decoder.tflite     signature `decode`: stream uint8 [N], length int32 []
                       -> image uint8 [H,W,3], status int32 [] (`StreamStatus`)

or, split, the encoder alone as two files for devices with an accelerator:

    analysis.tflite    signature `analyse`: image uint8 [1,H,W,3] -> latent float32 [1,h,w,M]
    coder.tflite       signature `code`: latent, height int32 [], width int32 [], quality
                       -> stream, length; on the CPU, in float32

Where the size of the picture is fixed, so are all shapes: N is the `stream_capacity`. Every file is
tried before any is written (`tflite_trial`).
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import pathlib

from tf_ipr.export import tflite_file, tflite_trial
from tf_ipr.export.decoder_graph import DecoderGraph
from tf_ipr.export.encoder_graph import EncoderGraph
from tf_ipr.export.export_error import ExportError
from tf_ipr.export.load_time_values import is_half
from tf_ipr.files import atomic_file
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.format.bitstream import MIN_SIDE
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec

WEIGHTS = ("float16", "float32")
PARTS = ("encoder", "decoder")
LICENCE = "Apache-2.0"
_SIGNATURES = {"analysis": "analyse", "coder": "code", "encoder": "encode", "decoder": "decode"}
_ENCODER_ALONE = ("hyperprior",)
# The next power of two above what a camera of 12 megapixels takes.
MAX_PIXELS = 1 << 24


@dataclasses.dataclass(frozen=True)
class ExportedFile:
    """One file: where it is, its bytes, and how often each operation stands in it."""

    path: pathlib.Path
    size_bytes: int
    operations: collections.Counter


def export(folder, output=None, image_size: tuple[int, int] | None = None,
           weights: str = "float16", split: bool = False, part: str | None = None,
           max_pixels: int = MAX_PIXELS, overwrite: bool = False) -> list[ExportedFile]:
    """Writes the encoder and the decoder of a model.

    Args:
      folder: a model folder, e.g. savedmodels/lfw_l2_rec.
      output: the folder for the files; with `part` also a file, NAME.tflite. Default: the model
        folder; with `split` its subfolder encoder.
      image_size: (width, height) in pixels, sides from 16; None leaves the size open.
      weights: how filters are stored, "float16" (half the size) or "float32". Either way
        everything is computed in float32.
      split: the encoder alone, as analysis.tflite and coder.tflite.
      part: one of `PARTS` alone.
      max_pixels: where the size is open, the largest width * height that the files take, up to 2^26.
      overwrite: whether halves that a shipped model has already may be replaced.

    Returns:
      An `ExportedFile` per file.

    Raises:
      ExportError: a wrong argument, a model that needs more than built-in operations, a file that
        failed its trial, or a shipped half that stands in the way. Nothing is written then.
      CheckpointError, ExactnessError: the folder holds no usable model.
    """
    _check(weights, image_size, max_pixels, split, part)
    parts = ("analysis", "coder") if split else (part,) if part else PARTS
    paths = _paths(pathlib.Path(folder), output, parts, overwrite)
    model, config = model_folder.load(folder)
    if "decoder" in parts and config["model"]["architecture"] in _ENCODER_ALONE:
        raise ExportError(f"The architecture {config['model']['architecture']} has transposed "
                          "convolutions that TFLite lacks, so its decoder cannot be exported. Export "
                          "its encoder alone (--part=encoder) and decode with --target=serving.")
    if image_size:
        max_pixels = image_size[0] * image_size[1]
    encoder = EncoderGraph(model, config["model_id"], max_pixels, image_size)
    decoder = DecoderGraph(model, config["model_id"], max_pixels, image_size)
    contents, counts = {}, {}
    for part in parts:
        graph, signature = decoder if part == "decoder" else encoder, _SIGNATURES[part]
        converted = tflite_file.convert(getattr(graph, signature), graph, signature)
        if weights == "float16":
            tflite_file.halve_weights(converted)
        if part != "analysis":
            tflite_trial.check_exact_part(converted, model.hyper_index.layers, part)
        if part == "decoder":
            tflite_trial.check_constants(converted, graph.constants, part)
        counts[part] = tflite_file.operations(converted)
        contents[part] = tflite_file.to_bytes(converted, dict(
            part=part, signature=signature, model_id=config["model_id"],
            format_version=f"{bitstream.MAJOR}.{bitstream.MINOR}", licence=LICENCE, weights=weights,
            image_size="x".join(map(str, image_size)) if image_size else "any", min_side=MIN_SIDE,
            max_pixels=max_pixels))
    rounded = weights == "float16" and not all(
        map(is_half, model_folder.float_weights(model.network).values()))
    tflite_trial.try_out(contents, TensorFlowCodec(model, config), image_size, rounded)
    with contextlib.ExitStack() as stack:  # All are complete before the first takes its name.
        for part in parts:
            stack.enter_context(atomic_file.writing(paths[part])).write(contents[part])
    return [ExportedFile(paths[part], len(contents[part]), counts[part]) for part in parts]


def _check(weights, image_size, max_pixels, split, part) -> None:
    if weights not in WEIGHTS:
        raise ExportError(f"weights is {weights!r}; it must be one of {', '.join(WEIGHTS)}.")
    if part not in (None, *PARTS) or split and part == "decoder":
        raise ExportError(f"part is {part!r}; it must be one of {', '.join(PARTS)}"
                          f"{', and the encoder alone can be split' if split else ''}.")
    if not MIN_SIDE ** 2 <= max_pixels <= bitstream.MAX_PIXELS:
        raise ExportError(f"max_pixels is {max_pixels}; it must be in {MIN_SIDE ** 2}.."
                          f"{bitstream.MAX_PIXELS}.")
    if image_size is not None and (min(image_size) < MIN_SIDE
                                   or image_size[0] * image_size[1] > bitstream.MAX_PIXELS):
        raise ExportError(f"The image size is {image_size[0]}x{image_size[1]}; both sides must have at "
                          f"least {MIN_SIDE} pixels, and both together at most {bitstream.MAX_PIXELS}.")


def _paths(folder: pathlib.Path, output, parts, overwrite: bool) -> dict[str, pathlib.Path]:
    """The path of each part; raises ExportError where it may not be written."""
    output = pathlib.Path(output) if output else folder / "encoder" if "coder" in parts else folder
    paths = {part: output / f"{part}.tflite" for part in parts}
    if output.suffix == ".tflite" or output.is_file():
        if len(parts) > 1:
            raise ExportError(
                f"The output {output} is a file, but {' and '.join(parts)} are written. Give a folder, "
                f"such as {output.with_suffix('')}, or choose one of them (--part=encoder).")
        paths = {parts[0]: output}
    shipped = {os.path.realpath(path) for path in shipped_models.folders().values()}
    standing = [path for path in paths.values()
                if path.exists() and os.path.realpath(path.parent) in shipped]
    if standing and not overwrite:
        raise ExportError(f"{' and '.join(map(str, standing))} came with the project and would be "
                          "replaced. Give another folder with --output, or allow it with --overwrite.")
    return paths
