"""Damaged streams through decoder.tflite: what the file itself says of random changes of real streams.

    python -m benchmarks.mutations --data_dir=LFW --protocol_dir=LISTS --count=20000

A mutation changes a byte, cuts the end off, adds bytes, swaps two, or lies about the length. Every one
must give a status or decode within bounds; none may crash, hang or exhaust memory. Python's own checks
of the header are left out, as on a device. Prints how often each status came, and how many passed as a picture.
"""

from __future__ import annotations

import collections
import sys
import time

import numpy as np
from absl import app, flags

import tf_ipr
from benchmarks import images, peak_memory
from tf_ipr.files import image_file
from tf_ipr.format.model_folder import DECODER
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.runtime.decoder import Decoder

FLAGS = flags.FLAGS
flags.DEFINE_integer("count", 20_000, "Mutations to try.", 1)
flags.DEFINE_list("qualities", ["1", "20", "50", "80"], "Qualities of the streams.")
flags.DEFINE_integer("streams", 40, "Streams that are mutated.", 1)
flags.DEFINE_integer("seed", 0, "Seed of positions and values.")


def mutated(stream: bytes, number: int, rng) -> bytes:
    """A stream with one thing wrong."""
    data = bytearray(stream)
    kind = number % 10
    if kind == 0:
        return bytes(data[:rng.integers(len(data))])
    if kind == 1:
        return bytes(data) + rng.bytes(rng.integers(1, 9))
    if kind == 2:
        first, second = rng.integers(len(data), size=2)
        data[first], data[second] = data[second], data[first]
        return bytes(data)
    # Of the other changes every third hits the header and the lane states: most to go wrong.
    data[rng.integers(24 if kind in (3, 4) else len(data))] ^= rng.integers(1, 256)
    return bytes(data)


def outcome(decoder: Decoder, stream: bytes, length: int, original: np.ndarray) -> str:
    """What became of one damaged stream."""
    result = decoder.half.run("decode", stream=decoder.buffer(stream), length=np.int32(length))
    status, image = StreamStatus(int(result["status"])), result["image"]
    if status != StreamStatus.OK:
        return status.name
    if image.dtype != np.uint8 or image.shape[0] * image.shape[1] > decoder.half.max_pixels:
        return "OUT OF BOUNDS"
    return "same picture" if np.array_equal(image, original) else "ANOTHER PICTURE"


def main(argv) -> int:
    del argv
    rng = np.random.default_rng(FLAGS.seed)
    codec = tf_ipr.Codec.load(images.model_folder())
    decoder = Decoder(images.model_folder() / DECODER)
    paths = images.paths()
    paths = paths[::max(1, len(paths) // FLAGS.streams)][:FLAGS.streams]
    qualities = [float(quality) for quality in FLAGS.qualities]
    streams = [codec.compress(image_file.read_image(path), quality=qualities[i % len(qualities)])
               for i, path in enumerate(paths)]
    originals = [codec.decompress(stream) for stream in streams]
    found: collections.Counter = collections.Counter()
    slowest, start = 0.0, time.monotonic()
    for number in range(FLAGS.count):
        which = rng.integers(len(streams))
        damaged = mutated(streams[which], number, rng)
        lie = number % 97 == 96  # the length that is given is another than that of the stream
        length = int(rng.integers(-9, len(damaged) + 9)) if lie else len(damaged)
        before = time.monotonic()
        if damaged == streams[which] and length == len(damaged):
            found["no change"] += 1
            continue
        found[outcome(decoder, damaged, length, originals[which])] += 1
        slowest = max(slowest, time.monotonic() - before)
        if number % 100 == 99:
            left = (time.monotonic() - start) / (number + 1) * (FLAGS.count - number - 1)
            print(f"\r{number + 1} of {FLAGS.count}, {left / 60:.1f} minutes left ", end="",
                  file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{FLAGS.count} mutations of {len(streams)} streams, "
          f"{min(map(len, streams))}..{max(map(len, streams))} bytes, model {codec.model_id}\n")
    print("| outcome | mutations |\n|---|---|")
    for name, count in found.most_common():
        print(f"| {name} | {count} |")
    print(f"\nslowest {1e3 * slowest:.0f} ms, peak memory {peak_memory.mebibytes():.0f} MiB")
    return 1 if found["OUT OF BOUNDS"] or found["ANOTHER PICTURE"] else 0


if __name__ == "__main__":
    app.run(main)
