"""The steps of a trial: a training without validation, which resumes."""

from __future__ import annotations

import time

import tensorflow as tf
import tqdm

from tf_ipr.training import schedule

_FINAL_LEARNING_RATE = 2e-5
_SAVE_SECONDS = 120


def take_steps(step, batches, checkpoints, steps: int, learning_rate: float = 8e-4) -> None:
    """Restores what `checkpoints` holds and trains on to `steps`, with the whole schedule.

    Args:
      step: a `training.step.TrainingStep`.
      batches: first step -> endless dataset of dictionaries, as `training.loop.train` takes them.
      checkpoints: the run's `RunCheckpoints`.
      steps: length of the whole trial.
      learning_rate: at its peak.
    """
    checkpoints.restore()
    take = tf.function(lambda batch, rate: step(batch["image"], rate, batch.get("landmarks"),
                                                batch.get("embeddings")))
    first, saved = int(step.step.numpy()), time.monotonic()
    for number, batch in tqdm.tqdm(zip(range(first, steps), batches(first)), total=steps,
                                   initial=first, mininterval=5):
        rate = schedule.learning_rate(number, steps, learning_rate, _FINAL_LEARNING_RATE)
        take(batch, tf.constant(rate))
        if time.monotonic() - saved > _SAVE_SECONDS:
            checkpoints.save()
            saved = time.monotonic()
    checkpoints.save()
