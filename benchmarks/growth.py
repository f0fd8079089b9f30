"""How time and memory grow with the pixels, 64x64 to 4096x4096.

    python -m benchmarks.growth --encoder=savedmodels/lfw_l2_rec/encoder.tflite \
        --plot=docs/growth.svg

One thread, every size in a process of its own, the same picture scaled. Prints a table with the
CPU time per image and per megapixel and the memory that came after Python, NumPy, Pillow and the
image; draws both in a log-log plot. A direction is an entry of `directions()`.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tempfile

from absl import app, flags

from tf_ipr import atomic_file
from tf_ipr.datasets import image_file

FLAGS = flags.FLAGS
flags.DEFINE_string("encoder", None, "encoder.tflite for any image size.", required=True)
flags.DEFINE_string("litert_python", None, "Python with ai-edge-litert. Default: this one.")
flags.DEFINE_list("sides", ["64", "128", "256", "512", "1024", "2048", "4096"], "Image sides.")
flags.DEFINE_float("quality", 50.0, "Quality.", 1.0, 100.0)
flags.DEFINE_string("plot", None, "SVG file to draw.")

_ENCODER = pathlib.Path(__file__).with_name("encoder_process.py")


def encode(image: pathlib.Path, runs: int) -> dict:
    """cpu_ms and added_mib of the encoder."""
    done = subprocess.run(
        [FLAGS.litert_python or sys.executable, str(_ENCODER), "tflite", FLAGS.encoder, str(image),
         str(FLAGS.quality), f"--runs={runs}"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{image.stem} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def directions() -> dict:
    """What is measured, by name: functions of (image file, runs)."""
    return {"encode": encode}


def draw(found: dict, path: str) -> None:
    """Two log-log panels: time and memory over pixels."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for panel, key, label in zip(panels, ("cpu_ms", "added_mib"), ("CPU ms", "MiB")):
        for name, rows in found.items():
            panel.loglog([side * side for side in rows], [row[key] for row in rows.values()], "o-",
                         label=name)
        panel.set_xlabel("pixels")
        panel.set_ylabel(label)
        panel.grid(True, which="both", alpha=0.3)
        panel.legend()
    figure.tight_layout()
    with atomic_file.writing(path, "wb") as file:
        figure.savefig(file, format="svg")


def main(argv) -> None:
    del argv
    from PIL import Image

    asset = pathlib.Path(image_file.__file__).parents[1] / "assets/astronaut.png"
    picture = Image.fromarray(image_file.read_image(asset))
    print("| direction | image | CPU ms | ms per megapixel | MiB | bytes |")
    print("|---|---|---|---|---|---|")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in directions().items():
            found[name] = {}
            for side in map(int, FLAGS.sides):
                file = pathlib.Path(folder) / f"{side}.png"
                picture.resize((side, side), Image.BICUBIC).save(file)
                row = measure(file, 5 if side <= 1024 else 1)
                found[name][side] = row
                print(f"| {name} | {side}x{side} | {row['cpu_ms']:.1f} | "
                      f"{row['cpu_ms'] / side ** 2 * 1e6:.0f} | {row['added_mib']:.0f} | "
                      f"{row['bytes']} |", flush=True)
    if FLAGS.plot:
        draw(found, FLAGS.plot)


if __name__ == "__main__":
    app.run(main)
