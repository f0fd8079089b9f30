"""The binaries as a shell starts them, around a small model with random weights."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.bin import decompress
from tf_ipr.files import image_file
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = ModelConfig(width=8, latent_channels=8, side_channels=8, hyper_width=8,
                     analysis_blocks=(0, 0), synthesis_blocks=(0, 0), num_rates=2)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory) -> pathlib.Path:
    tf.keras.utils.set_random_seed(1)
    model = TrainingModel(CONFIG)
    model(tf.zeros([1, 64, 64, 3]), tf.constant([50.0]))  # Builds the layers.
    folder = tmp_path_factory.mktemp("model")
    model_folder.save(freeze(model), folder, {})
    return folder


@pytest.fixture
def images(tmp_path) -> pathlib.Path:
    """Three pictures, one in a subfolder, and a file that is none."""
    generator = np.random.default_rng(5)
    for name, shape in (("a", (40, 50, 3)), ("b", (16, 16, 3)), ("sub/c", (33, 17, 3))):
        image_file.write_png(tmp_path / "images" / f"{name}.png",
                             generator.integers(0, 256, shape, dtype=np.uint8))
    (tmp_path / "images" / "bad.jpg").write_bytes(b"no image")
    return tmp_path / "images"


def shell(binary: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", f"tf_ipr.bin.{binary}", *map(str, arguments)], cwd=CHECKOUT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, timeout=300, check=False)


def test_folders_there_and_back(tmp_path, images, model_dir):
    model = f"--model={model_dir}"
    done = shell("compress", model, "--quality=20", images, tmp_path / "streams")
    assert done.returncode == 1, done.stderr
    assert "3 done, 1 failed:" in done.stderr and "bad.jpg is not an image" in done.stderr
    assert "Traceback" not in done.stderr

    stream = tmp_path / "streams" / "sub" / "c.ipr"
    told = shell("info", stream)
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert (facts["width"], facts["height"], facts["quality"]) == (17, 33, 20.0)
    assert facts["bytes"] == stream.stat().st_size
    assert facts == {**TensorFlowCodec.load(model_dir).info(stream.read_bytes()), "model": None}

    (tmp_path / "streams" / "cut.ipr").write_bytes(stream.read_bytes()[:-2])
    done = shell("decompress", model, tmp_path / "streams", tmp_path / "pictures")
    assert done.returncode == 1, done.stderr
    assert "3 done, 1 failed:" in done.stderr and "cut.ipr: " in done.stderr
    codec = TensorFlowCodec.load(model_dir)
    for name in ("a", "b", "sub/c"):
        decoded = codec.decompress((tmp_path / "streams" / f"{name}.ipr").read_bytes())
        np.testing.assert_array_equal(
            image_file.read_image(tmp_path / "pictures" / f"{name}.png"), decoded)


def test_a_stream_of_another_model_is_refused(tmp_path, images, model_dir, run_main, capsys):
    stream = TensorFlowCodec.load(model_dir).compress(image_file.read_image(images / "a.png"))
    other = bytearray(stream)
    other[2] ^= 0xff  # The model id stands in bytes 2 to 5.
    (tmp_path / "a.ipr").write_bytes(other)
    assert run_main(
        decompress.main, tmp_path / "a.ipr", tmp_path / "a.png", model=str(model_dir)) == 1
    assert "made with model" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("arguments, message", [
    (["--quality=101"], "not a number in the range"),
    (["--quality=high"], "flag --quality"),
    (["--max_bytes=0"], "flag --max_bytes"),
    (["--qualty=5"], "Unknown command line flag 'qualty'"),
])
def test_bad_usage_is_answered_without_a_traceback(arguments, message):
    done = shell("compress", *arguments)
    assert done.returncode != 0
    assert message in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("binary, flag", [
    ("align", "overwrite"), ("card", "text"), ("compress", "quality"), ("convert_recognizer", "checkpoint"),
    ("decompress", "model"), ("demo", "output"), ("evaluate", "codec"), ("export", "target"),
    ("identity", "recognizer"), ("info", None), ("interop", "write"), ("report", "output"),
    ("train", "objective")])
def test_help_shows_the_usage_and_the_flags(binary, flag):
    done = shell(binary, "--help")
    assert done.returncode == 0
    assert f"tf_ipr_{binary}" in done.stdout or f"tf_ipr.bin.{binary}" in done.stdout
    assert flag is None or f"--{flag}:" in done.stdout or f"--[no]{flag}:" in done.stdout
