"""The exported decoder in a process of its own: time per image and peak memory, as JSON.

    python benchmarks/decoder_process.py decoder/1 small.ipr image.ipr --batch=1 --runs=5

One thread. `added_mib` is what the peak rose by over that with the model loaded and the small stream
decoded.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks import measured_calls, peak_memory  # pylint: disable=wrong-import-position


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("decoder", help="folder of a version")
    parser.add_argument("small", help="stream that the decoder is warmed up with")
    parser.add_argument("stream")
    parser.add_argument("--batch", type=int, default=1, help="copies decoded together")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    decode = tf.saved_model.load(options.decoder).signatures["serving_default"]
    small, stream = (pathlib.Path(path).read_bytes() for path in (options.small, options.stream))
    decode(stream_bytes=tf.constant([small]))
    before = peak_memory.mebibytes()
    streams = tf.constant([stream] * options.batch)
    decode(stream_bytes=streams)
    measured_calls.report(lambda: decode(stream_bytes=streams)["image"].numpy(), options.runs,
                          len(stream), before)


if __name__ == "__main__":
    main()
