"""The training loop: steps, validation, progress, checkpoints, TensorBoard.

A run may be killed at any moment and started again with the same arguments: it goes on from its
last checkpoint.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tqdm

from tf_ipr.models import model_folder
from tf_ipr.training import schedule
from tf_ipr.training.checkpoints import RunCheckpoints
from tf_ipr.training.step import TrainingStep
from tf_ipr.training.validation import freeze, validate

_VALIDATED_QUALITIES = (1.0, 25.0, 50.0, 75.0, 100.0)
_CONTROLLED_QUALITY = 50.0  # the quality whose rate meets --target_bpp


class TrainingDiverged(ArithmeticError):
    """A metric of a step is not finite any more."""


@dataclasses.dataclass(frozen=True)
class Run:
    """How long and how closely watched.

    Attributes:
      steps: length of the run.
      learning_rate, final_learning_rate: see `schedule.learning_rate`.
      target_bpp: coded rate at quality 50 on the validation images that λ is moved to meet; None
        leaves λ alone.
      validate_every: steps between validations.
      save_every: minutes between checkpoints.
      jit_compile: compile the step with XLA.
    """

    steps: int = 60_000
    learning_rate: float = 8e-4
    final_learning_rate: float = 2e-5
    target_bpp: float | None = None
    validate_every: int = 2_000
    save_every: float = 2.0
    jit_compile: bool = False


def train(step: TrainingStep, batches: Callable[[int], tf.data.Dataset],
          validation_images: np.ndarray, run: Run, run_dir, settings: dict,
          strategy: tf.distribute.Strategy | None = None) -> pathlib.Path:
    """Trains until `run.steps`, resuming what `run_dir` holds.

    Stopped by Ctrl-C or a signal that raises, it saves the step it has reached, and a model if there is
    none yet.

    Args:
      step: built under `strategy`'s scope.
      batches: first step -> endless dataset of dictionaries: `image` float32 [B,H,W,3] in 0..255
        and, for IP and IPR, `landmarks` and `embeddings`. A strategy shares out each batch.
      validation_images: uint8 [N,H,W,3].
      run: see `Run`.
      run_dir: folder of the run.
      settings: JSON-able, what a resumed run must share.
      strategy: distributes the step; None for one device.

    Returns:
      The model folder, `run_dir/model`, holding the averaged weights.

    Raises:
      TrainingDiverged: the loss, the gradient or another metric became infinite or not a number;
        what was saved before is sound.
      CheckpointError: `run_dir` holds another run.
    """
    run_dir = pathlib.Path(run_dir)
    checkpoints = RunCheckpoints(run_dir, step, settings)
    checkpoints.restore()
    first = int(step.step.numpy())
    take_step = _compiled(step, run, strategy)
    writer = tf.summary.create_file_writer(str(run_dir / "tensorboard"))
    model_dir = run_dir / "model"
    with writer.as_default():
        saved = time.monotonic()
        progress = tqdm.tqdm(total=run.steps, initial=first, unit="step", smoothing=0.05,
                             mininterval=5, dynamic_ncols=True)
        if first:
            tqdm.tqdm.write(f"{run_dir}: goes on from step {first} of {run.steps}", file=sys.stderr)
        try:
            source = _distributed(batches(first), strategy) if first < run.steps else ()
            for number, batch in zip(range(first, run.steps), source):
                rate = schedule.learning_rate(number, run.steps, run.learning_rate,
                                              run.final_learning_rate)
                metrics = take_step(batch, tf.constant(rate, tf.float32))
                _require_finite(metrics, number, model_dir)
                _report(progress, metrics, batch, rate, number)
                if (number + 1) % run.validate_every == 0:
                    _validate(step, validation_images, run, model_dir, settings)
                if time.monotonic() - saved > 60 * run.save_every:
                    checkpoints.save()
                    saved = time.monotonic()
        except BaseException as stop:
            progress.close()
            if not isinstance(stop, Exception):
                _leave(step, checkpoints, model_dir, settings)
            raise
        progress.close()
        checkpoints.save()
        # After a kill the model may be an older one, or files of two.
        if first < run.steps or not _holds_model_of(model_dir, run.steps):
            _validate(step, validation_images, dataclasses.replace(run, target_bpp=None), model_dir,
                      settings)
    return model_dir


def _leave(step: TrainingStep, checkpoints: RunCheckpoints, model_dir: pathlib.Path, settings) -> None:
    """Saves a run that is stopped; what is validated already stays the model."""
    if not int(step.step.numpy()):
        return
    path = checkpoints.save()
    tqdm.tqdm.write(f"{path}: saved at step {int(step.step.numpy())}", file=sys.stderr)
    if not (model_dir / "config.json").is_file():
        with step.averaged_weights() as model:
            _save_model(step, model, freeze(model), model_dir, settings, [])


def _save_model(step: TrainingStep, model, frozen, model_dir, settings, points) -> None:
    training = dict(settings, steps=int(step.step.numpy()), validation=[p._asdict() for p in points])
    model_folder.save(frozen, model_dir, training, model.entropy_model.side_prior.trainable_variables)


def _holds_model_of(model_dir, steps: int) -> bool:
    """Whether the folder holds a whole model, and that of the step asked for."""
    try:
        _, config = model_folder.load(model_dir)
    except model_folder.CheckpointError:
        return False
    return config.get("training", {}).get("steps") == steps


def _distributed(batches, strategy):
    return strategy.experimental_distribute_dataset(batches) if strategy else batches


def _compiled(step: TrainingStep, run: Run, strategy):
    def one(batch, rate):
        return step(batch["image"], rate, batch.get("landmarks"), batch.get("embeddings"))

    if strategy is None:
        return tf.function(one, jit_compile=run.jit_compile)

    @tf.function
    def distributed(batch, rate):
        inner = tf.function(one, jit_compile=True) if run.jit_compile else one
        metrics = strategy.run(inner, args=(batch, rate))
        return {k: strategy.reduce(tf.distribute.ReduceOp.MEAN, v, axis=None)
                for k, v in metrics.items()}
    return distributed


def _require_finite(metrics: dict, number: int, model_dir) -> None:
    """All metrics: a gradient that is not finite spoils the weights one step before the loss."""
    values = {name: float(value) for name, value in metrics.items()}
    if not all(math.isfinite(value) for value in values.values()):
        text = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        start = f", --init_from={model_dir}" if (model_dir / "config.json").is_file() else ""
        raise TrainingDiverged(
            f"Step {number}: {text}; these are not all finite. Nothing of this step is saved: "
            f"start with another --run_dir{start} and a lower --learning_rate; if it happens at "
            "once, look for broken images in the data.")


def _report(progress, metrics: dict, batch: dict, rate: float, number: int) -> None:
    progress.update(1)
    if number % 50:
        return
    values = {k: float(v) for k, v in metrics.items()}
    images = _batch_size(batch["image"]) * (progress.format_dict["rate"] or 0.0)
    names = ("loss", "rate_bpp", "psnr_db", "identity")
    shown = {name: f"{values[name]:.3f}" for name in names if name in values}
    progress.set_postfix({"images/s": f"{images:.1f}", **shown}, refresh=False)
    for name, value in {**values, "learning_rate": rate}.items():
        tf.summary.scalar(f"training/{name}", value, step=number)


def _batch_size(image) -> int:
    local = getattr(image, "values", (image,))  # PerReplica of a strategy
    return sum(int(part.shape[0]) for part in local)


def _validate(step: TrainingStep, images: np.ndarray, run: Run, model_dir, settings) -> None:
    """Validates the averaged weights, writes the model folder, moves λ towards the target."""
    number = int(step.step.numpy())
    single = step.model.config.num_rates == 1
    qualities = (_CONTROLLED_QUALITY,) if single else _VALIDATED_QUALITIES
    with step.averaged_weights() as model:
        frozen = freeze(model)
        points, decoded = validate(frozen, images, qualities)
        _save_model(step, model, frozen, model_dir, settings, points)
    for point in points:
        tf.summary.scalar(f"validation/rate_bpp_q{point.quality:g}", point.rate_bpp, step=number)
        tf.summary.scalar(f"validation/psnr_db_q{point.quality:g}", point.psnr_db, step=number)
    pairs = np.concatenate([images[:len(decoded)], decoded], axis=2)
    tf.summary.image("validation/original_decoded", pairs, step=number, max_outputs=4)
    text = "  ".join(f"q{p.quality:g} {p.rate_bpp:.3f} bpp {p.psnr_db:.2f} dB" for p in points)
    tqdm.tqdm.write(f"step {number}: {text}")
    if run.target_bpp is not None:
        middle = next(p for p in points if p.quality == _CONTROLLED_QUALITY)
        step.log_lambda_factor.assign_add(schedule.log_lambda_move(middle.rate_bpp, run.target_bpp))
        tf.summary.scalar("validation/lambda_factor", math.exp(step.log_lambda_factor.numpy()),
                          step=number)
