"""What an encoder gains by searching: the latent of every picture refined by a recogniser's gradient.

    python -m experiments.latent_refinement --dataset=folder --data_dir=TRAIN --every=150 --align=112 \
        --model=savedmodels/lfw_align112_l2_ip --recognizers=ARCFACE,Y1,DLIB \
        --qualities=75 --steps=0,10,30

The first recogniser leads the search (`tf_ipr/encoding/refinement.py`), those after it judge, unseen.
Bytes are
those of files; faces are aligned by the landmarks of the originals. Seconds are of all processors, for
one picture, 16 at a time.
"""

from __future__ import annotations

import time

import numpy as np
import tensorflow as tf
import tqdm
from absl import app, flags

from benchmarks import images
from experiments import identity_at_bytes
from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_list("steps", ["0", "10", "20", "40"], "Numbers of steps.")


def coded(codec, search_of, crops, landmarks, quality: float) -> tuple:
    """Mean bytes, decoded uint8 [N,H,W,3] and seconds per picture of compressing."""
    sizes, decoded, seconds = [], [], 0.0
    for first in tqdm.tqdm(range(0, len(crops), identity_at_bytes.BATCH), "batches", leave=False):
        batch = slice(first, first + identity_at_bytes.BATCH)
        begin = time.perf_counter()
        streams = codec.compress_batch(crops[batch], quality, search_of(landmarks[batch]))
        seconds += (time.perf_counter() - begin) * (first > 0)  # The first makes the graphs.
        sizes += map(len, streams)
        decoded.append(codec.decompress_batch(streams))
    later = len(crops) - identity_at_bytes.BATCH
    return np.mean(sizes), np.concatenate(decoded), seconds / later if later > 0 else float("nan")


def main(argv) -> int:
    del argv
    from tf_ipr.encoding.refinement import Refinement
    from tf_ipr.models.codec import TensorFlowCodec
    from tf_ipr.recognition.recognizer import Recognizer

    if not FLAGS.recognizers:
        raise app.UsageError("--recognizers is needed: that which leads, then those that judge")
    tf.random.set_seed(1)
    crops, landmarks = identity_at_bytes.pictures()
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    originals = [r.embed_faces(crops, landmarks) for r in recognizers]
    codec = TensorFlowCodec.load(images.model_folder())
    print(f"\n{len(crops)} pictures of {crops.shape[2]}x{crops.shape[1]}\n\n"
          "| quality | steps | bytes | " + " | ".join(f"1 - cos, {r.name}" for r in recognizers)
          + " | s |\n" + "|---" * (4 + len(recognizers)) + "|", flush=True)
    for steps in map(int, FLAGS.steps):
        search_of = (Refinement(codec, recognizers[:1], steps).of if steps
                     else lambda landmarks: None)
        for quality in map(float, FLAGS.qualities):
            size, decoded, seconds = coded(codec, search_of, crops, landmarks, quality)
            distances = identity_at_bytes.distances(recognizers, originals, decoded, landmarks)
            print(f"| {quality:g} | {steps} | {size:.0f} | "
                  + " | ".join(f"{d:.4f}" for d in distances) + f" | {seconds:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    start.run(main)
