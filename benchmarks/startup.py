"""Seconds from the start of a process to its first picture or stream.

    python -m benchmarks.startup

Each row is a fresh Python process, run --runs times; the median counts. TensorFlow's own import is
the floor of everything that uses it.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from absl import app, flags

from tf_ipr.models import codec as codec_module
from tf_ipr.format import shipped_models
from tf_ipr.bin import codec_flags

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(codec_flags)
flags.DEFINE_integer("runs", 3, "Processes per row.", 1)

_IMAGE = pathlib.Path(__file__).resolve().parents[1] / "tf_ipr" / "assets" / "astronaut.png"
_ROWS = (
    ("Pillow: a JPEG decoded", "from PIL import Image; Image.open(r'{jpeg}').load()"),
    ("TensorFlow: import", "import tensorflow"),
    ("Codec: first stream decoded",
     "import tf_ipr; tf_ipr.Codec.load(r'{model}').decompress(open(r'{stream}', 'rb').read())"),
    ("Codec: first image encoded",
     "import numpy as np, tf_ipr; from PIL import Image; "
     "tf_ipr.Codec.load(r'{model}').compress(np.asarray(Image.open(r'{image}').convert('RGB')))"),
    ("SavedModel: first stream decoded",
     "import tensorflow as tf; tf.saved_model.load(r'{model}/decoder/1').signatures["
     "'serving_default'](stream_bytes=tf.constant([open(r'{stream}', 'rb').read()]))"),
)


def _seconds(script: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    return time.perf_counter() - start


def main(argv) -> int:
    del argv
    import numpy as np
    from PIL import Image

    model = shipped_models.folder_of(FLAGS.model)
    image = Image.open(_IMAGE).convert("RGB")
    with tempfile.TemporaryDirectory() as folder:
        stream, jpeg = pathlib.Path(folder, "image.ipr"), pathlib.Path(folder, "image.jpg")
        stream.write_bytes(codec_module.TensorFlowCodec.load(model).compress(np.asarray(image)))
        image.save(jpeg)
        print(f"Processes per row: {FLAGS.runs}. Image: {image.width}x{image.height}.\n")
        print("| from process start to | seconds, median |\n|---|---|")
        for label, script in _ROWS:
            if "/decoder/" in script and not (model / "decoder" / "1").is_dir():
                print(f"| {label} | no {model.name}/decoder/1: run tf_ipr_export |")
                continue
            filled = script.format(model=model, stream=stream, jpeg=jpeg, image=_IMAGE)
            seconds = statistics.median(_seconds(filled) for _ in range(FLAGS.runs))
            print(f"| {label} | {seconds:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    app.run(main)
