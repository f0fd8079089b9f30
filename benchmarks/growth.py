"""How time and memory grow with the pixels, 64x64 to 4096x4096, of the encoder and of the decoder.

    python -m benchmarks.growth --encoder=savedmodels/lfw_l2_rec/encoder.tflite \
        --plot=docs/growth.svg

The encoder is the TFLite file, the decoder the model's SavedModel (exported with a limit that lets
the largest picture pass). One thread, every size in a process of its own, the same picture scaled.
Prints CPU time per batch and per megapixel and memory: of the encoder what came after Python,
NumPy, Pillow and the image, the runtime's code included; of the decoder what came after the loaded
model. Draws both in a log-log plot.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tempfile

import tensorflow  # noqa: F401  # Before app.run, else Keras builds in graph mode.
from absl import app, flags

from tf_ipr.bin import codec_flags
from tf_ipr.files import atomic_file, image_file
from tf_ipr.format import shipped_models
from tf_ipr.models import codec as codec_module

FLAGS = flags.FLAGS
codec_flags.define(FLAGS)
flags.DEFINE_string("encoder", None, "encoder.tflite for any image size.", required=True)
flags.DEFINE_string("litert_python", None, "Python with ai-edge-litert. Default: this one.")
flags.DEFINE_list("sides", ["64", "128", "256", "512", "1024", "2048", "4096"], "Image sides.")
flags.DEFINE_float("quality", 50.0, "Quality.", 1.0, 100.0)
flags.DEFINE_integer("batch", 1, "Copies of a stream that the decoder takes together.", 1)
flags.DEFINE_string("plot", None, "SVG file to draw.")

_FOLDER = pathlib.Path(__file__).parent
_MAX_PIXELS = 1 << 24


def _measure(python, script: str, *arguments) -> dict:
    done = subprocess.run([python, str(_FOLDER / script), *map(str, arguments)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def draw(found: dict, path: str) -> None:
    """Two log-log panels: time and memory over pixels."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for panel, key, label in zip(panels, ("cpu_ms", "added_mib"), ("CPU ms", "MiB")):
        for name, rows in found.items():
            panel.loglog([side * side for side in rows],
                         [max(row[key], 0.1) for row in rows.values()], "o-", label=name)
        panel.set_xlabel("pixels")
        panel.set_ylabel(label)
        panel.grid(True, which="both", alpha=0.3)
        panel.legend()
    figure.tight_layout()
    with atomic_file.writing(path, "wb") as file:
        figure.savefig(file, format="svg")


def _streams(codec, picture, folder) -> dict:
    """Writes SIDE.png and SIDE.ipr of each side; returns (image, stream, runs) by side."""
    import numpy as np
    from PIL import Image

    files = {}
    for side in map(int, FLAGS.sides):
        scaled = Image.fromarray(picture).resize((side, side), Image.BICUBIC)
        image, stream = folder / f"{side}.png", folder / f"{side}.ipr"
        scaled.save(image)
        stream.write_bytes(codec.compress(np.asarray(scaled), quality=FLAGS.quality))
        files[side] = image, stream, 5 if side <= 1024 else 1
    return files


def main(argv) -> None:
    del argv
    from tf_ipr.export import serving_decoder

    model = shipped_models.folder_of(FLAGS.model)
    picture = image_file.read_image(
        pathlib.Path(image_file.__file__).parents[1] / "assets/astronaut.png")
    print("| direction | image | CPU ms | ms per megapixel | MiB | bytes |")
    print("|---|---|---|---|---|---|")
    found = {"encode": {}, "decode": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        codec = codec_module.TensorFlowCodec.load(model, max_pixels=_MAX_PIXELS)
        files = _streams(codec, picture, folder)
        decoder = serving_decoder.export(
            model, folder / "decoder", max_pixels=_MAX_PIXELS,
            max_batch_pixels=_MAX_PIXELS * FLAGS.batch, batch_sizes=(1,), image_sizes=[(64, 64)])
        for side, (image, stream, runs) in files.items():
            found["encode"][side] = _measure(
                FLAGS.litert_python or sys.executable, "encoder_process.py", "tflite",
                FLAGS.encoder, image, FLAGS.quality, f"--runs={runs}")
            found["decode"][side] = _measure(
                sys.executable, "decoder_process.py", decoder, files[min(files)][1], stream,
                f"--batch={FLAGS.batch}", f"--runs={runs}")
            for direction, rows in found.items():
                row, pixels = rows[side], side ** 2 * (FLAGS.batch if direction == "decode" else 1)
                print(f"| {direction} | {side}x{side} | {row['cpu_ms']:.1f} | "
                      f"{row['cpu_ms'] / pixels * 1e6:.0f} | {row['added_mib']:.0f} | "
                      f"{row['bytes']} |", flush=True)
    if FLAGS.plot:
        draw(found, FLAGS.plot)


if __name__ == "__main__":
    app.run(main)
