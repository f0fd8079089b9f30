"""How time and memory of decoding grow with the picture, 64x64 to 4096x4096.

    python -m benchmarks.decode_growth --data_dir=../shared/lfw \
        --protocol_dir=../shared/lfw_protocol --every=500 --plot=docs/decode_growth.svg

Each size is decoded by the exported decoder in a process of its own, on one thread. Memory is the
growth of the process's peak over what it holds with the model loaded. The picture is the first of
the data set, mirrored over and over to each size.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow  # noqa: F401  # Before app.run, else Keras builds in graph mode.
from absl import app, flags

from benchmarks import images
from tf_ipr.codec import Codec
from tf_ipr.datasets import image_file
from tf_ipr.export import serving_decoder

FLAGS = flags.FLAGS
flags.DEFINE_list("sides", ["64", "128", "256", "512", "1024", "2048", "4096"],
                  "Heights and widths, pixels.")
flags.DEFINE_float("quality", 50, "Quality of the streams.", 1, 100)
flags.DEFINE_integer("batch", 1, "Copies of the stream decoded together.", 1)
flags.DEFINE_string("plot", None, "Where to write a log-log plot (SVG or PNG).")

_MAX_PIXELS = 1 << 24

# Decodes one stream in a process that has nothing else.
_WORKER = """
import json, sys, time
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
model = tf.saved_model.load(sys.argv[1])
decode = model.signatures["serving_default"]
small, large = (open(path, "rb").read() for path in sys.argv[2:4])
batch = int(sys.argv[4])
decode(stream_bytes=tf.constant([small]))
before, seconds = peak(), []
while len(seconds) < 2 or (sum(seconds) < 3 and len(seconds) < 20):
    start = time.perf_counter()
    decode(stream_bytes=tf.constant([large] * batch))["image"].numpy()
    seconds.append(time.perf_counter() - start)
print(json.dumps([sorted(seconds)[len(seconds) // 2], peak() - before]))
"""


def _mirrored(image: np.ndarray, side: int) -> np.ndarray:
    repeats = [(0, max(0, side - length)) for length in image.shape[:2]]
    return np.pad(image, [*repeats, (0, 0)], "symmetric")[:side, :side]


def _measure(decoder, small: bytes, large: bytes, folder) -> tuple:
    for name, data in (("small", small), ("large", large)):
        (folder / name).write_bytes(data)
    core = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        ["taskset", "-c", core, sys.executable, "-c", _WORKER, str(decoder), str(folder / "small"),
         str(folder / "large"), str(FLAGS.batch)], check=True, stdout=subprocess.PIPE, text=True)
    return tuple(json.loads(done.stdout))


def main(argv) -> None:
    del argv
    codec = Codec.load(images.model_folder(), max_pixels=_MAX_PIXELS)
    picture = image_file.read_image(images.paths()[0])
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        decoder = serving_decoder.export(
            images.model_folder(), folder / "decoder", max_pixels=_MAX_PIXELS,
            max_batch_pixels=max(_MAX_PIXELS * FLAGS.batch, _MAX_PIXELS), batch_sizes=(1,),
            image_sizes=[(64, 64)])
        small = codec.compress(_mirrored(picture, 64), quality=FLAGS.quality)
        print(f"Batch {FLAGS.batch}, quality {FLAGS.quality:g}, one thread\n")
        print("| pixels | bytes | decode ms | us per pixel | peak memory beyond the model MiB | "
              "bytes of memory per pixel |\n|---|---|---|---|---|---|")
        for side in map(int, FLAGS.sides):
            stream = codec.compress(_mirrored(picture, side), quality=FLAGS.quality)
            seconds, mebibytes = _measure(decoder, small, stream, folder)
            pixels = FLAGS.batch * side * side
            rows.append((pixels, 1e3 * seconds, mebibytes))
            print(f"| {side}x{side} | {len(stream)} | {1e3 * seconds:.1f} | "
                  f"{1e6 * seconds / pixels:.3f} | {mebibytes:.0f} | "
                  f"{mebibytes * 2 ** 20 / pixels:.0f} |", flush=True)
    if FLAGS.plot:
        _plot(np.array(rows))


def _plot(rows: np.ndarray) -> None:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.5), constrained_layout=True)
    for axis, values, label in zip(axes, rows.T[1:], ("decode, ms", "peak memory, MiB")):
        axis.loglog(rows[:, 0], np.maximum(values, 0.1), "o-")
        axis.set(xlabel="pixels", ylabel=label)
        axis.grid(True, which="both", alpha=0.3)
    figure.savefig(FLAGS.plot)


if __name__ == "__main__":
    app.run(main)
