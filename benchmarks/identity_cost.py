"""What the identity loss costs: forward and backward, by recogniser.

    python -m benchmarks.identity_cost --recognizers=recognizers/mobilefacenet_arcface_ms1m --ir101

Per recogniser: processor milliseconds per image of one loss with its gradient with respect to the
reconstruction (original embeddings given, as in training), images per second of one core, and the
memory the process then holds. --ir101 adds CurricularFace's IR-101 with random weights. Processor
time is measured, so that other work on the machine does not count; run it on one thread
(TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1).
"""

from __future__ import annotations

import pathlib
import resource
import tempfile
import time

import numpy as np
from absl import flags

from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_list("recognizers", [], "Folders of recognisers.")
flags.DEFINE_bool("ir101", False, "Also CurricularFace IR-101 with random weights.")
flags.DEFINE_integer("batch_size", 8, "Images at a time.", 1)
flags.DEFINE_integer("image_size", 250, "Height and width of the images.", 112)
flags.DEFINE_integer("repeats", 5, "Measurements; the fastest counts.", 1)


def random_ir101(folder):
    """A frozen IR-101 whose weights are noise of the usual size."""
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
    return freeze.freeze(model, facts, folder, trained=False)


def measure(recognizer) -> float:
    """Processor seconds of one loss and gradient of a batch."""
    import tensorflow as tf

    from tf_ipr.losses.identity import identity_loss
    from tf_ipr.recognition import alignment

    rng = np.random.default_rng(0)
    shape = [FLAGS.batch_size, FLAGS.image_size, FLAGS.image_size, 3]
    images = tf.constant(rng.uniform(0, 255, shape), tf.float32)
    offset = (FLAGS.image_size - 112) / 2
    landmarks = tf.constant(alignment.ARCFACE_TEMPLATE + offset
                            + rng.normal(0, 1, [FLAGS.batch_size, 5, 2]), tf.float32)
    original = tf.constant(recognizer.embed_images(images, landmarks))

    @tf.function
    def step(reconstruction):
        with tf.GradientTape() as tape:
            tape.watch(reconstruction)
            loss = tf.reduce_mean(identity_loss([recognizer], None, reconstruction, landmarks,
                                                [original]))
        return loss, tape.gradient(loss, reconstruction)

    step(images)
    seconds = []
    for _ in range(FLAGS.repeats):
        begin = time.process_time()
        step(images)[1].numpy()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def main(argv) -> int:
    del argv
    from tf_ipr.recognition.recognizer import Recognizer

    print("| recogniser | ms per image | images/s | memory MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        loaders = [lambda path=path: Recognizer.load(path) for path in FLAGS.recognizers]
        if FLAGS.ir101:
            loaders.append(lambda: random_ir101(pathlib.Path(folder) / "ir101"))
        for load in loaders:
            recognizer = load()
            seconds = measure(recognizer) / FLAGS.batch_size
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"| {recognizer.name} | {1e3 * seconds:.1f} | {1 / seconds:.1f} | {memory:.0f} |",
                  flush=True)
    return 0


if __name__ == "__main__":
    start.run(main)
