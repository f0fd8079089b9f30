"""The device examples run as written."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.export.conftest import (  # noqa: F401  # pylint: disable=unused-import
    exported, exported_halves, model_dir, picture, small_codec)

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "device"


@pytest.fixture(scope="module")
def encode():
    spec = importlib.util.spec_from_file_location("encode", FOLDER / "encode.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def test_the_c_example_writes_the_stream_of_python(encode, exported, tmp_path):
    folder = pathlib.Path(os.environ.get("TFLITE_C", ""))
    compiler = shutil.which("g++") or shutil.which("clang++")
    library = folder / "linux_amd64" / "libtensorflowlite_c.so"
    if not compiler or not os.environ.get("TFLITE_C") or not library.exists():
        pytest.skip("needs a C++ compiler and TFLITE_C, the folder of TFLite's C API: "
                    "include/tensorflow/lite/c and linux_amd64/libtensorflowlite_c.so")
    binary, stream = tmp_path / "encode", tmp_path / "face.ipr"
    subprocess.run([compiler, "-std=c++17", "-Wall", "-Werror", f"-I{folder / 'include'}",
                    str(FOLDER / "encode.cc"), str(library), f"-Wl,-rpath,{library.parent}",
                    "-o", str(binary)], check=True)
    for quality in (1, 50, 100):
        image = picture(75, 53)
        Image.fromarray(image).save(tmp_path / "face.ppm")
        subprocess.run([str(binary), str(exported.path), str(tmp_path / "face.ppm"), str(stream),
                        str(quality)], check=True)
        assert stream.read_bytes() == encode.Encoder(str(exported.path)).encode(image, quality)

    def fails(*arguments):
        done = subprocess.run([str(binary), *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stderr

    face = tmp_path / "face.ppm"
    assert fails(face)[0] == 2
    assert "is no binary PPM of 8 bits" in fails(exported.path, binary, stream)[1]
    assert "quality must be in 1..100" in fails(exported.path, face, stream, "101")[1]
    assert "is no TFLite model" in fails(face, face, stream)[1]
