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
flags.DEFINE_float("lambda_rate_max", 1.5, "λ_rate at quality 1, as the model was trained.")
flags.DEFINE_float("lambda_rate_min", 0.005, "λ_rate at quality 100.")

_MOMENTUM, _SCALE_MEMORY = 0.8, 0.95


class Refinement:
    """Descends one batch of crops of one size at one quality."""

    def __init__(self, model, recognizer, crops, landmarks, quality: float, lambda_rate: float):
        from tf_ipr.losses.identity import Comparison, identity_loss
        from tf_ipr.models.entropy_model import scale_of

        network = model.network
        self._model = model
        self._image = tf.cast(crops, tf.float32)
        self._quality = tf.fill([len(crops)], quality)
        y = network.analyse(self._image)
        self.first = model.symbols(y, self._quality)
        side, gained = tf.cast(self.first.side, tf.float32), network.gained(y, self._quality)
        self._mean = network.mean(side, gained)
        self._coded = self.first.latent_tables >= 0
        scale = scale_of(tf.cast(tf.maximum(self.first.latent_tables, 0), tf.float32))
        self._residual = gained - self._mean
        self._average, self._square = tf.zeros_like(gained), tf.zeros([len(crops), 1, 1, 1])
        height, width = crops.shape[1:3]

        def loss(residual):
            symbols = tf.where(self._coded, tf.floor(residual + 0.5), 0.0)
            symbols = residual + tf.stop_gradient(symbols - residual)
            decoded = network.synthesise(symbols + self._mean, self._quality, height, width)
            upper, lower = (0.5 * tf.math.erfc((tf.abs(symbols) - edge) / (scale * math.sqrt(2)))
                            for edge in (0.5, -0.5))
            bits = -tf.math.log(tf.maximum(upper - lower, 1e-9)) / math.log(2)
            bpp = tf.reduce_sum(tf.where(self._coded, bits, 0.0), [1, 2, 3]) / (height * width)
            identity = identity_loss([recognizer], self._image, decoded, landmarks,
                                     comparison=Comparison(warp=FLAGS.warp))
            return lambda_rate * bpp + identity

        @tf.function(autograph=False)
        def gradient(residual):
            with tf.GradientTape() as tape:
                tape.watch(residual)
                value = loss(residual)
            return tape.gradient(value, residual)

        self._gradient = gradient

    def step(self, number: int, rate_of_change: float) -> None:
        """Adam with one second moment for each crop: what does not matter stays where it is."""
        gradient = self._gradient(self._residual)
        self._average = _MOMENTUM * self._average + (1 - _MOMENTUM) * gradient
        self._square = (_SCALE_MEMORY * self._square + (1 - _SCALE_MEMORY)
                        * tf.reduce_mean(tf.square(gradient), [1, 2, 3], keepdims=True))
        average = self._average / (1 - _MOMENTUM ** number)
        square = self._square / (1 - _SCALE_MEMORY ** number)
        self._residual -= rate_of_change * average * tf.math.rsqrt(square + 1e-20)

    def coded(self) -> tuple:
        """(bytes of each stream float [B], decoded uint8 [B,H,W,3]) of the symbols as they are."""
        latent = tf.cast(tf.floor(self._residual + 0.5), tf.int32)
        latent = self._model.tables.clip(latent, self.first.latent_tables)
        decoded = self._model.reconstruct(self.first.side, latent, self._quality,
                                          *self._image.shape[1:3])
        bits = self._model.coded_bits(self.first._replace(latent=latent))
        return (bits.numpy() / 8 + identity_at_bytes.OVERHEAD_BYTES,
                tf.cast(tf.round(decoded), tf.uint8).numpy())


def main(argv) -> int:
    del argv
    from tf_ipr.models import model_folder
    from tf_ipr.recognition.recognizer import Recognizer

    if not FLAGS.recognizers:
        raise app.UsageError("--recognizers is needed: that of the loss, then those that judge")
    crops, landmarks = identity_at_bytes.pictures()
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    model = model_folder.load(images.model_folder())[0]
    share = (FLAGS.quality - 1) / 99
    lambda_rate = FLAGS.lambda_rate_max ** (1 - share) * FLAGS.lambda_rate_min ** share
    looks = [0, *map(int, FLAGS.steps)]
    found: dict = {look: [] for look in looks}
    batch = identity_at_bytes.BATCH
    for first in tqdm.tqdm(range(0, len(crops), batch), "batches"):
        refinement = Refinement(model, recognizers[0], crops[first:first + batch],
                                landmarks[first:first + batch].astype(np.float32), FLAGS.quality,
                                lambda_rate)
        for number in range(max(looks) + 1):
            if number:
                refinement.step(number, FLAGS.rate_of_change * (1 - 0.9 * number / max(looks)))
            if number in found:
                found[number].append(refinement.coded())
    print(f"\n{len(crops)} crops of {crops.shape[2]}x{crops.shape[1]}, quality {FLAGS.quality:g}\n\n"
          "| steps | bytes | " + " | ".join(f"1 - cos, {r.name}" for r in recognizers) + " |\n"
          + "|---" * (2 + len(recognizers)) + "|")
    for look, parts in found.items():
        sizes, decoded = (np.concatenate(part) for part in zip(*parts))
        distances = [np.mean(1 - np.sum(r.embed_faces(crops, landmarks)
                                        * r.embed_faces(decoded, landmarks), axis=1))
                     for r in recognizers]
        print(f"| {look} | {sizes.mean():.0f} | " + " | ".join(f"{d:.4f}" for d in distances) + " |")
    return 0


if __name__ == "__main__":
    start.run(main)
