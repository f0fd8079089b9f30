"""Exports a model: both halves for devices and the run-time, or its decoder for servers.

    tf_ipr_export --target=tflite --model=mine       # mine/encoder.tflite and mine/decoder.tflite
    tf_ipr_export --target=tflite --image_size=250x250 --output=face
    tf_ipr_export --target=tflite --part=encoder --output=face.tflite
    tf_ipr_export --target=tflite --split --image_size=250x250 --output=halves
    tf_ipr_export --target=serving --model=savedmodels/lfw_l2_ipr --output=/models/face_decoder

--target=tflite: two files, encoder.tflite and decoder.tflite, pixels to stream and back
(docs/device.md); prints their operations, all built into TFLite; they refuse pictures above 2^24 pixels
unless --max_pixels says otherwise. --target=serving: a SavedModel that an unmodified TensorFlow Serving
loads, streams in, pixels out (docs/serving.md); it refuses pictures above 2048x2048 unless --max_pixels
says otherwise. Sizes are WIDTHxHEIGHT, in pixels.
"""

from __future__ import annotations

import pathlib
import re

from absl import flags

from tf_ipr.bin import codec_flags, recognizer_flag, start

FLAGS = flags.FlagValues()
codec_flags.define(FLAGS)
recognizer_flag.define(FLAGS)

_TARGETS = ("tflite", "serving")
_FLAGS = {"tflite": ("image_size", "weights", "split", "part", "overwrite"),
          "serving": ("version", "recognizer", "batch_sizes", "image_sizes")}

flags.DEFINE_enum("target", None, _TARGETS, "What to export; required.", flag_values=FLAGS)
flags.DEFINE_string("output", None,
                    "Folder for the files. Default: the model's own; tflite with --split: encoder in "
                    "it; serving: decoder in it.", flag_values=FLAGS)
flags.DEFINE_string("image_size", "any",
                    "tflite: the one size the files take, WIDTHxHEIGHT, or `any`, from 16x16.",
                    flag_values=FLAGS)
flags.DEFINE_enum("weights", "float16", ["float16", "float32"],
                  "tflite: how filters are stored; computed is in float32.", flag_values=FLAGS)
flags.DEFINE_bool("split", False,
                  "tflite: the encoder alone as two files, analysis.tflite for a GPU or NPU delegate, "
                  "and coder.tflite, which is exact and must run on the CPU.", flag_values=FLAGS)
flags.DEFINE_enum("part", None, ["encoder", "decoder"],
                  "tflite: this half alone; --output may be a file then.", flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "tflite: replace the halves that came with a shipped model.",
                  flag_values=FLAGS)
flags.DEFINE_integer("version", 1, "serving: version of the SavedModel, the name of its folder.", 1,
                     flag_values=FLAGS)
flags.DEFINE_list("batch_sizes", None,
                  "serving: sizes the server rounds batches up to. Default: powers of two to 32.",
                  flag_values=FLAGS)
flags.DEFINE_list("image_sizes", None,
                  "serving: sizes to warm up with, WIDTHxHEIGHT. Default: 128x128,250x250.",
                  flag_values=FLAGS)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise ValueError(f"{text!r} is no image size; write WIDTHxHEIGHT, e.g. 250x250")
    return int(match[1]), int(match[2])


def _usage_error(argv) -> str | None:
    if len(argv) != 1:
        return f"no arguments are expected beside flags, {len(argv) - 1} given"
    if FLAGS.target is None:
        return f"--target is needed: {' or '.join(_TARGETS)}"
    for target, names in _FLAGS.items():
        foreign = [name for name in names if not FLAGS[name].using_default_value]
        if target != FLAGS.target and foreign:
            return f"--{foreign[0]} belongs to --target={target}; leave it out"
    return None


def _export_tflite(model: pathlib.Path) -> None:
    from tf_ipr.export import tflite_export  # pylint: disable=import-outside-toplevel

    size = None if FLAGS.image_size == "any" else _size(FLAGS.image_size)
    options = {}
    if not FLAGS["max_pixels"].using_default_value:
        options["max_pixels"] = FLAGS.max_pixels
    for file in tflite_export.export(model, FLAGS.output, size, FLAGS.weights, FLAGS.split, FLAGS.part,
                                     overwrite=FLAGS.overwrite, **options):
        print(f"{file.path}: {file.size_bytes} bytes, {sum(file.operations.values())} operations, "
              "all built in:")
        print("  " + ", ".join(f"{name} {count}" for name, count in file.operations.most_common()))


def _export_serving(model: pathlib.Path) -> None:
    from tf_ipr.export import serving_decoder  # pylint: disable=import-outside-toplevel

    options = {}
    if not FLAGS["max_pixels"].using_default_value:
        options["max_pixels"] = FLAGS.max_pixels
    if FLAGS.batch_sizes:
        options["batch_sizes"] = [int(size) for size in FLAGS.batch_sizes]
    if FLAGS.image_sizes:
        options["image_sizes"] = [_size(size)[::-1] for size in FLAGS.image_sizes]
    print(serving_decoder.export(model, FLAGS.output or model / "decoder", FLAGS.version,
                                 FLAGS.recognizer, **options))


def main(argv) -> int:
    message = _usage_error(argv)
    if message:
        raise start.UsageError(message)
    from tf_ipr.format import shipped_models  # pylint: disable=import-outside-toplevel

    model = shipped_models.folder_of(FLAGS.model)
    {"tflite": _export_tflite, "serving": _export_serving}[FLAGS.target](model)
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
