"""The device examples run as written."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tf_ipr
from tests.export.conftest import (  # noqa: F401  # pylint: disable=unused-import
    exported,
    exported_halves,
    exported_pair,
    model_dir,
    picture,
    small_codec,
)
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "device"


def _example(name: str):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def encode():
    return _example("encode")


@pytest.fixture(scope="module")
def decode():
    return _example("decode")


@pytest.fixture
def face(tmp_path):
    Image.fromarray(picture(75, 53)).save(tmp_path / "face.png")
    return tmp_path / "face.png"


def test_a_file_becomes_a_stream(encode, exported, small_codec, face, tmp_path, capsys):
    stream = tmp_path / "face.ipr"
    assert encode.main([str(exported.path), str(face), str(stream), "--quality=30"]) == 0
    facts = small_codec.info(stream.read_bytes())
    assert (facts["width"], facts["height"], facts["quality"]) == (75, 53, 30.0)
    small_codec.symbols(stream.read_bytes())
    printed = capsys.readouterr().out
    assert f"{facts['bytes']} bytes" in printed and " ms" in printed
    assert small_codec.model_id in printed


def test_pictures_are_read_as_the_binaries_read_them(encode, exported, tmp_path):
    grey = picture(75, 53)[..., 0]
    clear = np.dstack([picture(75, 53), grey])
    for name, stored in (("grey", grey.astype(np.uint16) * 257), ("clear", clear)):
        Image.fromarray(stored).save(tmp_path / f"{name}.png")
        assert encode.main([str(exported.path), str(tmp_path / f"{name}.png"),
                            str(tmp_path / "a.ipr")]) == 0
        pixels = image_file.read_image(tmp_path / f"{name}.png")
        assert (tmp_path / "a.ipr").read_bytes() == encode.Encoder(exported.path).encode(pixels)


def test_a_picture_may_come_from_standard_input(encode, exported, face, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(face.read_bytes())))
    assert encode.main([str(exported.path), "-", str(tmp_path / "a.ipr")]) == 0
    assert encode.main([str(exported.path), str(face), str(tmp_path / "b.ipr")]) == 0
    assert (tmp_path / "a.ipr").read_bytes() == (tmp_path / "b.ipr").read_bytes()


def test_errors_say_what_to_do(encode, exported, exported_halves, face, tmp_path, capsys):
    def error(*arguments):
        assert encode.main([*map(str, arguments), str(tmp_path / "x.ipr")]) == 1
        assert not (tmp_path / "x.ipr").exists()
        return capsys.readouterr().err

    assert "has no metadata.json" in error(face, face)
    assert "No such file" in error(tmp_path / "none.tflite", face)
    assert "analysis of a split encoder" in error(exported_halves / "analysis.tflite", face)
    assert "quality is 101" in error("--quality=101", exported.path, face)
    Image.fromarray(np.zeros((15, 40, 3), np.uint8)).save(tmp_path / "small.png")
    assert "40x15 pixels; both sides must have at least 16" in error(
        exported.path, tmp_path / "small.png")


def test_a_stream_of_no_bytes_is_an_error(encode, exported):
    encoder = encode.Encoder(str(exported.path))
    encoder.metadata["min_side"] = 1  # What the example checks itself would hide it.
    with pytest.raises(ValueError, match="15x40 pixels at quality 50 were not coded"):
        encoder.encode(picture(15, 40), 50)


class _Stripes(tf.Module):
    """A file with a decoder's signature: each byte of a stream is a grey column 16 pixels high."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.uint8), tf.TensorSpec([], tf.int32)])
    def decode(self, stream, length):
        row = tf.stack([stream[:length]] * 3, axis=-1)
        known = tf.equal(tf.cast(stream[0], tf.int32), 0xfb)
        return {"image": tf.stack([row] * 16), "status": tf.where(known, 0, 11)}


@pytest.fixture(scope="module")
def stripes(tmp_path_factory):
    """The path of that file."""
    module = _Stripes()
    folder = tmp_path_factory.mktemp("stripes")
    tf.saved_model.save(module, folder / "model", signatures={"decode": module.decode})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "model"))
    (folder / "decoder.tflite").write_bytes(converter.convert())
    with zipfile.ZipFile(folder / "decoder.tflite", "a") as archive:
        archive.writestr("metadata.json", json.dumps({
            "part": "decoder", "model_id": "00c0ffee", "format_version": "1.0",
            "image_size": "any", "max_pixels": 1 << 20}))
    return folder / "decoder.tflite"


@pytest.mark.parametrize("length", [1, 20, 2048, 2049, 5000])
def test_a_stream_becomes_a_picture(decode, stripes, tmp_path, capsys, length):
    stream = bytes([0xfb]) + np.random.default_rng(1).bytes(length - 1)
    (tmp_path / "a.ipr").write_bytes(stream)
    assert decode.main([str(stripes), str(tmp_path / "a.ipr"), str(tmp_path / "a.png")]) == 0
    assert f"{length}x16 pixels" in capsys.readouterr().out
    pixels = image_file.read_image(tmp_path / "a.png")
    assert pixels.shape == (16, length, 3)
    np.testing.assert_array_equal(pixels[3, :, 1], np.frombuffer(stream, np.uint8))


def test_errors_of_decoding_say_what_is_wrong(decode, stripes, exported, face, tmp_path, capsys):
    (tmp_path / "a.ipr").write_bytes(b"\x00")

    def error(*arguments):
        assert decode.main([*map(str, arguments)]) == 1
        assert not (tmp_path / "a.png").exists() and not (tmp_path / "a.jpg").exists()
        return capsys.readouterr().err

    stream, target = tmp_path / "a.ipr", tmp_path / "a.png"
    assert "made with another model (status 11)" in error(stripes, stream, target)
    assert "has no metadata.json" in error(face, stream, target)
    assert "is the encoder of a codec" in error(exported.path, stream, target)
    assert "No such file" in error(stripes, tmp_path / "none.ipr", target)
    stream.write_bytes(b"\xfb")
    assert "end in .png" in error(stripes, stream, tmp_path / "a.jpg")


def _compiled(source: str, folder: pathlib.Path) -> pathlib.Path:
    """A C++ example, built; skips where it cannot be."""
    tflite = pathlib.Path(os.environ.get("TFLITE_C", ""))
    compiler = shutil.which("g++") or shutil.which("clang++")
    library = tflite / "linux_amd64" / "libtensorflowlite_c.so"
    if not compiler or not os.environ.get("TFLITE_C") or not library.exists():
        pytest.skip("needs a C++ compiler and TFLITE_C, the folder of TFLite's C API: "
                    "include/tensorflow/lite/c and linux_amd64/libtensorflowlite_c.so")
    subprocess.run([compiler, "-std=c++17", "-Wall", "-Werror", f"-I{tflite / 'include'}",
                    str(FOLDER / f"{source}.cc"), str(library), f"-Wl,-rpath,{library.parent}",
                    "-o", str(folder / source)], check=True)
    return folder / source


def _run(*arguments) -> tuple[int, str]:
    done = subprocess.run([*map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_the_c_example_writes_the_stream_of_python(encode, exported, tmp_path):
    binary, stream, face = _compiled("encode", tmp_path), tmp_path / "a.ipr", tmp_path / "face.ppm"
    for quality in (1, 50, 100):
        image = picture(75, 53)
        Image.fromarray(image).save(face)
        assert _run(binary, exported.path, face, stream, quality)[0] == 0
        assert stream.read_bytes() == encode.Encoder(str(exported.path)).encode(image, quality)

    assert _run(binary, face)[0] == 2
    assert "is no binary PPM of 8 bits" in _run(binary, exported.path, binary, stream)[1]
    assert "quality must be in 1..100" in _run(binary, exported.path, face, stream, "101")[1]
    assert "is no TFLite model" in _run(binary, face, face, stream)[1]


def test_the_c_example_writes_the_picture_of_python(decode, stripes, exported, tmp_path):
    binary, stream, image = _compiled("decode", tmp_path), tmp_path / "a.ipr", tmp_path / "a.ppm"
    for length in (1, 20, 5000):
        stream.write_bytes(b"\xfb" + np.random.default_rng(1).bytes(length - 1))
        assert _run(binary, stripes, stream, image)[0] == 0
        np.testing.assert_array_equal(image_file.read_image(image),
                                      decode.Decoder(stripes).decode(stream.read_bytes()))
        image.unlink()

    assert _run(binary, stripes)[0] == 2
    assert "is not a decoder" in _run(binary, exported.path, stream, image)[1]
    assert "is no TFLite model" in _run(binary, stream, stream, image)[1]
    assert "cannot be read" in _run(binary, stripes, tmp_path / "none", image)[1]
    stream.write_bytes(b"\0")
    assert "status 11" in _run(binary, stripes, stream, image)[1]
    assert not image.exists()


SHIPPED = {"lfw_l2_rec": (75, 53), "lfw_align112_l2_ip": (112, 112)}  # width, height


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_halves_give_the_codecs_streams_and_pictures(encode, decode, name):
    codec, image = tf_ipr.Codec.load(name), picture(*SHIPPED[name])
    stream = encode.Encoder(str(shipped_models.folder(name) / "encoder.tflite")).encode(image, 40)
    assert stream == codec.compress(image, quality=40)
    decoder = decode.Decoder(str(shipped_models.folder(name) / "decoder.tflite"))
    np.testing.assert_array_equal(decoder.decode(stream), codec.decompress(stream))
    with pytest.raises(ValueError, match="status 14"):
        decoder.decode(stream[:-2] + bytes([stream[-2] ^ 1, stream[-1]]))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_c_examples_run_the_shipped_halves(name, tmp_path):
    codec, face = tf_ipr.Codec.load(name), tmp_path / "face.ppm"
    stream, image = tmp_path / "a.ipr", tmp_path / "a.ppm"
    Image.fromarray(picture(*SHIPPED[name])).save(face)
    folder = shipped_models.folder(name)
    assert _run(_compiled("encode", tmp_path), folder / "encoder.tflite", face, stream, 40) == (0, "")
    assert _run(_compiled("decode", tmp_path), folder / "decoder.tflite", stream, image) == (0, "")
    expected = codec.decompress(stream.read_bytes())
    assert np.abs(image_file.read_image(image).astype(int) - expected).max() <= 1
