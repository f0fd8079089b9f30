"""What the coder costs: bytes beyond the ideal, and milliseconds beside tfc's range coder.

    python -m benchmarks.coder_overhead --data_dir=LFW --protocol_dir=LISTS

First table: bytes of real streams against -Σ log2 p of the same integer tables. Promise: within
24 bytes plus 0.5 % for every image. Second table: time to turn the symbols of one image
into words and back, our rANS in plain TensorFlow ops (graph and XLA) beside the C++ range
coder of tensorflow-compression on the same symbols and tables.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks import images
from tf_ipr import coding
from tf_ipr.files import image_file
from tf_ipr.format import lane_count
from tf_ipr.format.tables import PRECISION_BITS
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec

FLAGS = flags.FLAGS
flags.DEFINE_list("qualities", ["1", "20", "50", "80", "100"], "Qualities to measure.")
flags.DEFINE_integer("timed_images", 20, "Images of the second table; 0 leaves it out.", 0)

_ALLOWED_BYTES, _ALLOWED_SHARE = 24.0, 0.005


def overhead_table(codec: TensorFlowCodec, model, paths) -> str:
    """Bytes of streams against the ideal code length, one row per quality."""
    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32),
                                  tf.TensorSpec([1])])
    def ideal_bits(image, quality):
        return model.coded_bits(model.symbols(model.network.analyse(image), quality))[0]

    lines = ["| quality | images | ideal bytes | overhead bytes mean / p95 / max | overhead % | "
             f"beyond {_ALLOWED_BYTES:g} bytes + {100 * _ALLOWED_SHARE:g} % |",
             "|---|---|---|---|---|---|"]
    excess = {quality: [] for quality in map(float, FLAGS.qualities)}
    for number, path in enumerate(paths, start=1):
        image_u8 = image_file.read_image(path)
        for quality, found in excess.items():
            ideal = float(ideal_bits(image_u8[None].astype(np.float32), [quality])) / 8
            found.append((ideal, len(codec.compress(image_u8, quality=quality)) - ideal))
        print(f"\r{number} of {len(paths)} images ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for quality, found in excess.items():
        ideal, extra = np.array(found).T
        beyond = np.sum(extra > _ALLOWED_BYTES + _ALLOWED_SHARE * ideal)
        lines.append(
            f"| {quality:g} | {len(found)} | {ideal.mean():.0f} | {extra.mean():.1f} / "
            f"{np.percentile(extra, 95):.1f} / {extra.max():.1f} | "
            f"{100 * extra.sum() / ideal.sum():.2f} | {beyond} |")
    return "\n".join(lines)


def milliseconds(function, *arguments) -> float:
    """Median of five calls after two to warm up."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        tf.nest.map_structure(lambda t: t.numpy(), function(*arguments))
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[2:])


def rans_times(tables, symbols, lanes: int, jit: bool) -> tuple[float, float]:
    """Milliseconds to encode and decode both phases of one image."""
    coder = coding.SymbolCoder(tables, unroll=4) if jit else coding.SymbolCoder(tables)
    side, side_tables, latent, latent_tables = (
        tf.constant(np.reshape(part, [1, -1])) for part in symbols)
    start = tf.constant([1 << 15])

    @tf.function(jit_compile=jit)
    def encode(side, side_tables, latent, latent_tables):
        return coder.encode(side, side_tables, latent, latent_tables, lanes, start)

    @tf.function(jit_compile=jit)
    def decode(words, num_words, states, side_tables, latent_tables):
        side, state = coder.decode_side(words, num_words, states, side_tables)
        latent, state = coder.decode(state, latent_tables)
        return side, latent, coder.finished(state, start)

    encoded = encode(side, side_tables, latent, latent_tables)
    decoded = decode(*encoded, side_tables, latent_tables)
    if not (decoded[2].numpy().all() and np.array_equal(decoded[1], latent)):
        raise AssertionError("rANS did not return the symbols")
    return (milliseconds(encode, side, side_tables, latent, latent_tables),
            milliseconds(decode, *encoded, side_tables, latent_tables))


def range_coder_times(tables, symbols) -> tuple[float, float]:
    """The same with tensorflow-compression's range coder; skipped symbols are left out."""
    from tensorflow_compression.python.ops import gen_ops

    side, side_tables, latent, latent_tables = (np.reshape(part, -1) for part in symbols)
    index = np.concatenate([side_tables, latent_tables])
    value = np.concatenate([side, latent])[index >= 0]
    index = tf.constant(index[index >= 0])
    value = tf.constant(value - tables.lowest[index])
    # A row of tfc's lookup: the precision, then the cumulative frequencies with 0 and the total.
    lookup = tf.constant(np.concatenate([
        np.concatenate([[PRECISION_BITS, 0], np.cumsum(row[:size])])
        for row, size in zip(tables.frequency, tables.size)]).astype(np.int32))

    @tf.function
    def encode(index, value):
        handle = gen_ops.create_range_encoder(tf.constant([], tf.int32), lookup)
        return gen_ops.entropy_encode_finalize(
            gen_ops.entropy_encode_index(handle, index, value))

    @tf.function
    def decode(data, index):
        handle = gen_ops.create_range_decoder(data, lookup)
        handle, value = gen_ops.entropy_decode_index(handle, index, tf.shape(index), tf.int32)
        return value, gen_ops.entropy_decode_finalize(handle)

    data = encode(index, value)
    if not np.array_equal(decode(data, index)[0], value):
        raise AssertionError("tfc's range coder did not return the symbols")
    return milliseconds(encode, index, value), milliseconds(decode, data, index)


def time_table(model, paths) -> str:
    """Means over images of the medians of `milliseconds`."""
    lines = ["| quality | symbols coded | rANS graph encode / decode ms | rANS XLA | tfc C++ |",
             "|---|---|---|---|---|"]
    for quality in map(float, FLAGS.qualities):
        coded, times = [], []
        for path in paths:
            image_u8 = image_file.read_image(path)
            latent = model.network.analyse(tf.constant(image_u8[None], tf.float32))
            symbols = [part.numpy() for part in model.symbols(latent, tf.constant([quality]))]
            coded.append(np.sum(symbols[1] >= 0) + np.sum(symbols[3] >= 0))
            lanes = lane_count.num_lanes(*image_u8.shape[:2])
            times.append([*rans_times(model.tables, symbols, lanes, False),
                          *rans_times(model.tables, symbols, lanes, True),
                          *range_coder_times(model.tables, symbols)])
            print(f"\rquality {quality:g}: {len(times)} of {len(paths)} images ", end="",
                  file=sys.stderr, flush=True)
        mean = np.mean(times, 0)
        lines.append(f"| {quality:g} | {np.mean(coded):.0f} of {latent.shape.num_elements()} | "
                     f"{mean[0]:.1f} / {mean[1]:.1f} | {mean[2]:.2f} / {mean[3]:.2f} | "
                     f"{mean[4]:.2f} / {mean[5]:.2f} |")
    print(file=sys.stderr)
    return "\n".join(lines)


def main(argv) -> None:
    del argv
    folder = images.model_folder()
    model, _ = model_folder.load(folder)
    paths = images.paths()
    print(overhead_table(TensorFlowCodec.load(folder), model, paths), end="\n\n")
    if FLAGS.timed_images:
        timed = paths[::max(1, len(paths) // FLAGS.timed_images)][:FLAGS.timed_images]
        print(time_table(model, timed))


if __name__ == "__main__":
    app.run(main)
