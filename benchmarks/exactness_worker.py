"""The part of `exactness_matrix` that runs in another environment: LiteRT, or a newer TensorFlow.

    python benchmarks/exactness_worker.py encode encoder.tflite images.npz streams.pickle
    python benchmarks/exactness_worker.py symbols decoder.tflite streams.pickle symbols.pickle
    python benchmarks/exactness_worker.py decode savedmodel streams.pickle images.npz

Needs NumPy and the runtime that it tries, nothing of tf_ipr.
"""

from __future__ import annotations

import pickle
import sys

import numpy as np


def encode(path: str, source: str, target: str) -> None:
    """Images and qualities to a list of (stream, z symbols, y symbols)."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(model_path=path, num_threads=1).get_signature_runner("encode")
    with np.load(source) as file:
        images, qualities = file["images"], file["qualities"]
    results = []
    for image in images:
        for quality in qualities:
            result = run(image=image[np.newaxis], quality=np.float32(quality))
            results.append((result["stream"][:int(result["length"])].tobytes(),
                            result["side"][0], result["latent"][0]))
    with open(target, "wb") as file:
        pickle.dump(results, file)


def symbols(path: str, source: str, target: str) -> None:
    """Streams to a list of (status, z symbols, y symbols)."""
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(model_path=path, num_threads=1).get_signature_runner("decode")
    buffer = np.zeros(run.get_input_details()["stream"]["shape"], np.uint8)
    results = []
    with open(source, "rb") as file:
        streams = pickle.load(file)
    for stream in streams:
        buffer[:len(stream)] = np.frombuffer(stream, np.uint8)
        result = run(stream=buffer, length=np.int32(len(stream)))
        results.append((int(result["status"]), result["side"][0], result["latent"][0]))
    with open(target, "wb") as file:
        pickle.dump(results, file)


def decode(path: str, source: str, target: str) -> None:
    """Streams to images and statuses, with stock operations only."""
    import tensorflow as tf

    if any(name.startswith("tensorflow_compression") for name in sys.modules):
        raise SystemExit("tensorflow-compression has been imported; the point is to do without")
    module = tf.saved_model.load(path)
    serve = module.signatures["serving_default"]
    with open(source, "rb") as file:
        streams = pickle.load(file)
    images, statuses = [], []
    for start in range(0, len(streams), 8):
        result = serve(stream_bytes=tf.constant(streams[start:start + 8]))
        images.append(result["image"].numpy())
        statuses.append(result["status"].numpy())
    np.savez(target, images=np.concatenate(images), statuses=np.concatenate(statuses),
             version=tf.__version__)


if __name__ == "__main__":
    {"encode": encode, "symbols": symbols, "decode": decode}[sys.argv[1]](*sys.argv[2:])
