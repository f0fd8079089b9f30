"""Decoding on a server: pictures per second through the SavedModel, latency over gRPC, peers beside.

    python -m benchmarks.decode_speed --data_dir=LFW --protocol_dir=LISTS --every=60

Prints, for 1 and 2 threads, pictures per second at each batch size, one batch after another and as
many side by side as there are threads, as a server runs them; p50 and p99 of single requests that arrive
evenly spaced at --rates per second; and JPEG, WebP, AVIF and HEVC decoded one after another on one
thread. All of the same images in the same run.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent import futures

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks import images
from tf_ipr.export import serving_decoder
from tf_ipr.files import image_file
from tf_ipr.models.codec import TensorFlowCodec

FLAGS = flags.FLAGS
flags.DEFINE_list("batches", ["1", "8", "16", "32"], "Batch sizes.")
flags.DEFINE_list("threads", ["1", "2"], "Numbers of threads, each in a process of its own.")
flags.DEFINE_list("rates", ["5", "10", "20", "40"], "Requests per second of the steady load.")
flags.DEFINE_float("seconds", 10, "How long to measure each figure of the decoder.")
flags.DEFINE_float("quality", 50, "Quality of the streams.", 1, 100)
flags.DEFINE_string("decoder", None, "Exported decoder (the folder of the versions); default: "
                    "exports the model.")
flags.DEFINE_integer("worker", 0, "Used by the benchmark itself: number of threads.")
flags.DEFINE_string("streams", None, "Used by the benchmark itself: a file of streams.")

_PEERS = (("jpeg", 50), ("webp", 50), ("avif", 30), ("hevc", 36))
_ROUNDS = 3


def _worker() -> None:
    """In its own process, since TensorFlow sets its threads once: prints table rows."""
    tf.config.threading.set_intra_op_parallelism_threads(FLAGS.worker)
    tf.config.threading.set_inter_op_parallelism_threads(FLAGS.worker)
    streams = list(np.load(FLAGS.streams, allow_pickle=True)["streams"])
    model = tf.saved_model.load(str(pathlib.Path(FLAGS.decoder) / "1"))
    decode = model.signatures["serving_default"]
    for batch in map(int, FLAGS.batches):
        seconds = []
        pending = (streams * batch)[:len(streams) // batch * batch or batch]
        chunks = [tf.constant(pending[i:i + batch]) for i in range(0, len(pending), batch)]
        decode(stream_bytes=chunks[0])
        end = time.monotonic() + FLAGS.seconds
        while time.monotonic() < end or len(seconds) < 2:
            start = time.monotonic()
            decode(stream_bytes=chunks[len(seconds) % len(chunks)])
            seconds.append(time.monotonic() - start)
        print(f"| {FLAGS.worker} | {batch} | {batch / statistics.mean(seconds):.1f} | "
              f"{1e3 * statistics.median(seconds):.0f} | "
              f"{_side_by_side(decode, chunks, batch):.1f} |", flush=True)


def _side_by_side(decode, chunks: list, batch: int) -> float:
    """Pictures per second with a batch in work on each thread."""
    end, start = time.monotonic() + FLAGS.seconds, time.monotonic()

    def run(number):
        count = 0
        while time.monotonic() < end:
            decode(stream_bytes=chunks[(number + count) % len(chunks)])
            count += 1
        return count

    with futures.ThreadPoolExecutor(FLAGS.worker) as pool:
        count = sum(pool.map(run, range(FLAGS.worker)))
    return count * batch / (time.monotonic() - start)


def _pinned(threads: int) -> list:
    return ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))]


def _load_example(name: str):
    path = pathlib.Path(__file__).parents[1] / "examples" / "server" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _latency(address: str, streams: list, rate: float) -> list:
    """Seconds of each request, sent on time whether or not earlier ones have been answered."""
    import grpc
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    def request(stream):
        message = predict_pb2.PredictRequest()
        message.model_spec.name = "tf_ipr_decoder"
        message.model_spec.signature_name = "serving_default"
        message.inputs["stream_bytes"].CopyFrom(tf.make_tensor_proto([stream], tf.string))
        return message

    messages = [request(stream) for stream in streams]
    with grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)]) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def send(index, due):
            service.Predict(messages[index % len(messages)], timeout=120)
            return time.monotonic() - due  # Waiting for a thread of ours counts.

        with futures.ThreadPoolExecutor(256) as pool:
            start, waiting = time.monotonic(), []
            for index in range(int(rate * FLAGS.seconds)):
                due = start + index / rate
                time.sleep(max(0.0, due - time.monotonic()))
                waiting.append(pool.submit(send, index, due))
            return [future.result() for future in waiting]


def _peers(pictures: list) -> None:
    from tf_ipr.evaluation.codecs import reference_codecs

    print("\n| decoder, one thread | setting | bpp | pictures/s |\n|---|---|---|---|")
    pixels = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    for name, setting in _PEERS:
        codec = reference_codecs.ALL[name]
        if codec.unavailable_reason():
            print(f"| {codec.label} | not installed | | |")
            continue
        files = [codec.encode(picture, setting) for picture in pictures]
        start = time.monotonic()
        for _ in range(_ROUNDS):
            for data in files:
                codec.decode(data)
        each = (time.monotonic() - start) / _ROUNDS / len(files)
        bpp = 8 * sum(map(len, files)) / pixels
        print(f"| {codec.label} | {setting} | {bpp:.3f} | {1 / each:.0f} |")


def main(argv) -> None:
    del argv
    if FLAGS.worker:
        _worker()
        return
    with tempfile.TemporaryDirectory() as folder:
        decoder = FLAGS.decoder or str(pathlib.Path(folder) / "decoder")
        if not FLAGS.decoder:
            serving_decoder.export(images.model_folder(), decoder, image_sizes=[(250, 250)])
        codec = TensorFlowCodec.load(images.model_folder())
        pictures = [image_file.read_image(path) for path in images.paths()]
        streams = [codec.compress(picture, quality=FLAGS.quality) for picture in pictures]
        bpp = statistics.mean(8 * len(s) / (p.shape[0] * p.shape[1])
                              for s, p in zip(streams, pictures))
        print(f"{len(streams)} images of {images.name()}, quality {FLAGS.quality:g}, {bpp:.3f} bpp\n")
        np.savez(f"{folder}/streams.npz", streams=np.array(streams + [None], object)[:-1])
        print("| threads | batch | pictures/s | ms per batch, median | pictures/s side by side |\n"
              "|---|---|---|---|---|", flush=True)
        for threads in map(int, FLAGS.threads):
            subprocess.run(
                [*_pinned(threads), sys.executable, "-m", "benchmarks.decode_speed",
                 f"--worker={threads}", f"--decoder={decoder}", f"--streams={folder}/streams.npz",
                 f"--batches={','.join(FLAGS.batches)}", f"--seconds={FLAGS.seconds}",
                 f"--data_dir={FLAGS.data_dir}"], check=True)
        if FLAGS.rates:
            local_server = _load_example("local_server")
            model = local_server.ServedModel(decoder)
            model.warm_up()
            print("\n| requests/s over gRPC | p50 ms | p99 ms |\n|---|---|---|")
            with local_server.LocalServer(model) as server:
                for rate in map(float, FLAGS.rates):
                    ms = 1e3 * np.array(_latency(server.grpc_address, streams, rate))
                    print(f"| {rate:g} | {np.percentile(ms, 50):.0f} | {np.percentile(ms, 99):.0f} |",
                          flush=True)
        _peers(pictures)


if __name__ == "__main__":
    app.run(main)
