"""Equal-length trainings that answer two questions about the design.

    python -m experiments.trials --data_dir=lfw --protocol_dir=lfw_protocol

1. What does variable rate cost?  `variable` (8 gain vectors) against `single`, a model of one rate,
   at the bits per pixel of the latter.
2. What does the integer network cost?  `variable` against `float`, the same shapes without any
   rounding or clipping of weights and activations: the index is continuous in training and rounded
   in use.  Difference in bits at equal PSNR (BD-rate).

All see the same images in the same order for --steps steps, with the whole schedule of the learning
rate.  Rates are those of the coded integers on the held-out people's whole images.  Every trial
resumes; the table is printed at the end.
"""

from __future__ import annotations

import json
import math
import pathlib

import bjontegaard
import numpy as np
import tensorflow as tf
from absl import flags

from experiments.trial_steps import take_steps
from tf_ipr.bin import start
from tf_ipr.datasets import pipeline
from tf_ipr.files import atomic_file
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.losses.objective import Objective
from tf_ipr.models.frozen_network import NUM_SCALES, neighbourhoods
from tf_ipr.models.integer_network import clip_towards
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training import data, loop
from tf_ipr.training.step import TrainingStep
from tf_ipr.training.validation import validate

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "Folder of LFW.", required=True)
flags.DEFINE_string("protocol_dir", None, "Folder of LFW's official lists.", required=True)
flags.DEFINE_string("work_dir", "runs/trials", "Where the trials are kept.")
flags.DEFINE_integer("steps", 2500, "Steps of each trial.")

LAMBDA_MAX, LAMBDA_MIN = 6.0, 0.02
QUALITIES = (10.0, 30.0, 40.0, 50.0, 60.0, 70.0, 90.0)
TRIALS = ("variable", "single", "float")


class FloatHyperSynthesis(tf.Module):
    """The integer network's float twin: same shapes, continuous everything."""

    def __init__(self, side_channels, hidden, latent_channels):
        super().__init__()
        shapes = [(side_channels, 4 * hidden), (hidden, 4 * hidden), (hidden, latent_channels)]
        self.kernels, self.biases = [], []
        for inputs, outputs in shapes:
            limit = math.sqrt(6 / (9 * inputs + outputs))
            self.kernels.append(tf.Variable(tf.random.uniform([9 * inputs, outputs], -limit, limit)))
            self.biases.append(tf.Variable(tf.zeros([outputs])))

    def __call__(self, z_hat):
        x = z_hat
        for i, (kernel, bias) in enumerate(zip(self.kernels, self.biases)):
            x = tf.tensordot(neighbourhoods(x), kernel, 1) + bias
            if i < 2:
                x = tf.nn.depth_to_space(tf.nn.relu(x), 2)
        return clip_towards(8 * x + NUM_SCALES // 2, 0, NUM_SCALES - 1)

    def freeze(self):
        return lambda z_hat: tf.floor(self(z_hat) + 0.5)


def _run_trial(name: str, paths, images) -> list:
    """Trains (or resumes) one trial; returns [(quality, bpp, PSNR dB)]."""
    result = pathlib.Path(FLAGS.work_dir) / name / "result.json"
    if result.is_file():
        return json.loads(result.read_text())
    tf.keras.utils.set_random_seed(1)
    single = name == "single"
    middle = math.sqrt(LAMBDA_MAX * LAMBDA_MIN)
    objective = Objective(lambda_rate_max=middle if single else LAMBDA_MAX,
                          lambda_rate_min=middle if single else LAMBDA_MIN)
    config = ModelConfig(num_rates=1 if single else 8)
    model = TrainingModel(config)
    if name == "float":
        model.network.hyper_index = FloatHyperSynthesis(
            config.side_channels, config.hyper_width, config.latent_channels)
    step = TrainingStep(model, objective)

    def batches(first):
        return pipeline.training_batches(paths, 8, 128, seed=1, first_batch=first).map(
            lambda image: dict(image=image))

    checkpoints = loop.RunCheckpoints(result.parent, step, dict(trial=name, steps=FLAGS.steps))
    take_steps(step, batches, checkpoints, FLAGS.steps)
    with step.averaged_weights():
        points, _ = validate(model, images, (50.0,) if single else QUALITIES)
    with atomic_file.writing(result, "w") as file:
        json.dump(points, file)
    return [list(p) for p in points]


def main(argv) -> int:
    del argv
    source = data.TrainingData("lfw", FLAGS.data_dir, FLAGS.protocol_dir)
    paths, held = source.split()
    images = data.validation_images(held)
    results = {name: _run_trial(name, paths, images) for name in TRIALS}
    print(f"\n{FLAGS.steps} steps of batch 8, 128x128 crops; {len(images)} held-out images\n")
    print("| trial | quality: bpp, PSNR dB |\n|---|---|")
    for name, points in results.items():
        print(f"| {name} | " + "; ".join(f"{q:g}: {b:.3f}, {p:.2f}" for q, b, p in points) + " |")
    variable = np.array(results["variable"])
    bpp, psnr = results["single"][0][1:]
    at_equal_rate = np.interp(math.log(bpp), np.log(variable[:, 1]), variable[:, 2])
    print(f"\nVariable rate against single rate at {bpp:.3f} bpp: {at_equal_rate - psnr:+.2f} dB")
    flt = np.array(results["float"])
    rate = bjontegaard.bd_rate(flt[:, 1], flt[:, 2], variable[:, 1], variable[:, 2], method="akima")
    print(f"Integer against float network, bits at equal PSNR: {rate:+.2f} %")
    return 0


if __name__ == "__main__":
    start.run(main)
