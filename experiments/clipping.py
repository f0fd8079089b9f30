"""What clipping symbols to their tables, and not coding the smallest scale, costs in PSNR.

    python -m experiments.clipping --data_dir=LFW --protocol_dir=LISTS --every=29
    python -m experiments.clipping --dataset=folder --data_dir=KODAK

Reconstructs each image from the symbols as coded, from the same rounded values without clipping, and
without clipping and skipping. Promise: clipping costs at most 0.02 dB on faces; photographs far from
what a model was trained on may cost more.
"""

from __future__ import annotations

import sys

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks import images
from tf_ipr.evaluation import metrics
from tf_ipr.files import image_file
from tf_ipr.models import inference, model_folder

FLAGS = flags.FLAGS
flags.DEFINE_list("qualities", ["1", "20", "50", "80", "100"], "Qualities to measure.")


def reconstructions(model, image, quality):
    """Three images float32 [1,H,W,3] (as coded, unclipped, neither clipped nor skipped), counts.

    The side information stays as coded: it decides the tables.
    """
    network, shape = model.network, tf.shape(image)
    latent = network.analyse(image)
    symbols = model.symbols(latent, quality)
    gained = network.gained(latent, quality)
    mean = network.mean(tf.cast(symbols.side, tf.float32), gained)
    rounded = tf.cast(tf.floor(gained - mean + 0.5), tf.int32)
    skipped = symbols.latent_tables == inference.SKIPPED
    unclipped = tf.where(skipped, 0, rounded)
    images_ = [model.reconstruct(symbols.side, values, quality, shape[1], shape[2])
               for values in (symbols.latent, unclipped, rounded)]
    counts = [tf.math.count_nonzero(a != b, dtype=tf.int32)
              for a, b in ((symbols.latent, unclipped), (unclipped, rounded))]
    return [tf.cast(tf.round(x), tf.uint8)[0] for x in images_], counts


def main(argv) -> None:
    del argv
    model, _ = model_folder.load(images.model_folder())
    run = tf.function(lambda image, quality: reconstructions(model, image, quality),
                      input_signature=[tf.TensorSpec([1, None, None, 3]), tf.TensorSpec([1])])
    paths = images.paths()
    print("| quality | images | PSNR dB | clipping costs dB mean / worst | "
          "clipped symbols per image | skipping costs dB | skipped symbols that are not 0, per image |")
    print("|---|---|---|---|---|---|---|")
    for quality in map(float, FLAGS.qualities):
        rows = []
        for number, path in enumerate(paths, start=1):
            image_u8 = image_file.read_image(path)
            decoded, counts = run(image_u8[None].astype(np.float32), [quality])
            values = [metrics.psnr_db(image_u8, x.numpy()) for x in decoded]
            rows.append([*values, *(int(count) for count in counts)])
            print(f"\rquality {quality:g}: {number} of {len(paths)} ", end="", file=sys.stderr)
        coded, unclipped, plain, clipped, skipped = np.array(rows).T
        print(file=sys.stderr)
        print(f"| {quality:g} | {len(rows)} | {coded.mean():.2f} | "
              f"{(unclipped - coded).mean():.4f} / {(unclipped - coded).max():.4f} | "
              f"{clipped.mean():.2f} | {(plain - unclipped).mean():.4f} | {skipped.mean():.1f} |",
              flush=True)


if __name__ == "__main__":
    app.run(main)
