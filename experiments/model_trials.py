"""Equal trainings with one change each: sizes of the model, learning rate, averaging, recognisers.

    python -m experiments.model_trials --data_dir=LFW --protocol_dir=LISTS --every=20 --align=112 \
        --crops=CROPS --recognizers=ARCFACE,Y1,DLIB --start=savedmodels/lfw_align112_l2_ip

IP with a gate on CROPS (a folder by tf_ipr_align of View 1's training people), the same images in the
same order for --steps steps. Trials of sizes start as a block transform (`models/block_transform.py`),
the others from --start; each group has a trial `as it is` to be compared with. Printed is 1 - cos of
every recogniser at equal bytes, as in identity_at_bytes.py; only the first takes part in the loss, but
in the trial of two the first two. --trials chooses some; trials resume, and what is finished is not
done again.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time

import numpy as np
import tensorflow as tf
from absl import app, flags

from experiments import identity_at_bytes
from experiments.trial_steps import take_steps
from tf_ipr.bin import start
from tf_ipr.files import atomic_file, image_file
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.losses.objective import Objective
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.recognition.recognizer import Recognizer
from tf_ipr.training.checkpoints import RunCheckpoints
from tf_ipr.training.identity_data import TrainingFaces
from tf_ipr.training.step import Optimization, TrainingStep
from tf_ipr.training.validation import freeze
from tf_ipr.training.warm_start import warm_start

FLAGS = flags.FLAGS
flags.DEFINE_string("crops", None, "Folder of aligned crops to train on.", required=True)
flags.DEFINE_string("start", None, "Model folder that the second group starts from.")
flags.DEFINE_integer("steps", 1200, "Steps of each trial.", 1)
flags.DEFINE_list("trials", [], "Names of trials; default: all.")
flags.DEFINE_string("work_dir", "runs/model_trials", "Where the trials are kept.")

BASE = ModelConfig(gate_width=64)
QUALITIES = (5.0, 20.0, 40.0, 60.0, 80.0, 100.0)


@dataclasses.dataclass(frozen=True)
class Trial:
    """One change.

    Attributes:
      changes: of the `ModelConfig`.
      learning_rate: at its peak.
      ema_decay: of the averages of the weights; 0 takes the last weights themselves.
      recognizers: how many of --recognizers take part in the loss.
      mean: whether the hyper-synthesis has its mean head.
    """

    changes: dict = dataclasses.field(default_factory=dict)
    learning_rate: float = 4e-4
    ema_decay: float = 0.999
    recognizers: int = 1
    mean: bool = True


FROM_BLOCKS = {
    "as it is": Trial(),
    "width 64": Trial(dict(width=64)),
    "width 128": Trial(dict(width=128)),
    "latent channels 96": Trial(dict(latent_channels=96)),
    "latent channels 192": Trial(dict(latent_channels=192)),
    "side channels 16": Trial(dict(side_channels=16)),
    "side channels 96": Trial(dict(side_channels=96)),
    "hyper width 32": Trial(dict(hyper_width=32)),
    "no mean head": Trial(mean=False),
    "smaller encoder 1+0": Trial(dict(analysis_blocks=(1, 0))),
    "larger encoder 4+3": Trial(dict(analysis_blocks=(4, 3))),
    "smaller decoder 1+1": Trial(dict(synthesis_blocks=(1, 1))),
    "larger decoder 4+8": Trial(dict(synthesis_blocks=(4, 8))),
}
FROM_START = {
    "on: as it is": Trial(),
    "on: larger decoder 4+8": Trial(dict(synthesis_blocks=(4, 8))),
    "on: larger encoder 4+3": Trial(dict(analysis_blocks=(4, 3))),
    "on: two recognisers": Trial(recognizers=2),
    "on: learning rate 1e-4": Trial(learning_rate=1e-4),
    "on: learning rate 1.6e-3": Trial(learning_rate=1.6e-3),
    "on: averages 0.99": Trial(ema_decay=0.99),
    "on: no averages": Trial(ema_decay=0.0),
}


def run_trial(name: str, trial: Trial, folder: str | None, images) -> dict:
    """Trains (or resumes) one trial; dict(minutes, weights, rows of `identity_at_bytes.measure`)."""
    work = pathlib.Path(FLAGS.work_dir) / name.translate(str.maketrans(" ", "_", ":"))
    if (work / "result.json").is_file():
        return json.loads((work / "result.json").read_text())
    recognizers, originals, photographs, landmarks = images
    faces = TrainingFaces(image_file.list_images(FLAGS.crops), FLAGS.recognizers[:trial.recognizers],
                  FLAGS.cache_dir)
    tf.keras.utils.set_random_seed(1)
    model = TrainingModel(dataclasses.replace(BASE, **trial.changes))
    if folder:
        warm_start(model, folder)
    if not trial.mean:
        model.network.hyper_mean = None
    step = TrainingStep(model, Objective("ip", lambda_rate_max=1.5, lambda_rate_min=0.005),
                        Optimization(ema_decay=trial.ema_decay), faces.loss)
    checkpoints = RunCheckpoints(work, step, dict(trial=name, steps=FLAGS.steps))
    began = time.monotonic()
    take_steps(step, faces.batches(8, photographs.shape[1], seed=1), checkpoints, FLAGS.steps,
               trial.learning_rate)
    minutes = (time.monotonic() - began) / 60
    with step.averaged_weights():
        frozen = freeze(model)
        rows = [identity_at_bytes.measure(frozen, recognizers, originals, photographs, landmarks, q)
                for q in QUALITIES]
    result = dict(minutes=minutes, rows=rows, encoder=model.network.analysis.count_params(),
                  decoder=model.network.synthesis.count_params())
    with atomic_file.writing(work / "result.json", "w") as file:
        json.dump(result, file)
    return result


def main(argv) -> int:
    del argv
    groups = [(FROM_BLOCKS, None)] + ([(FROM_START, FLAGS.start)] if FLAGS.start else [])
    known = [name for group, _ in groups for name in group]
    unknown = sorted(set(FLAGS.trials) - set(known))
    if unknown:
        raise app.UsageError(f"Unknown trials {unknown}; known are {known}.")
    photographs, landmarks = identity_at_bytes.pictures()
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    originals = [r.embed_faces(photographs, landmarks) for r in recognizers]
    images = recognizers, originals, photographs, landmarks
    results = {name: run_trial(name, trial, folder, images) for group, folder in groups
               for name, trial in group.items() if name in (FLAGS.trials or known)}
    budgets = [float(value) for value in FLAGS.bytes]
    print(f"\n{FLAGS.steps} steps of batch 8; 1 - cos on {len(photographs)} crops, "
          + " / ".join(r.name for r in recognizers) + "\n")
    print("| trial | weights of encoder, decoder (k) | minutes | "
          + " | ".join(f"{b:g} bytes" for b in budgets) + " |\n"
          + "|---" * (3 + len(budgets)) + "|")
    for name, result in results.items():
        print(f"| {name} | {result['encoder'] / 1e3:.0f}, {result['decoder'] / 1e3:.0f} "
              f"| {result['minutes']:.0f} | "
              + " | ".join(identity_at_bytes.at(np.array(result["rows"]), b) for b in budgets) + " |")
    return 0


if __name__ == "__main__":
    start.run(main)
