"""Encoding and decoding on one thread by the two TFLite files, beside the SavedModel, AVIF and WebP.

    python -m benchmarks.runtime_speed --data_dir=LFW

Rows are a whole picture of 250x250 by the default model, a crop of 112x112 of about 500 bytes by the
model for crops, and a picture of 1024x1024. All codecs of a row take turns in one process, pinned to one
core; the fastest of --runs counts, in milliseconds, with the median behind it. AVIF and WebP get the
setting whose bytes come nearest to ours. With --profile it prints what of a decoding is the exact part (header,
coder, integer network) and what the rest (mean, synthesis).
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from absl import flags
from PIL import Image

import tf_ipr
from benchmarks import peak_memory
from tf_ipr.bin import start
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models
from tf_ipr.runtime.tflite_half import litert

FLAGS = flags.FlagValues()
flags.DEFINE_string("data_dir", None, "Folder of pictures; the first of 250x250 is taken. Default: "
                    "the packaged portrait, enlarged.", flag_values=FLAGS)
flags.DEFINE_integer("runs", 40, "Runs of each.", 1, flag_values=FLAGS)
flags.DEFINE_bool("profile", False, "Also exports the decoder's exact part alone and times it; needs TensorFlow.",
                  flag_values=FLAGS)
flags.DEFINE_bool("savedmodel", True, "Whether to load TensorFlow for the SavedModel's column.",
                  flag_values=FLAGS)

_LANDMARKS = np.array([[46.0, 50.0], [79.0, 51.5], [62.0, 71.0], [45.0, 80.0], [78.0, 81.5]])  # of the portrait


def _portrait(size: int) -> np.ndarray:
    import pathlib

    path = pathlib.Path(tf_ipr.__file__).with_name("assets") / "astronaut.png"
    return np.asarray(Image.fromarray(image_file.read_image(path)).resize((size, size)))


def _picture() -> np.ndarray:
    if not FLAGS.data_dir:
        return _portrait(250)
    for path in image_file.list_images(FLAGS.data_dir):
        image = image_file.read_image(path)
        if image.shape == (250, 250, 3):
            return image
    raise start.UsageError(f"{FLAGS.data_dir} has no picture of 250x250 pixels")


def _nearest(image: np.ndarray, kind: str, num_bytes: int) -> bytes:
    def encode(quality):
        file = io.BytesIO()
        Image.fromarray(image).save(file, format=kind, quality=quality)
        return file.getvalue()

    return min((encode(quality) for quality in range(1, 100, 3)), key=lambda data: abs(len(data) - num_bytes))


def _timed(calls: dict[str, Callable[[], object]]) -> dict[str, str]:
    """Turn by turn: "fastest (median)" in milliseconds."""
    taken: dict[str, list] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(FLAGS.runs):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(1e3 * (time.perf_counter() - start))
    return {name: f"{min(values):.1f} ({statistics.median(values):.1f})" for name, values in taken.items()}


def _saved_model(name: str):
    """The decoder of a model as a server runs it, or None where it is not exported."""
    folder = shipped_models.folder(name) / "decoder" / "1"
    if not FLAGS.savedmodel or not folder.is_dir():
        return None
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf.saved_model.load(str(folder)).signatures["serving_default"]


def _row(label: str, name: str, image: np.ndarray, saved_model, **wish) -> None:
    codec = tf_ipr.Codec.load(name)
    stream = codec.compress(image, **wish)
    quality = codec.info(stream)["quality"]
    avif, webp = (_nearest(image, kind, len(stream)) for kind in ("avif", "webp"))
    calls = {"encode": lambda: codec.compress(image, quality=quality),
             "decode": lambda: codec.decompress(stream),
             "avif": lambda: np.asarray(Image.open(io.BytesIO(avif)).convert("RGB")),
             "webp": lambda: np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"))}
    if saved_model is not None:
        import tensorflow as tf

        streams = tf.constant([stream])
        calls["saved"] = lambda: saved_model(stream_bytes=streams)["image"].numpy()
    ms = _timed(calls)
    print(f"| {label}, {name} | {len(stream)} | {ms['encode']} | {ms['decode']} | {ms.get('saved', '–')} | "
          f"{ms['avif']}, {len(avif)} B | {ms['webp']}, {len(webp)} B |", flush=True)


def _profile(label: str, name: str, image: np.ndarray, **wish) -> None:
    """The exact part alone beside the whole file, both of one size."""
    from benchmarks.verbose_graphs import VerboseDecoder, exported
    from tf_ipr.models import model_folder

    model, config = model_folder.load(shipped_models.folder(name))
    codec = tf_ipr.Codec.load(name)
    stream = codec.compress(image, **wish)
    size = image.shape[1::-1]
    exact = exported(VerboseDecoder(model, config["model_id"], size[0] * size[1], size), "decode", "decoder",
                     config["model_id"])
    run = litert(exact, 1).get_signature_runner("decode")
    buffer = np.zeros(run.get_input_details()["stream"]["shape"], np.uint8)
    buffer[:len(stream)] = np.frombuffer(stream, np.uint8)
    ms = _timed({"exact": lambda: run(stream=buffer, length=np.int32(len(stream))),
                 "whole": lambda: codec.decompress(stream)})
    print(f"| {label}, {name} | {ms['whole']} | {ms['exact']} |", flush=True)


def main(argv) -> int:
    del argv
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    for name in ("lfw_l2_rec", "lfw_align112_l2_ip"):  # loads everything once
        codec = tf_ipr.Codec.load(name)
        codec.decompress(codec.compress(_portrait(112), quality=50))
    print(f"peak memory with both models ready: {peak_memory.mebibytes():.0f} MiB")
    whole = _portrait(1024)
    tf_ipr.Codec.load().decompress(tf_ipr.Codec.load().compress(whole))
    print(f"after a picture of 1024x1024: {peak_memory.mebibytes():.0f} MiB\n")
    print("| picture, model | bytes | encode, ms | decode, ms | SavedModel decodes, ms | AVIF decodes, ms | "
          "WebP decodes, ms |\n|---|---|---|---|---|---|---|")
    saved_model = _saved_model("lfw_l2_rec")
    portrait = _portrait(128)
    _row("250x250, quality 50", "lfw_l2_rec", _picture(), saved_model, quality=50)
    _row("crop of 112x112", "lfw_align112_l2_ip", tf_ipr.align(portrait, _LANDMARKS, 112), None, max_bytes=500)
    _row("1024x1024, quality 50", "lfw_l2_rec", whole, saved_model, quality=50)
    if FLAGS.profile:
        print("\n| picture, model | decode, ms | of it header, coder and integer network, ms |\n|---|---|---|")
        _profile("250x250, quality 50", "lfw_l2_rec", _picture(), quality=50)
        _profile("crop of 112x112", "lfw_align112_l2_ip", tf_ipr.align(portrait, _LANDMARKS, 112), max_bytes=500)
    return 0


if __name__ == "__main__":
    start.run(main)
