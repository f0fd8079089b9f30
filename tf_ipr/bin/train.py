"""tf_ipr_train: trains a codec, and goes on where it was stopped.

    tf_ipr_train --flagfile=flags/lfw_l2_rec.cfg --data_dir=lfw --protocol_dir=lfw_protocol

Everything of a run lies in --run_dir: checkpoints, TensorBoard logs and `model/`, the folder that
`--model` of the other binaries takes.  Start the same command again to resume.
"""

from __future__ import annotations

import dataclasses
import re

from absl import flags

from tf_ipr.bin import start
from tf_ipr.format.model_config import PRESETS

FLAGS = flags.FlagValues()

flags.DEFINE_string("run_dir", "runs/train", "Folder of the run; the same folder resumes it. Every "
                    "worker of multi_worker needs one of its own.", flag_values=FLAGS)
flags.DEFINE_enum("dataset", "lfw", ["lfw", "celeba_hq", "folder", "clic"], "What to train on.",
                  flag_values=FLAGS)
flags.DEFINE_string("data_dir", None, "Folder of images. Default: TensorFlow Datasets (lfw, clic).",
                    flag_values=FLAGS)
flags.DEFINE_string("protocol_dir", None, "Folder of the official lists of LFW or CelebA-HQ.",
                    flag_values=FLAGS)
flags.DEFINE_float("validation_share", 0.01, "Share of images (LFW: people) held out.", 0.0, 0.5,
                   flag_values=FLAGS)
flags.DEFINE_integer("crop_size", 128, "Edge of random crops, in pixels; 0 takes whole images.", 0,
                     flag_values=FLAGS)
flags.DEFINE_enum("align", None, ["112", "128", "448"], "Trains on faces cut out of the images and "
                  "aligned to so many pixels, every time a little differently, instead of crops of "
                  "--crop_size; for ip and ipr.", flag_values=FLAGS)
flags.DEFINE_integer("batch_size", 8, "Images per step, over all replicas.", 1, flag_values=FLAGS)
flags.DEFINE_enum("architecture", "mobile", list(PRESETS), "Architecture of the codec.",
                  flag_values=FLAGS)
flags.DEFINE_integer("num_rates", 8, "Quality levels with gains of their own; 1: a single rate.", 1,
                     flag_values=FLAGS)
flags.DEFINE_enum("objective", "rec", ["rec", "ip", "ipr"], "Objective of the paper.",
                  flag_values=FLAGS)
flags.DEFINE_enum("distortion", "l2", ["l2", "msssim"], "Distortion in REC and IPR.", flag_values=FLAGS)
flags.DEFINE_list("recognizer", [], "Folders of the frozen recognisers in the loss, for ip and ipr; "
                  "several share it equally.", flag_values=FLAGS)
flags.DEFINE_float("lambda_id", 1.0, "Weight of 1 - cos in IP and IPR.", 0.0, flag_values=FLAGS)
flags.DEFINE_float("feature_weight", 0.0, "Share of the recogniser's feature maps, beside its "
                   "embedding, in the identity term.", 0.0, 1.0, flag_values=FLAGS)
flags.DEFINE_float("warp", 0.0, "Spread of random views of the aligned face in the identity term.",
                   0.0, 0.5, flag_values=FLAGS)
flags.DEFINE_float("detection_weight", 0.0, "Weight of what moves a face detector beside the identity "
                   "term, for whole pictures, whose faces are found anew; 1 is its natural size.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_integer("gate_width", 0, "Hidden channels of the gate on the latent; 0: no gate.", 0,
                     flag_values=FLAGS)
flags.DEFINE_float("background", 1.0, "Weight of the distortion outside the face, for ipr with l2; "
                   "a whole picture then spends its bits on the face.", 0.0, 1.0, flag_values=FLAGS)
flags.DEFINE_float("background_rate", 1.0, "Weight of the bits outside the face, for ip and ipr; a gate "
                   "learns from it where the face ends.", 1.0, flag_values=FLAGS)
flags.DEFINE_string("cache_dir", "runs/cache", "Where landmarks and embeddings are kept.",
                    flag_values=FLAGS)
flags.DEFINE_string("init_from", None, "Model folder to start from; ip and ipr start from rec.",
                    flag_values=FLAGS)
flags.DEFINE_float("lambda_rate_max", 6.0, "Weight of a bit per pixel at quality 1.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_float("lambda_rate_min", 0.01, "Weight of a bit per pixel at quality 100.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_float("lambda_rate", None, "One weight for every quality, for --num_rates=1.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_float("target_bpp", None, "Moves the weight of the rate until the coded rate of the "
                   "validation images at quality 50 is this.", 0.0, flag_values=FLAGS)
flags.DEFINE_integer("steps", 60_000, "Length of the run.", 1, flag_values=FLAGS)
flags.DEFINE_float("learning_rate", 8e-4, "Peak learning rate.", 0.0, flag_values=FLAGS)
flags.DEFINE_float("final_learning_rate", 2e-5, "Learning rate of the last step.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_float("clip_norm", 1.0, "Global norm that gradients are clipped to.", 0.0,
                   flag_values=FLAGS)
flags.DEFINE_float("ema_decay", 0.999, "Decay of the moving average of the weights.", 0.0, 1.0,
                   flag_values=FLAGS)
flags.DEFINE_integer("validate_every", 2_000, "Steps between validations.", 1, flag_values=FLAGS)
flags.DEFINE_float("save_every", 2.0, "Minutes between checkpoints.", 0.0, flag_values=FLAGS)
flags.DEFINE_integer("seed", 1, "Seed of initial weights, crops, flips and qualities.", 0,
                     flag_values=FLAGS)
flags.DEFINE_bool("jit_compile", False, "Compile the step with XLA.", flag_values=FLAGS)
flags.DEFINE_enum("distribute", "none", ["none", "mirrored", "multi_worker"],
                  "Data-parallel training with tf.distribute; multi_worker reads TF_CONFIG.",
                  flag_values=FLAGS)


def _settings() -> dict:
    """What a resumed run must share."""
    names = ("dataset", "crop_size", "align", "batch_size", "architecture", "num_rates", "objective",
             "distortion", "lambda_id", "feature_weight", "warp", "detection_weight", "gate_width",
             "background", "background_rate", "recognizer", "init_from", "steps", "learning_rate",
             "final_learning_rate", "target_bpp", "seed", "validation_share", "ema_decay")
    settings = {name: FLAGS[name].value for name in names}
    if FLAGS.align and FLAGS.objective == "rec":
        raise start.UsageError("--align is for ip and ipr, which look for faces; for rec train on a "
                               "folder by tf_ipr_align.")
    if FLAGS.detection_weight and (FLAGS.align or FLAGS.objective == "rec" or FLAGS.jit_compile):
        raise start.UsageError("--detection_weight is for ip and ipr on whole pictures, without "
                               "--align, and its pictures of many sizes without --jit_compile.")
    maximum, minimum = FLAGS.lambda_rate_max, FLAGS.lambda_rate_min
    single = FLAGS.lambda_rate
    if FLAGS.num_rates == 1:
        if single == 0:
            raise start.UsageError("--lambda_rate=0 is given; it must be above 0. Leave it out for "
                                   "the geometric mean of --lambda_rate_min and --lambda_rate_max.")
        maximum = minimum = (maximum * minimum) ** 0.5 if single is None else single
    elif single is not None:
        raise start.UsageError("--lambda_rate is for --num_rates=1; give --lambda_rate_min and "
                               "--lambda_rate_max for a variable-rate model.")
    return dict(settings, lambda_rate_max=maximum, lambda_rate_min=minimum)


def _strategy(name: str):
    import tensorflow as tf
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    return None


def _train(settings: dict) -> str:
    import contextlib

    import tensorflow as tf

    from tf_ipr.losses.identity import Guards
    from tf_ipr.losses.objective import Objective
    from tf_ipr.models.training_model import TrainingModel
    from tf_ipr.training import data, identity_data, loop
    from tf_ipr.training.step import Optimization, TrainingStep
    from tf_ipr.training.warm_start import warm_start

    # Workers can only be joined before TensorFlow runs anything, as recognisers do.
    strategy = _strategy(FLAGS.distribute)
    source = data.TrainingData(FLAGS.dataset, FLAGS.data_dir, FLAGS.protocol_dir,
                               FLAGS.validation_share)
    objective = Objective.of_training(settings)
    run = loop.Run(FLAGS.steps, FLAGS.learning_rate, FLAGS.final_learning_rate, FLAGS.target_bpp,
                   FLAGS.validate_every, FLAGS.save_every, FLAGS.jit_compile)
    training_paths, validation_paths = source.split()
    start.note(f"{len(training_paths)} training images, {len(validation_paths)} held out.")
    aligned_size = int(FLAGS.align) if FLAGS.align else None
    # Before TrainingFaces, which may look for faces for an hour.
    if aligned_size:
        images = identity_data.validation_faces(validation_paths, FLAGS.cache_dir, aligned_size)
    else:
        images = data.validation_images(validation_paths, 2 * FLAGS.crop_size or None)
    crop_size = FLAGS.crop_size or None
    if objective.needs_identity:
        faces = identity_data.TrainingFaces(training_paths, FLAGS.recognizer, FLAGS.cache_dir,
                                    Guards(FLAGS.feature_weight, FLAGS.warp), aligned_size,
                                    FLAGS.detection_weight, PRESETS[FLAGS.architecture].stride)
        identity_loss = faces.loss
        batches = faces.batches(FLAGS.batch_size, crop_size, FLAGS.seed)
    else:
        identity_loss = None
        batches = data.batches(training_paths, FLAGS.batch_size, crop_size, FLAGS.seed)
    tf.keras.utils.set_random_seed(FLAGS.seed)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = TrainingModel(dataclasses.replace(PRESETS[FLAGS.architecture],
                                                  num_rates=FLAGS.num_rates,
                                                  gate_width=FLAGS.gate_width))
        if FLAGS.init_from:
            warm_start(model, FLAGS.init_from)
        step = TrainingStep(model, objective, Optimization(FLAGS.clip_norm, FLAGS.ema_decay),
                            identity_loss)
    return str(loop.train(step, batches, images, run, FLAGS.run_dir, settings, strategy))


def _reason(error) -> str:
    """What went wrong inside a TensorFlow operation, without the graph and traceback around it."""
    text = error.message.partition("\n\t [[")[0].strip() or repr(error)
    return re.sub(r"\{\{.*?\}\}", "", text.splitlines()[-1]).strip()


def main(argv) -> int:
    if len(argv) > 1:
        raise start.UsageError(f"unexpected arguments {argv[1:]}; everything is a flag")
    settings = _settings()
    import tensorflow as tf  # pylint: disable=import-outside-toplevel  # Seconds.

    try:
        model_dir = _train(settings)
    except (KeyboardInterrupt, start.Terminated) as stop:
        stop.args = (f"stopped; the same command goes on from what is saved in {FLAGS.run_dir}",)
        raise
    except tf.errors.OpError as error:
        raise ValueError(_reason(error)) from error
    start.say(f"The model is in {model_dir}.")
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
