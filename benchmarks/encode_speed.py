"""What encoding costs on one thread: milliseconds, peak memory and file size, beside other codecs.

    python -m benchmarks.encode_speed --encoder=savedmodels/lfw_l2_rec/encoder.tflite

Each row is one encoder on one size in a process of its own. Wall clock and CPU time are medians;
quote the first only from an idle machine. Memory is the peak of the process, and in brackets what
of it came after Python, NumPy, Pillow and the image: the runtime's code is in it. Aim for
encoder.tflite at 250x250 and qualities to 50: 30 ms, 60 MiB added, 6 MB of file.

`--litert_python` runs the encoder with the LiteRT of another environment; `--compressai_python`
adds CompressAI's bmshj2018-hyperprior, and `--hyperprior` our preset of that size, exported: both
with random weights, which take the same time in the transforms, though not in the coder.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tempfile

from absl import app, flags

from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.DEFINE_string("encoder", None, "encoder.tflite for any image size.", required=True)
flags.DEFINE_list("sizes", ["128x128", "250x250", "1024x1024"], "Image sizes, WIDTHxHEIGHT.")
flags.DEFINE_list("qualities", ["25", "50"], "Qualities of our encoder.")
flags.DEFINE_list("others", ["jpeg:20", "webp:20", "avif:30", "hevc:33"],
                  "Other codecs, each with its setting.")
flags.DEFINE_string("litert_python", None, "Python with ai-edge-litert. Default: this one.")
flags.DEFINE_string("compressai_python", None, "Python with compressai. Default: left out.")
flags.DEFINE_bool("hyperprior", True, "Measure our `hyperprior` preset too.")
flags.DEFINE_string("image", None, "Picture to scale. Default: the astronaut.")
flags.DEFINE_integer("runs", 9, "Encodings per row.", 1)

_WORKER = pathlib.Path(__file__).with_name("encoder_process.py")


def measure(python, kind, path, image, quality) -> dict:
    """One row, from a process of its own."""
    done = subprocess.run(
        [python or sys.executable, str(_WORKER), kind, str(path), str(image), str(quality),
         f"--runs={FLAGS.runs}"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{kind} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def scaled(folder: pathlib.Path) -> dict:
    """The picture in every size, by name."""
    from PIL import Image

    source = FLAGS.image or pathlib.Path(image_file.__file__).parents[1] / "assets/astronaut.png"
    picture = Image.fromarray(image_file.read_image(source))
    files = {}
    for size in FLAGS.sizes:
        files[size] = folder / f"{size}.png"
        picture.resize(tuple(map(int, size.split("x"))), Image.BICUBIC).save(files[size])
    return files


def export_hyperprior(folder: pathlib.Path) -> pathlib.Path:
    """Our `hyperprior` preset with random weights as a TFLite file."""
    import tensorflow as tf

    from tf_ipr.export import tflite_export
    from tf_ipr.format.model_config import PRESETS
    from tf_ipr.models import model_folder
    from tf_ipr.models.training_model import TrainingModel
    from tf_ipr.training.validation import freeze

    tf.keras.utils.set_random_seed(0)
    model_folder.save(freeze(TrainingModel(PRESETS["hyperprior"])), folder / "hyperprior", {})
    return tflite_export.export(folder / "hyperprior", part="encoder")[0].path


def main(argv) -> None:
    del argv
    rows = [("encoder.tflite", FLAGS.litert_python, "tflite", FLAGS.encoder, float(quality))
            for quality in FLAGS.qualities]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if FLAGS.hyperprior:
            rows.append(("our `hyperprior`, random weights", FLAGS.litert_python, "tflite",
                         export_hyperprior(folder), 50.0))
        if FLAGS.compressai_python:
            rows.append(("CompressAI bmshj2018-hyperprior 5, random weights",
                         FLAGS.compressai_python, "compressai", "-", 5.0))
        for other in FLAGS.others:
            kind, setting = other.split(":")
            rows.append((kind, None, kind, "-", float(setting)))
        print("| encoder | setting | image | wall ms | CPU ms | peak MiB (added) | bytes "
              "| file MB |")
        print("|---|---|---|---|---|---|---|---|")
        files = scaled(folder)
        for label, python, kind, path, quality in rows:
            size_mb = f"{pathlib.Path(path).stat().st_size / 1e6:.2f}" if path != "-" else ""
            for size in FLAGS.sizes:
                found = measure(python, kind, path, files[size], quality)
                print(f"| {label} | {quality:g} | {size} | {found['wall_ms']:.1f} | "
                      f"{found['cpu_ms']:.1f} | "
                      f"{found['peak_mib']:.0f} ({found['added_mib']:.0f}) | "
                      f"{found['bytes']} | {size_mb} |", flush=True)


if __name__ == "__main__":
    app.run(main)
