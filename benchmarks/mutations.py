"""Damaged streams: random single-byte changes of real streams, and what the decoder says.

    python -m benchmarks.mutations --data_dir=LFW --protocol_dir=LISTS --count=10000

Every mutation must give an error or decode within bounds; none may crash, hang or exhaust memory.
Prints how many were refused by the header's checks, how many by the integrity check, and how
many passed as a picture.
"""

from __future__ import annotations

import collections
import sys
import time

import numpy as np
from absl import app, flags

from benchmarks import images, peak_memory
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.DEFINE_integer("count", 10_000, "Mutations to try.", 1)
flags.DEFINE_list("qualities", ["1", "20", "50", "80"], "Qualities of the streams.")
flags.DEFINE_integer("streams", 40, "Streams that are mutated.", 1)
flags.DEFINE_integer("seed", 0, "Seed of positions and values.")

_MAX_PIXELS = 1 << 22  # What a careful server would set for camera frames.


def outcome(codec: TensorFlowCodec, stream: bytes, original: np.ndarray) -> str:
    """What became of one damaged stream."""
    try:
        image_u8 = codec.decompress(stream)
    except BitstreamError as error:
        return "integrity check" if "integrity check" in str(error) else "header check"
    if image_u8.dtype != np.uint8 or image_u8.shape[0] * image_u8.shape[1] > _MAX_PIXELS:
        return "OUT OF BOUNDS"
    return "same picture" if np.array_equal(image_u8, original) else "another picture"


def main(argv) -> None:
    del argv
    rng = np.random.default_rng(FLAGS.seed)
    codec = TensorFlowCodec.load(images.model_folder(), max_pixels=_MAX_PIXELS)
    paths = images.paths()
    paths = paths[::max(1, len(paths) // FLAGS.streams)][:FLAGS.streams]
    qualities = [float(quality) for quality in FLAGS.qualities]
    streams = [codec.compress(image_file.read_image(path), quality=qualities[i % len(qualities)])
               for i, path in enumerate(paths)]
    originals = [codec.decompress(stream) for stream in streams]
    found, slowest, start = collections.Counter(), 0.0, time.monotonic()
    for number in range(FLAGS.count):
        which = rng.integers(len(streams))
        damaged = bytearray(streams[which])
        # Every tenth change hits the first 16 bytes, header and lane states: most to go wrong.
        where = rng.integers(16 if number % 10 == 0 else len(damaged))
        damaged[where] ^= rng.integers(1, 256)
        before = time.monotonic()
        found[outcome(codec, bytes(damaged), originals[which])] += 1
        slowest = max(slowest, time.monotonic() - before)
        if number % 100 == 99:
            left = (time.monotonic() - start) / (number + 1) * (FLAGS.count - number - 1)
            print(f"\r{number + 1} of {FLAGS.count}, {left / 60:.1f} minutes left ", end="",
                  file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{FLAGS.count} mutations of {len(streams)} streams, "
          f"{min(map(len, streams))}..{max(map(len, streams))} bytes\n")
    print("| outcome | mutations |\n|---|---|")
    for name in ("header check", "integrity check", "same picture", "another picture",
                 "OUT OF BOUNDS"):
        print(f"| {name} | {found[name]} |")
    peak = peak_memory.mebibytes()
    print(f"\nslowest {1e3 * slowest:.0f} ms, peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    app.run(main)
