"""What identity costs in training: whole steps with and without a recogniser in the loss.

    python -m experiments.identity_cost --recognizers=recognizers/mobilefacenet_arcface_ms1m --ir101

A row per recogniser, each in a process of its own: processor milliseconds per image of a whole
training step (codec and loss, forward, backward, update), images per second of one core, and the
process's peak memory. The first row is REC, which has no recogniser; --ir101 adds CurricularFace's
IR-101 with random weights. Processor time is measured, so that other work on the machine does not
count; every row runs on one thread.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import tempfile
import time

import numpy as np
from absl import flags

from benchmarks import peak_memory
from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_list("recognizers", [], "Folders of recognisers.")
flags.DEFINE_bool("ir101", False, "Also CurricularFace IR-101 with random weights.")
flags.DEFINE_integer("batch_size", 8, "Images at a time.", 1)
flags.DEFINE_integer("crop_size", 160, "Height and width of the crops.", 112)
flags.DEFINE_integer("repeats", 5, "Steps; the fastest counts.", 1)


def random_ir101(folder: str) -> None:
    """Writes a frozen IR-101 whose weights are noise of the usual size."""
    from tf_ipr.recognition.backbones import curricularface_ir101
    from tf_ipr.recognition.conversion import architectures, freeze, pytorch_checkpoint

    class RandomTensors(pytorch_checkpoint.PyTorchTensors):
        """Makes up whatever is asked for."""

        def take(self, name, shape):
            if name.endswith(("running_var", "weight")) and len(shape) == 1:
                return np.ones(shape, np.float32)
            fan_in = max(1, int(np.prod(shape[1:])))
            noise = np.random.default_rng(len(name)).standard_normal(shape, np.float32)
            return noise / np.float32(np.sqrt(fan_in))

    model = curricularface_ir101.from_pytorch(RandomTensors({}, "random"))
    facts = architectures.ARCHITECTURES["curricularface_ir101"].facts
    freeze.freeze(model, facts, pathlib.Path(folder), trained=False)


def measure(recognizer_folder, batch_size: int, size: int, repeats: int):
    """(name, processor seconds of the fastest training step, peak memory in MiB)."""
    import tensorflow as tf

    from tf_ipr.faces import alignment
    from tf_ipr.format.model_config import PRESETS
    from tf_ipr.losses.identity import identity_loss
    from tf_ipr.losses.objective import Objective
    from tf_ipr.models.training_model import TrainingModel
    from tf_ipr.recognition.recognizer import Recognizer
    from tf_ipr.training.step import TrainingStep

    rng = np.random.default_rng(0)
    images = tf.constant(rng.uniform(0, 255, [batch_size, size, size, 3]), tf.float32)
    landmarks = tf.constant(alignment.ARCFACE_TEMPLATE + (size - 112) / 2
                            + rng.normal(0, 1, [batch_size, 5, 2]), tf.float32)
    model = TrainingModel(PRESETS["mobile"])
    if recognizer_folder is None:
        name, embeddings, step = "none (REC)", None, TrainingStep(model, Objective("rec"))
    else:
        recognizer = Recognizer.load(recognizer_folder)
        name = recognizer.name
        embeddings = tf.constant(recognizer.embed_images(images, landmarks))
        step = TrainingStep(
            model, Objective("ipr"),
            identity_loss=lambda *args: identity_loss([recognizer], *args[:3], [args[3]]))
    take = tf.function(lambda: step(images, tf.constant(1e-5), landmarks, embeddings))
    take()
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        float(take()["loss"])
        seconds.append(time.process_time() - begin)
    return name, min(seconds), peak_memory.mebibytes()


def main(argv) -> int:
    del argv
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS="1")
    size = FLAGS.crop_size
    print(f"Batches of {FLAGS.batch_size}, {size}x{size}, one thread.\n")
    print("| recogniser in the loss | ms per image | images/s | peak memory MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folders = [None, *FLAGS.recognizers]
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            if FLAGS.ir101:
                folders.append(str(pathlib.Path(folder) / "ir101"))
                pool.apply(random_ir101, (folders[-1],))
            for path in folders:
                name, seconds, memory = pool.apply(
                    measure, (path, FLAGS.batch_size, size, FLAGS.repeats))
                each = seconds / FLAGS.batch_size
                print(f"| {name} | {1e3 * each:.1f} | {1 / each:.1f} | {memory:.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    start.run(main)
