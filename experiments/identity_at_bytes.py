"""Identity at equal bytes: models compared quickly, for trials and not for the record.

    python -m experiments.identity_at_bytes --data_dir=LFW --protocol_dir=LISTS --every=20 --align=128 \
        --recognizers=ARCFACE,Y1 --models=runs/a/model,runs/b/model --qualities=10,30,50,70 \
        --bytes=400,700,1000

For every model and quality: mean bytes, PSNR and, per recogniser, 1 - cos between the embeddings of
original and reconstruction; then 1 - cos of each model interpolated (logarithms of both) at the same
bytes. Bytes are the ideal length by the model's integer tables plus 21 of every stream, nothing is
written; faces are aligned by the landmarks of the originals. `tf_ipr_evaluate` measures files, finds
faces in the decoded pictures and counts rejections, but takes minutes for each point.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from absl import flags

from benchmarks import images
from tf_ipr.bin import start
from tf_ipr.faces import alignment, cache
from tf_ipr.files import image_file
from tf_ipr.runtime.alignment import align

FLAGS = flags.FLAGS
flags.DEFINE_list("models", [], "Model folders.")
flags.DEFINE_list("qualities", ["10", "30", "50", "70", "90"], "Of every model.")
flags.DEFINE_list("recognizers", [], "Folders of recognisers, that of the loss first.")
flags.DEFINE_enum("align", None, ["112", "128", "448"], "Aligned crops instead of whole pictures.")
flags.DEFINE_list("bytes", ["400", "700", "1000"], "Where models are compared.")
flags.DEFINE_string("cache_dir", "runs/cache", "Where landmarks are kept.")

OVERHEAD_BYTES = 21  # header, lane states and padding of a stream (benchmarks/coder_overhead.py)
BATCH = 16


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """(uint8 [N,H,W,3] of one size, landmarks [N,5,2])."""
    paths = images.paths()
    landmarks = cache.landmarks_of_files(paths, FLAGS.cache_dir)
    found = [(image_file.read_image(path), points) for path, points in zip(paths, landmarks)
             if np.isfinite(points).all()]
    if FLAGS.align:
        size = int(FLAGS.align)
        found = [(align(image, points, size), alignment.template_for(size))
                 for image, points in found]
    shape = max({image.shape for image, _ in found},
                key=[image.shape for image, _ in found].count)
    found = [pair for pair in found if pair[0].shape == shape]
    return np.stack([image for image, _ in found]), np.stack([points for _, points in found])


def measure(model, recognizers, originals, photographs, landmarks, quality: float) -> list:
    """[bytes, PSNR in dB, 1 - cos of each recogniser], means over the pictures."""
    @tf.function(reduce_retracing=True)
    def code(batch):
        image = tf.cast(batch, tf.float32)
        qualities = tf.fill([tf.shape(image)[0]], quality)
        symbols = model.symbols(model.network.analyse(image), qualities)
        decoded = tf.round(model.reconstruct(symbols.side, symbols.latent, qualities,
                                             image.shape[1], image.shape[2]))
        return model.coded_bits(symbols), decoded, tf.image.psnr(image, decoded, 255.0)

    bits, decoded, psnr_db = zip(*(code(photographs[first:first + BATCH])
                                   for first in range(0, len(photographs), BATCH)))
    decoded = np.concatenate(decoded)
    return [float(np.mean(np.concatenate(bits)) / 8 + OVERHEAD_BYTES),
            float(np.mean(np.concatenate(psnr_db))),
            *distances(recognizers, originals, decoded, landmarks)]


def distances(recognizers, originals, decoded, landmarks) -> list:
    """Mean 1 - cos between the embeddings `originals` [N,D] of each recogniser and `decoded`'s."""
    return [float(np.mean(1 - np.sum(original * recognizer.embed_faces(decoded, landmarks), axis=1)))
            for recognizer, original in zip(recognizers, originals)]


def main(argv) -> int:
    del argv
    from tf_ipr.models import model_folder
    from tf_ipr.recognition.recognizer import Recognizer

    photographs, landmarks = pictures()
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    originals = [r.embed_faces(photographs, landmarks) for r in recognizers]
    names = " | ".join(f"1 - cos, {r.name}" for r in recognizers)
    print(f"{len(photographs)} pictures of {photographs.shape[2]}x{photographs.shape[1]}\n")
    print(f"| model | quality | bytes | PSNR dB | {names} |\n" + "|---" * (4 + len(recognizers)) + "|")
    curves = {}
    for folder in FLAGS.models:
        model = model_folder.load(folder)[0]
        curves[folder] = []
        for quality in map(float, FLAGS.qualities):
            row = measure(model, recognizers, originals, photographs, landmarks, quality)
            curves[folder].append(row)
            print(f"| {folder} | {quality:g} | {row[0]:.0f} | {row[1]:.2f} | "
                  + " | ".join(f"{value:.4f}" for value in row[2:]) + " |", flush=True)
    budgets = [float(value) for value in FLAGS.bytes]
    print("\n1 - cos at equal bytes, "
          + " / ".join(r.name for r in recognizers) + "; empty outside a model's range\n")
    print("| model | " + " | ".join(f"{b:g} bytes" for b in budgets) + " |\n"
          + "|---" * (1 + len(budgets)) + "|")
    for folder, rows in curves.items():
        print(f"| {folder} | " + " | ".join(at(np.array(rows), b) for b in budgets) + " |")
    return 0


def at(rows: np.ndarray, budget: float) -> str:
    """1 - cos of each recogniser at `budget` bytes, from rows of `measure`; empty outside them."""
    if not rows[0, 0] <= budget <= rows[-1, 0]:
        return ""
    return " / ".join(f"{math.exp(np.interp(math.log(budget), np.log(rows[:, 0]), np.log(column))):.4f}"
                      for column in rows[:, 2:].T)


if __name__ == "__main__":
    start.run(main)
