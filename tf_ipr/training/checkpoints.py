"""Checkpoints of a run: everything needed to go on after a kill at any moment.

    RUN/run.json            what is trained (model, objective); a resumed run must agree
    RUN/checkpoints/        tf.train checkpoints: weights, optimizer, averages, step, rate control
    RUN/model/              the model folder, renewed at every validation
    RUN/tensorboard/        scalars and images
"""

from __future__ import annotations

import json
import pathlib

import tensorflow as tf

from tf_ipr.files import atomic_file
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.training.step import TrainingStep

_KEPT = 2


class RunCheckpoints:
    """Saves and restores one run.

    Attributes:
      folder: the run's folder.
    """

    def __init__(self, folder, step: TrainingStep, settings: dict):
        """Opens or starts a run.

        Args:
          folder: path of the run.
          step: what is saved.
          settings: JSON-able settings that a resumed run must share.

        Raises:
          CheckpointError: the folder holds a run with other settings.
        """
        self.folder = pathlib.Path(folder)
        self._check(settings)
        self._checkpoint = tf.train.Checkpoint(
            model=step.model, optimizer=step.optimizer, averages=step.averages, step=step.step,
            log_lambda_factor=step.log_lambda_factor)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, str(self.folder / "checkpoints"), max_to_keep=_KEPT)

    def _check(self, settings: dict) -> None:
        path = self.folder / "run.json"
        settings = json.loads(json.dumps(settings))
        if path.is_file():
            found = json.loads(path.read_text())
            different = [f"{key}: {found[key]!r} there, {settings.get(key)!r} now"
                         for key in sorted(found)  # A run of an earlier release recorded fewer.
                         if found[key] != settings.get(key)]
            if different:
                raise CheckpointError(f"{self.folder} holds a run with other settings ("
                                      + "; ".join(different) + "). Give another --run_dir, or the "
                                      "settings of that run.")
            return
        if (self.folder / "model").is_dir() and any((self.folder / "model").iterdir()):
            raise CheckpointError(f"{self.folder} holds no run, but a model of something else, which is "
                                  "not replaced. Give another --run_dir.")
        with atomic_file.writing(path, "w") as f:
            json.dump(settings, f, indent=2)

    def restore(self) -> bool:
        """Restores the newest checkpoint; False if there is none yet."""
        path = self._manager.latest_checkpoint
        if path is None:
            return False
        try:
            self._checkpoint.restore(path).assert_consumed()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise CheckpointError(f"{path} does not fit this model: {str(error)[:300]}. "
                                  "Give another --run_dir.") from error
        return True

    def save(self) -> str:
        """Saves and returns the path; TensorFlow renames the index last, so it is whole or absent."""
        return self._manager.save(int(self._checkpoint.step.numpy()))
