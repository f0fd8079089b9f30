"""Scale indexes on every backend: identical, on ordinary and on extreme latents.

    python -m benchmarks.exactness --model=savedmodels/lfw_l2_rec

Runs the integer network of a model on 1,000 hyper-latents (uniform noise of several amplitudes, all
values at a limit, random signs at the limits, checkerboards, single spikes) through TensorFlow
eagerly, in a graph, compiled by XLA, and through TFLite with and without XNNPACK on one
and two threads; also in XLA on a GPU where TensorFlow has one. All must equal an
evaluation with 64 bits in NumPy. Prints the proven bound and the kinds of operations.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from absl import app, flags

from tf_ipr.format import shipped_models
from tf_ipr.models import frozen_network, model_folder

FLAGS = flags.FLAGS
flags.DEFINE_string("model", None, "Model folder; default: the shipped model.")
flags.DEFINE_integer("latents", 1000, "Hyper-latents to run; a multiple of 8.", 8)
flags.DEFINE_integer("side", 4, "Height and width of a hyper-latent; 4 is a 250x250 image.", 1)

_LIMIT = frozen_network.MAX_SIDE_SYMBOL
_BATCH = 8


def latents(count: int, side: int, channels: int) -> np.ndarray:
    """float32 integers [count, side, side, channels] in -127..127, of seven kinds in turn."""
    rng = np.random.default_rng(0)
    shape = (side, side, channels)
    parity = np.indices(shape[:2]).sum(0)[..., None] % 2
    kinds = [
        lambda: rng.integers(-2, 3, shape),
        lambda: rng.integers(-20, 21, shape),
        lambda: rng.integers(-_LIMIT, _LIMIT + 1, shape),
        lambda: rng.choice([-_LIMIT, _LIMIT], shape),
        lambda: np.broadcast_to(rng.choice([-_LIMIT, _LIMIT], channels), shape),
        lambda: np.where(parity, 1, -1) * rng.choice([-_LIMIT, _LIMIT], channels),
        lambda: _LIMIT * (rng.random(shape) < 0.01),
    ]
    return np.stack([kinds[i % len(kinds)]() for i in range(count)]).astype(np.float32)


def reference(layers, z_hat: np.ndarray) -> np.ndarray:
    """The network in NumPy: products in float64, exact below 2^53, everything else in int64."""
    x = z_hat.astype(np.int64)
    for number, layer in enumerate(layers):
        height, width = x.shape[1:3]
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        patches = np.concatenate([padded[:, dy:dy + height, dx:dx + width]
                                  for dy in range(3) for dx in range(3)], -1)
        total = (patches.astype(np.float64) @ layer.kernel.astype(np.float64)).astype(np.int64)
        total += layer.bias
        x = (2 * total + (1 << layer.shift)) >> (layer.shift + 1)  # floor(total / 2^shift + 1/2)
        if number == len(layers) - 1:
            return np.clip(x + frozen_network.NUM_SCALES // 2, 0, frozen_network.NUM_SCALES - 1)
        x = np.clip(x, 0, frozen_network.MAX_ACTIVATION)
        if layer.upsample:
            batch, height, width, depth = x.shape
            x = x.reshape(batch, height, width, 2, 2, depth // 4).transpose(0, 1, 3, 2, 4, 5)
            x = x.reshape(batch, 2 * height, 2 * width, depth // 4)
    raise ValueError("the network has no layers")


def tflite_runner(content: bytes, xnnpack: bool, threads: int):
    """A function of a batch of latents [8, h, w, C]."""
    resolver = tf.lite.experimental.OpResolverType
    interpreter = tf.lite.Interpreter(
        model_content=content, num_threads=threads,
        experimental_op_resolver_type=resolver.AUTO if xnnpack
        else resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    result = interpreter.get_output_details()[0]["index"]

    def call(z_hat):
        interpreter.set_tensor(source, z_hat)
        interpreter.invoke()
        return interpreter.get_tensor(result)

    return call


def backends(network, shape) -> tuple[dict, list[str]]:
    """Functions of a batch by name, and the kinds of operations of the graph."""
    spec = tf.TensorSpec([_BATCH, *shape], tf.float32)
    graph = tf.function(network, input_signature=[spec])
    compiled = tf.function(network, input_signature=[spec], jit_compile=True)
    concrete = graph.get_concrete_function()
    content = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    found = {"TensorFlow eager": network, "TensorFlow graph": graph, "XLA": compiled}
    if tf.config.list_physical_devices("GPU"):
        def on_gpu(z_hat):
            with tf.device("/GPU:0"):
                return compiled(z_hat)
        found["XLA on GPU"] = on_gpu
    for xnnpack in (True, False):
        for threads in (1, 2):
            name = f"TFLite {'with' if xnnpack else 'without'} XNNPACK, {threads} thread(s)"
            found[name] = tflite_runner(content, xnnpack, threads)
    return found, sorted({operation.type for operation in concrete.graph.get_operations()})


def main(argv) -> None:
    del argv
    model, config = model_folder.load(shipped_models.folder_of(FLAGS.model))
    network = model.hyper_index
    shape = (FLAGS.side, FLAGS.side, config["model"]["side_channels"])
    inputs = latents(FLAGS.latents // _BATCH * _BATCH, *shape[1:])
    expected = reference(network.layers, inputs)
    runners, operations = backends(network, shape)
    bound = frozen_network.check_bound(network.layers)
    print(f"model {config['model_id']}: largest possible sum {bound} < 2^24 = {2 ** 24}")
    print(f"operations: {', '.join(operations)}")
    print(f"indexes seen: {expected.min()}..{expected.max()}\n")
    print(f"| backend | of {expected.size} indexes, differing from 64-bit NumPy |\n|---|---|")
    failures = 0
    for name, run in runners.items():
        wrong = sum(int(np.sum(np.asarray(run(inputs[i:i + _BATCH])) != expected[i:i + _BATCH]))
                    for i in range(0, len(inputs), _BATCH))
        failures += wrong
        print(f"| {name} | {wrong} |", flush=True)
    if failures or any("Conv" in operation for operation in operations):
        raise SystemExit("the integer network is not exact everywhere")


if __name__ == "__main__":
    app.run(main)
