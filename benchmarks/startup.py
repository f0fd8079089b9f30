"""Seconds from the start of a process to its first picture or stream, beside what a user would pick instead.

    python -m benchmarks.startup

Each row is a fresh Python process, run --runs times in turn with the others; the median counts. Ours
are the console commands as they are typed. A process that must not load TensorFlow is asked whether
it did.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags
from PIL import Image

import tf_ipr
from tf_ipr.format import shipped_models

FLAGS = flags.FLAGS
flags.DEFINE_string("model", None, "Model folder or name; default: the shipped model.")
flags.DEFINE_integer("runs", 7, "Processes per row.", 1)

_IMAGE = pathlib.Path(__file__).resolve().parents[1] / "tf_ipr" / "assets" / "astronaut.png"
_BINARY = "import sys; sys.argv[0] = 'tf_ipr_{0}'; from tf_ipr.bin import {0}; {0}.run()"
# (what, the module of a binary and its arguments, or a script)
_BINARIES = (
    ("tf_ipr_compress --help", "compress", ["--help"]),
    ("tf_ipr_compress --version", "compress", ["--version"]),
    ("tf_ipr_compress, wrong usage", "compress", ["--qualty=3", "a.png", "a.ipr"]),
    ("tf_ipr_info one.ipr", "info", ["{stream}"]),
    ("tf_ipr_compress one.png one.ipr", "compress", ["{model_flag}", "{image}", "{folder}/new.ipr"]),
    ("tf_ipr_decompress one.ipr one.png", "decompress", ["{model_flag}", "{stream}", "{folder}/new.png"]),
)
_SCRIPTS = (
    ("Python itself", "pass"),
    ("Pillow: an AVIF file to PNG", "from PIL import Image; Image.open(r'{avif}').save(r'{folder}/new2.png')"),
    ("TensorFlow: import", "import tensorflow"),
    ("SavedModel: first stream decoded",
     "import tensorflow as tf; tf.saved_model.load(r'{model}/decoder/1').signatures["
     "'serving_default'](stream_bytes=tf.constant([open(r'{stream}', 'rb').read()]))"),
)
_TELL = ("import atexit, sys; atexit.register(lambda: 'tensorflow' in sys.modules "
         "and sys.stderr.write('TENSORFLOW')); ")


def _commands(places: dict) -> list:
    """(label, command) of every row."""
    rows = [(label, [sys.executable, "-c", script.format(**places)]) for label, script in _SCRIPTS
            if "/decoder/" not in script or (pathlib.Path(places["model"]) / "decoder" / "1").is_dir()]
    for label, binary, arguments in _BINARIES:
        rows.append((label, [sys.executable, "-c", _TELL + _BINARY.format(binary),
                             *(argument.format(**places) for argument in arguments)]))
    return rows


def main(argv) -> int:
    del argv
    model = shipped_models.folder_of(FLAGS.model)
    image = Image.open(_IMAGE).convert("RGB")
    with tempfile.TemporaryDirectory() as folder:
        places = dict(folder=folder, model=model, image=_IMAGE, model_flag=f"--model={model}",
                      stream=f"{folder}/image.ipr", avif=f"{folder}/image.avif")
        stream = tf_ipr.Codec.load(model).compress(np.asarray(image))
        pathlib.Path(places["stream"]).write_bytes(stream)
        image.save(places["avif"])
        rows = _commands(places)
        seconds: dict = {label: [] for label, _ in rows}
        loaded = set()
        for _ in range(FLAGS.runs):
            for label, command in rows:
                start = time.perf_counter()
                done = subprocess.run(command, capture_output=True, check=False)
                seconds[label].append(time.perf_counter() - start)
                if done.returncode not in (0, 2):
                    raise RuntimeError(f"{label}: exit code {done.returncode}: {done.stderr.decode()}")
                if b"TENSORFLOW" in done.stderr:
                    loaded.add(label)
        print(f"{FLAGS.runs} processes a row; {image.width}x{image.height} pixels, {len(stream)} bytes.\n")
        print("| from process start to end | seconds, median | fastest | TensorFlow |\n|---|---|---|---|")
        for label, values in seconds.items():
            uses = "yes" if label in loaded or "TensorFlow" in label or "SavedModel" in label else "no"
            print(f"| {label} | {statistics.median(values):.2f} | {min(values):.2f} | {uses} |")
    return 0


if __name__ == "__main__":
    app.run(main)
