"""Damaged streams through the exported decoder, whole batches of them.

    python -m benchmarks.serving_mutations --data_dir=LFW --protocol_dir=LISTS --count=100000

Every batch holds one good stream in a random place, whose picture must not change; the others are
damaged in one of eight ways. Nothing may crash, hang, or take memory beyond the bound of
docs/security.md. Prints the outcomes by kind of damage. Continues where it stopped (--state).
"""

from __future__ import annotations

import collections
import json
import pathlib
import time

import numpy as np
import tensorflow as tf
from absl import app, flags
from tqdm import tqdm

from benchmarks import images, peak_memory
from tf_ipr.export import serving_decoder
from tf_ipr.files import atomic_file, image_file
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models.codec import TensorFlowCodec

FLAGS = flags.FLAGS
flags.DEFINE_integer("count", 100_000, "Mutations to try.", 1)
flags.DEFINE_integer("batch", 50, "Streams of a batch, one of them good.", 2)
flags.DEFINE_string("decoder", None, "Exported decoder (the folder of a version); default: exports "
                    "the model with max_pixels 2^16 and max_batch_pixels 2^20.")
flags.DEFINE_string("state", "runs/serving_mutations.json", "Counts so far; delete to start anew.")
flags.DEFINE_integer("seed", 0, "Seed of everything.")

# Small pictures, since the time goes with the pixels; both limits are exceeded by some mutations.
_MAX_PIXELS, _MAX_BATCH_PIXELS = 1 << 16, 1 << 20
_QUALITIES = (1, 20, 50, 80)
_CROPS = (32, 64, 128)
_SAVE_EVERY = 20


def _flip(rng, stream, _):
    stream[rng.integers(len(stream))] ^= rng.integers(1, 256)
    return stream


def _flip_header(rng, stream, _):
    stream[rng.integers(min(len(stream), 20))] ^= rng.integers(1, 256)
    return stream


def _resize(rng, stream, _):
    """Another size in a header that stays well-formed."""
    end = 7
    for _ in range(2):
        while stream[end] & 128:
            end += 1
        end += 1
    sizes = (bytes([value & 127 | 128, value >> 7 & 127 | 128, value >> 14])
             if value >> 14 else bytes([value & 127 | 128, value >> 7])
             for value in rng.integers(128, 1 << int(rng.integers(8, 12)), 2))
    return stream[:7] + b"".join(sizes) + stream[end:]


def _truncate(rng, stream, _):
    return stream[:rng.integers(len(stream))]


def _extend(rng, stream, _):
    return stream + rng.bytes(2 * rng.integers(1, 2000))


def _delete(rng, stream, _):
    at = rng.integers(len(stream))
    return stream[:at] + stream[at + rng.integers(1, 9):]


def _splice(rng, stream, other):
    at = rng.integers(len(stream))
    return stream[:at] + other[rng.integers(len(other)):]


def _random_body(rng, stream, _):
    return stream[:11] + rng.bytes(len(stream) - 11)


_KINDS = (_flip, _flip_header, _resize, _truncate, _extend, _delete, _splice, _random_body)


def _good_streams(codec, rng) -> list:
    found = []
    for i, path in enumerate(images.paths()[::max(1, len(images.paths()) // 24)][:24]):
        image = image_file.read_image(path)
        size = _CROPS[i % len(_CROPS)]
        top, left = (int(rng.integers(side - size + 1)) for side in image.shape[:2])
        found.append(codec.compress(image[top:top + size, left:left + size],
                                    quality=_QUALITIES[i // len(_CROPS) % len(_QUALITIES)]))
    return found


class Trial:
    """Runs batch after batch, each reproducible by its number."""

    def __init__(self, decode, streams):
        self._decode, self._streams = decode, streams
        self._pictures = [self._run([stream])["image"][0] for stream in streams]
        self.found = collections.Counter()

    def batch(self, number: int) -> float:
        """Runs one batch; returns its seconds."""
        rng = np.random.default_rng([FLAGS.seed, number])
        own = rng.integers(len(self._streams), size=FLAGS.batch)
        kinds = rng.integers(len(_KINDS), size=FLAGS.batch)
        place = rng.integers(FLAGS.batch)
        batch = []
        for i, (which, kind) in enumerate(zip(own, kinds)):
            stream = self._streams[which]
            if i != place:
                other = self._streams[rng.integers(len(self._streams))]
                stream = bytes(_KINDS[kind](rng, bytearray(stream), bytearray(other)))
            batch.append(stream)
        start = time.monotonic()
        outputs = self._run(batch)
        seconds = time.monotonic() - start
        for i, stream in enumerate(batch):
            name = "good neighbour" if i == place else _KINDS[kinds[i]].__name__.strip("_")
            self.found[f"{name}/{self._outcome(outputs, i, stream, own[i])}"] += 1
        return seconds

    def _outcome(self, outputs, i, stream, which) -> str:
        status = StreamStatus(int(outputs["status"][i]))
        height, width = int(outputs["height"][i]), int(outputs["width"][i])
        if height * width > _MAX_PIXELS or (status != StreamStatus.OK and (height or width)):
            return "OUT OF BOUNDS"
        if status != StreamStatus.OK:
            return status.name
        if stream in self._streams:  # A splice can happen to be another good stream, whole.
            which = self._streams.index(stream)
        if (height, width, 3) != self._pictures[which].shape:
            return "ANOTHER PICTURE"
        difference = np.abs(outputs["image"][i, :height, :width].astype(int)
                            - self._pictures[which]).max()
        same = difference <= 1
        unchanged = stream == self._streams[which]
        return ("same stream" if unchanged else "same picture") if same else "ANOTHER PICTURE"

    def _run(self, batch) -> dict:
        outputs = self._decode(stream_bytes=tf.constant(batch, tf.string))
        return {name: value.numpy() for name, value in outputs.items()}


def _decoder_folder() -> pathlib.Path:
    if FLAGS.decoder:
        return pathlib.Path(FLAGS.decoder)
    return serving_decoder.export(
        images.model_folder(), pathlib.Path(FLAGS.state).with_suffix(""), max_pixels=_MAX_PIXELS,
        max_batch_pixels=_MAX_BATCH_PIXELS, batch_sizes=(1,), image_sizes=[(64, 64)])


def main(argv) -> None:
    del argv
    codec = TensorFlowCodec.load(images.model_folder())
    streams = _good_streams(codec, np.random.default_rng(FLAGS.seed))
    model = tf.saved_model.load(str(_decoder_folder()))
    trial = Trial(model.signatures["serving_default"], streams)
    path, done, slowest = pathlib.Path(FLAGS.state), 0, 0.0
    key = f"{codec.model_id} batch {FLAGS.batch} seed {FLAGS.seed}"
    if path.exists() and (state := json.loads(path.read_text()))["key"] == key:
        done, slowest = state["done"], state["slowest"]
        trial.found.update(state["found"])
    batches = -(-FLAGS.count // (FLAGS.batch - 1))
    for number in tqdm(range(done, batches), initial=done, total=batches, unit="batch"):
        slowest = max(slowest, trial.batch(number))
        if (number + 1) % _SAVE_EVERY == 0 or number + 1 == batches:
            with atomic_file.writing(path, "w") as file:
                json.dump(dict(key=key, done=number + 1, slowest=slowest, found=trial.found), file)
    _report(trial.found, streams, slowest)


def _report(found, streams, slowest: float) -> None:
    kinds = [kind.__name__.strip("_") for kind in _KINDS] + ["good neighbour"]
    outcomes = sorted({name.split("/")[1] for name in found})
    total = sum(count for name, count in found.items() if not name.startswith("good"))
    print(f"{total} mutations of {len(streams)} streams, {min(map(len, streams))}.."
          f"{max(map(len, streams))} bytes, in batches of {FLAGS.batch} with one good stream\n")
    print(f"| outcome | {' | '.join(kinds)} |\n|---|{'---|' * len(kinds)}")
    for outcome in outcomes:
        print(f"| {outcome} | {' | '.join(str(found[f'{k}/{outcome}']) for k in kinds)} |")
    peak = peak_memory.mebibytes()
    print(f"\nslowest batch {slowest:.1f} s, peak memory of this process {peak:.0f} MiB")


if __name__ == "__main__":
    app.run(main)
