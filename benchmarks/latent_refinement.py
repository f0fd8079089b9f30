"""What an encoder gains by searching: the latent of every crop refined by the recogniser's gradient.

    python -m benchmarks.latent_refinement --dataset=folder --data_dir=TRAIN --every=150 --align=112 \
        --model=savedmodels/lfw_align112_l2_ip --recognizers=ARCFACE,Y1,DLIB --quality=75 --steps=10,30

An analysis finds in one pass what is good on average. From there this descends, crop by crop, what
the model was trained for (1 - cos by the first recogniser + λ_rate · bits per pixel) over the residuals
of y, rounded at every step with a straight-through gradient; side information, stream and decoder stay
as they are. Compare Campos et al., "Content adaptive optimization for neural image compression"
(CVPRW 2019). The recogniser sees a random view at every step, so that the search cannot please one
crop of it; the recognisers after the first judge, unseen.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
import tqdm
from absl import app, flags

from benchmarks import identity_at_bytes, images
from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_float("quality", 75.0, "Of the model, 1..100.")
flags.DEFINE_list("steps", ["10", "30"], "Numbers of steps after which to look.")
flags.DEFINE_float("rate_of_change", 0.03, "Root mean square of a first step, in symbols.")
flags.DEFINE_float("warp", 0.02, "Spread of the views, as of tf_ipr_train.")

_MOMENTUM, _SCALE_MEMORY = 0.8, 0.95
_LAST_RATE = 0.1  # of change, as a share of the first


def gradient_of(model, recognizer, lambda_rate: float, warp: float):
    """A graph: (residual, mean, tables, image, quality, landmarks) -> gradient [B,h,w,M]."""
    import tensorflow_compression as tfc

    from tf_ipr.losses.identity import Comparison, identity_loss
    from tf_ipr.models.entropy_model import scale_of
    from tf_ipr.models.training_model import quantise

    def loss(residual, mean, tables, image, quality, landmarks):
        height, width = image.shape[1:3]
        index = tf.cast(tables, tf.float32)
        symbols = quantise(residual, index)
        decoded = model.network.synthesise(symbols + mean, quality, height, width)
        # At integers this is the probability that the coder's tables have.
        bits = tfc.NoisyNormal(loc=0.0, scale=scale_of(index)).log_prob(symbols) / -math.log(2)
        bpp = tf.reduce_sum(tf.where(tables < 0, 0.0, bits), [1, 2, 3]) / (height * width)
        return lambda_rate * bpp + identity_loss([recognizer], image, decoded, landmarks,
                                                 comparison=Comparison(warp=warp))

    @tf.function(autograph=False, reduce_retracing=True)
    def gradient(residual, *others):
        with tf.GradientTape() as tape:
            tape.watch(residual)
            value = loss(residual, *others)
        return tape.gradient(value, residual)

    return gradient


def refined(model, gradient, crops, landmarks, quality: float, looks, rate_of_change: float):
    """Descends one batch by Adam with one second moment for each crop: what does not matter stays.

    Yields:
      (steps taken, bytes of each stream [B], decoded uint8 [B,H,W,3]) at each of `looks`, ascending.
    """
    image, qualities = tf.cast(crops, tf.float32), tf.fill([len(crops)], quality)
    y = model.network.analyse(image)
    first = model.symbols(y, qualities)
    gained = model.network.gained(y, qualities)
    mean = model.network.mean(tf.cast(first.side, tf.float32), gained)
    residual = gained - mean
    average, square = tf.zeros_like(residual), tf.zeros([len(crops), 1, 1, 1])
    for number in range(looks[-1] + 1):
        if number:
            slope = gradient(residual, mean, first.latent_tables, image, qualities, landmarks)
            average = _MOMENTUM * average + (1 - _MOMENTUM) * slope
            square = (_SCALE_MEMORY * square + (1 - _SCALE_MEMORY)
                      * tf.reduce_mean(tf.square(slope), [1, 2, 3], keepdims=True))
            share = 1 - (1 - _LAST_RATE) * number / looks[-1]
            residual -= (rate_of_change * share * average / (1 - _MOMENTUM ** number)
                         * tf.math.rsqrt(square / (1 - _SCALE_MEMORY ** number) + 1e-20))
        if number in looks:
            latent = model.tables.clip(tf.cast(tf.floor(residual + 0.5), tf.int32),
                                       first.latent_tables)
            decoded = model.reconstruct(first.side, latent, qualities, *crops.shape[1:3])
            bits = model.coded_bits(first._replace(latent=latent))
            yield (number, bits.numpy() / 8 + identity_at_bytes.OVERHEAD_BYTES,
                   tf.cast(tf.round(decoded), tf.uint8).numpy())


def main(argv) -> int:
    del argv
    from tf_ipr.losses.objective import Objective
    from tf_ipr.models import model_folder
    from tf_ipr.recognition.recognizer import Recognizer

    if not FLAGS.recognizers:
        raise app.UsageError("--recognizers is needed: that of the loss, then those that judge")
    tf.random.set_seed(1)
    crops, landmarks = identity_at_bytes.pictures()
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    originals = [r.embed_faces(crops, landmarks) for r in recognizers]
    model, config = model_folder.load(images.model_folder())
    weights = {name: config["training"][name] for name in ("lambda_rate_max", "lambda_rate_min")}
    gradient = gradient_of(model, recognizers[0], Objective(**weights).lambda_rate(FLAGS.quality),
                           FLAGS.warp)
    looks = sorted({0, *map(int, FLAGS.steps)})
    found: dict = {look: [] for look in looks}
    for first in tqdm.tqdm(range(0, len(crops), identity_at_bytes.BATCH), "batches"):
        batch = slice(first, first + identity_at_bytes.BATCH)
        for number, *coded in refined(model, gradient, crops[batch],
                                      landmarks[batch].astype(np.float32), FLAGS.quality, looks,
                                      FLAGS.rate_of_change):
            found[number].append(coded)
    print(f"\n{len(crops)} pictures of {crops.shape[2]}x{crops.shape[1]}, quality {FLAGS.quality:g}\n\n"
          "| steps | bytes | " + " | ".join(f"1 - cos, {r.name}" for r in recognizers) + " |\n"
          + "|---" * (2 + len(recognizers)) + "|")
    for look, parts in found.items():
        sizes, decoded = (np.concatenate(part) for part in zip(*parts))
        distances = identity_at_bytes.distances(recognizers, originals, decoded, landmarks)
        print(f"| {look} | {sizes.mean():.0f} | " + " | ".join(f"{d:.4f}" for d in distances) + " |")
    return 0


if __name__ == "__main__":
    start.run(main)
