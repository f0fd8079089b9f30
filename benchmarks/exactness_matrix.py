"""Streams of every encoder through every decoder: symbols decoded = symbols encoded, every time.

    python -m benchmarks.exactness_matrix --faces_dir=LFW --kodak_dir=KODAK \
        --litert_python=.venv-base/bin/python

Images of 128x128: faces, crops of photographs, noise, flat colours, checkerboards, in equal parts,
at three qualities. Encoders report the symbols that they coded, decoders those that they found; the
TFLite halves are the exported graphs with the symbols as one more output. A
SavedModel gives pixels and a status: its own integrity check must pass, and the pixels be within
one grey level of TensorFlow's here. Eager execution is slow and gets every `--eager_every`-th image.
"""

from __future__ import annotations

import importlib.metadata
import pathlib
import pickle
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf
from absl import app, flags
from tqdm import tqdm

from benchmarks.verbose_graphs import VerboseDecoder, VerboseEncoder, exported
from tf_ipr import coding
from tf_ipr.files import image_file
from tf_ipr.format import bitstream, lane_count, shipped_models
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.runtime.tflite_half import litert

FLAGS = flags.FLAGS
flags.DEFINE_string("model", None, "Model folder; default: the shipped model.")
flags.DEFINE_string("faces_dir", None, "Folder of faces; without it there are none.")
flags.DEFINE_string("kodak_dir", None, "Folder of photographs; without it there are none.")
flags.DEFINE_integer("images", 500, "Images in all.", 5)
flags.DEFINE_list("qualities", ["1", "50", "100"], "Qualities.")
flags.DEFINE_integer("eager_every", 25, "Eager execution encodes every N-th image.", 1)
flags.DEFINE_list("only", [], "Beginnings of the names of encoders and decoders to try; default: all.")
flags.DEFINE_string("litert_python", None, "Another Python with ai-edge-litert: one more encoder and decoder.")
flags.DEFINE_string("savedmodel_python", sys.executable, "Python whose TensorFlow runs the SavedModel.")
flags.DEFINE_string("savedmodel", None, "VERSION folder of the decoder. Default: the model's decoder/1.")

_SIDE = 128
_WORKER = pathlib.Path(__file__).with_name("exactness_worker.py")
_MAX_DRIFT = 1  # grey levels


def crops(folder: str, count: int, rng) -> list:
    """Random crops of the pictures of a folder."""
    paths = image_file.list_images(folder)
    found = []
    for index in range(count):
        image = image_file.read_image(paths[index * len(paths) // count])
        top, left = (rng.integers(0, side - _SIDE + 1) for side in image.shape[:2])
        found.append(image[top:top + _SIDE, left:left + _SIDE])
    return found


def images() -> np.ndarray:
    """uint8 [N, 128, 128, 3]."""
    rng, count = np.random.default_rng(0), FLAGS.images // 5
    found = [image for folder in (FLAGS.faces_dir, FLAGS.kodak_dir) if folder
             for image in crops(folder, count, rng)]
    for _ in range(count):
        found.append(rng.integers(0, 256, (_SIDE, _SIDE, 3), np.uint8))
        found.append(np.broadcast_to(rng.integers(0, 256, 3, np.uint8), (_SIDE, _SIDE, 3)))
        colours, size = rng.integers(0, 256, (2, 3), np.uint8), rng.integers(1, 20)
        blocks = np.indices((_SIDE, _SIDE)) // size
        found.append(colours[(blocks.sum(0) % 2)])
    return np.stack(found)


def tensorflow_encoder(model, codec, jit: bool):
    """A function of (image, quality) -> (stream, z, y), as a graph of static shapes."""
    coder = coding.SymbolCoder(model.tables, unroll=4)
    lanes = lane_count.num_lanes(_SIDE, _SIDE)

    @tf.function(jit_compile=jit)
    def run(image, quality, start_state):
        symbols = model.symbols(model.network.analyse(tf.cast(image, tf.float32)), quality)
        flat = [tf.reshape(part, [1, -1]) for part in symbols]
        return symbols.side, symbols.latent, coder.encode(*flat, lanes, start_state)

    def encode(image, quality):
        header = bitstream.Header(_SIDE, _SIDE, quality, codec.model_id)
        side, latent, (words, count, states) = run(
            tf.constant(image[np.newaxis]), tf.constant([quality]),
            tf.constant([bitstream.start_state(header.to_bytes())]))
        stream = bitstream.pack(header, states[0], words[0, :int(count[0])])
        return stream, side[0].numpy(), latent[0].numpy()

    return encode


def eager(encode):
    """`encode` without graphs."""
    def run(image, quality):
        tf.config.run_functions_eagerly(True)
        try:
            return encode(image, quality)
        finally:
            tf.config.run_functions_eagerly(False)
    return run


def tensorflow_lite(content: bytes, xnnpack: bool, threads: int):
    """The TFLite interpreter of TensorFlow 2.14."""
    resolver = tf.lite.experimental.OpResolverType
    return tf.lite.Interpreter(
        model_content=content, num_threads=threads,
        experimental_op_resolver_type=resolver.AUTO if xnnpack
        else resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES)


def tflite_encoder(interpreter):
    """A function of (image, quality) -> (stream, z, y)."""
    run = interpreter.get_signature_runner("encode")

    def encode(image, quality):
        result = run(image=image[np.newaxis], quality=np.float32(quality))
        return (result["stream"][:int(result["length"])].tobytes(), result["side"][0],
                result["latent"][0])

    return encode


def tflite_decoder(interpreter):
    """A function of a stream -> (z, y)."""
    run = interpreter.get_signature_runner("decode")
    buffer = np.zeros(run.get_input_details()["stream"]["shape"], np.uint8)

    def decode(stream):
        buffer[:len(stream)] = np.frombuffer(stream, np.uint8)
        result = run(stream=buffer, length=np.int32(len(stream)))
        if result["status"] != StreamStatus.OK:
            raise bitstream.BitstreamError(StreamStatus(int(result["status"])).message)
        return result["side"][0], result["latent"][0]

    return decode


def xla_decoder(model, codec):
    """A function of a stream -> (z, y), compiled."""
    coder = coding.SymbolCoder(model.tables, unroll=4)
    rows = columns = _SIDE // 16
    side_shape = [1, rows // 4, columns // 4, model.network.config.side_channels]
    capacity = rows * columns * model.network.config.latent_channels + np.prod(side_shape)

    @tf.function(jit_compile=True)
    def run(words, count, states, start_state):
        side_tables = model.side_tables(tf.constant(side_shape))
        side, state = coder.decode_side(words, count, states, tf.reshape(side_tables, [1, -1]))
        side = tf.reshape(side, side_shape)
        tables = model.latent_tables(side, rows, columns)
        latent, state = coder.decode(state, tf.reshape(tables, [1, -1]))
        return side, tf.reshape(latent, tf.shape(tables)), coder.finished(state, start_state)

    def decode(stream):
        header, states, words, start = bitstream.parse(stream)
        shipped_models.require_model(header, codec.model_id)
        padded = np.zeros([1, capacity], np.int32)
        padded[0, :len(words)] = words
        side, latent, good = run(tf.constant(padded), tf.constant([len(words)]),
                                 tf.constant(states[np.newaxis]), tf.constant([start]))
        if not good.numpy().all():
            raise bitstream.BitstreamError("the integrity check fails")
        return side[0].numpy(), latent[0].numpy()

    return decode


def count_failures(decode, results) -> int:
    """Streams of [(stream, z, y)] that do not decode to their symbols."""
    failures = 0
    for stream, *symbols in results:
        try:
            failures += not all(map(np.array_equal, decode(stream), symbols))
        except bitstream.BitstreamError:
            failures += 1
    return failures


def count_litert_failures(content: bytes, results) -> str:
    """The same for decoder.tflite by LiteRT in the other environment."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "decoder.tflite").write_bytes(content)
        (folder / "streams").write_bytes(pickle.dumps([result[0] for result in results]))
        subprocess.run([FLAGS.litert_python, str(_WORKER), "symbols", str(folder / "decoder.tflite"),
                        str(folder / "streams"), str(folder / "symbols")], check=True,
                       stderr=subprocess.DEVNULL)
        found = pickle.loads((folder / "symbols").read_bytes())
    return str(sum(not (status == 0 and all(map(np.array_equal, symbols, expected)))
                   for (status, *symbols), (_, *expected) in zip(found, results)))


def count_savedmodel_failures(codec, results, savedmodel) -> str:
    """The same for the SavedModel."""
    streams = [result[0] for result in results]
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder) / "streams", pathlib.Path(folder) / "images.npz"
        source.write_bytes(pickle.dumps(streams))
        subprocess.run([FLAGS.savedmodel_python, str(_WORKER), "decode", str(savedmodel),
                        str(source), str(target)], check=True, stderr=subprocess.DEVNULL)
        with np.load(target) as file:
            found, statuses = file["images"].astype(int), file["statuses"]
    expected = np.stack([codec.decompress(stream) for stream in streams]).astype(int)
    drift = np.abs(found - expected).max((1, 2, 3))
    return f"{np.sum((statuses != 0) | (drift > _MAX_DRIFT))} (drift {drift.max()})"


def fixed_decoder(model, model_id: str) -> VerboseDecoder:
    """The decoder of pictures of one size, as the shipped models for crops have it."""
    return VerboseDecoder(model, model_id, _SIDE * _SIDE, (_SIDE, _SIDE))


def litert_results(content: bytes, pictures, qualities) -> list:
    """What LiteRT in the other environment makes of the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "encoder.tflite").write_bytes(content)
        np.savez(folder / "images.npz", images=pictures, qualities=qualities)
        subprocess.run([FLAGS.litert_python, str(_WORKER), "encode",
                        str(folder / "encoder.tflite"), str(folder / "images.npz"),
                        str(folder / "streams")], check=True, stderr=subprocess.DEVNULL)
        return pickle.loads((folder / "streams").read_bytes())


def main(argv) -> None:
    del argv
    folder = shipped_models.folder_of(FLAGS.model)
    model, config = model_folder.load(folder)
    codec = TensorFlowCodec(model, config)
    encoder_file, decoder_file = (
        exported(graph_of(model, config["model_id"]), signature, part, codec.model_id)
        for graph_of, signature, part in ((VerboseEncoder, "encode", "encoder"),
                                          (fixed_decoder, "decode", "decoder")))
    graph = tensorflow_encoder(model, codec, jit=False)
    encoders = {"TensorFlow eager": eager(graph), "TensorFlow graph": graph,
                "XLA": tensorflow_encoder(model, codec, jit=True)}
    decoders = {"TensorFlow graph": codec.symbols, "XLA": xla_decoder(model, codec)}
    for xnnpack in (True, False):
        for threads in (1, 2):
            name = f"TFLite 2.14 {'with' if xnnpack else 'without'} XNNPACK, {threads} thread(s)"
            encoders[name] = tflite_encoder(tensorflow_lite(encoder_file, xnnpack, threads))
            decoders[name] = tflite_decoder(tensorflow_lite(decoder_file, xnnpack, threads))
    for threads in (1, 2):
        name = f"LiteRT {importlib.metadata.version('ai-edge-litert')}, {threads} thread(s)"
        encoders[name] = tflite_encoder(litert(encoder_file, threads))
        decoders[name] = tflite_decoder(litert(decoder_file, threads))
    if FLAGS.litert_python:
        version = subprocess.run([FLAGS.litert_python, "--version"], capture_output=True, text=True,
                                 check=True).stdout.strip()
        encoders[f"LiteRT, {version}"] = None
    encoders, decoders = ({name: code for name, code in side.items()
                           if not FLAGS.only or name.startswith(tuple(FLAGS.only))}
                          for side in (encoders, decoders))
    savedmodel = pathlib.Path(FLAGS.savedmodel or folder / "decoder" / "1")
    pictures, qualities = images(), list(map(float, FLAGS.qualities))
    print(f"{len(pictures)} images, qualities {', '.join(FLAGS.qualities)}, model {codec.model_id}; streams "
          "whose symbols are not those encoded:\n")
    columns = [*decoders, *([f"LiteRT, {version}"] if FLAGS.litert_python else []),
               *(["SavedModel"] if savedmodel.is_dir() else [])]
    print(f"| encoder | streams | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}")
    failed = False
    for name, encode in encoders.items():
        chosen = pictures[::FLAGS.eager_every] if "eager" in name else pictures
        results = (litert_results(encoder_file, chosen, qualities) if encode is None else
                   [encode(image, quality) for image in tqdm(chosen, name, leave=False)
                    for quality in qualities])
        cells = [str(count_failures(decode, results)) for decode in decoders.values()]
        cells += [count_litert_failures(decoder_file, results)] if FLAGS.litert_python else []
        cells += [count_savedmodel_failures(codec, results, savedmodel)] if savedmodel.is_dir() else []
        failed |= any(cell.split()[0] != "0" for cell in cells)
        print(f"| {name} | {len(results)} | {' | '.join(cells)} |", flush=True)
    if failed:
        raise SystemExit("not every stream decodes to its symbols")


if __name__ == "__main__":
    app.run(main)
