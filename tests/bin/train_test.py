"""tf_ipr_train: in which order it starts; what it answers to wrong flags, files and settings."""

import re
import sys

import numpy as np
import pytest

from tf_ipr.bin import train
from tf_ipr.datasets import folder
from tf_ipr.files import image_file
from tf_ipr.models import model_folder
from tf_ipr.recognition import known_face
from tf_ipr.training import identity_data


@pytest.fixture
def flags(tmp_path):
    """Flags of a short training on eight small pictures, half of them held out."""
    rng = np.random.default_rng(0)
    for number in range(8):
        image_file.write_png(tmp_path / "in" / f"{number}.png",
                             rng.integers(0, 256, [32, 32, 3], np.uint8))
    return dict(dataset="folder", data_dir=str(tmp_path / "in"), run_dir=str(tmp_path / "run"),
                validation_share=0.5, crop_size=16, batch_size=4, steps=1)


@pytest.mark.parametrize("arguments, change, message", [
    (["more"], {}, "everything is a flag"),
    ([], dict(align="112"), "--align is for ip and ipr"),
    ([], dict(detection_weight=1.0), "--detection_weight is for ip and ipr"),
    ([], dict(objective="ip", align="112", detection_weight=1.0), "without --align"),
    ([], dict(objective="ip", jit_compile=True, detection_weight=1.0), "without --jit_compile"),
    ([], dict(lambda_rate=0.1), "is for --num_rates=1"),
    ([], dict(lambda_rate=0.0, num_rates=1), "--lambda_rate=0 .* above 0"),
])
def test_wrong_usage_is_exit_code_2(run_main, flags, arguments, change, message, capsys):
    assert run_main(train.main, *arguments, **flags, **change) == 2
    assert re.search(message, capsys.readouterr().err)


def test_faces_are_aligned_while_they_are_read(run_main, flags, recognizer, tmp_path):
    for package in ("keras_cv", "mtcnn"):
        pytest.importorskip(package)
    for path in image_file.list_images(flags["data_dir"]):
        image_file.write_png(path, known_face.image())
    assert run_main(train.main, **flags, objective="ip", align="112", recognizer=[recognizer],
                    cache_dir=str(tmp_path / "cache")) == 0
    assert model_folder.read_config(tmp_path / "run" / "model")["training"]["align"] == "112"


def test_the_strategy_is_made_before_tensorflow_runs_anything(run_main, flags, monkeypatch):
    order = []

    def recognisers(*_):
        order.append("recognisers")
        raise ValueError("far enough")

    monkeypatch.setattr(train, "_strategy", order.append)
    monkeypatch.setattr(identity_data, "TrainingFaces", recognisers)
    assert run_main(train.main, **flags, objective="ip", distribute="multi_worker") == 1
    assert order == ["multi_worker", "recognisers"]


@pytest.mark.parametrize("align", [None, "112"])
def test_that_nothing_is_held_out_is_said_before_faces_are_looked_for(
        run_main, flags, monkeypatch, capsys, align):
    monkeypatch.setattr(identity_data, "TrainingFaces", lambda *_: pytest.fail("faces are looked for"))
    assert run_main(train.main, **{**flags, "validation_share": 0.0}, objective="ip", align=align) == 1
    assert "No validation image" in capsys.readouterr().err


def test_a_missing_package_is_named(run_main, flags, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "keras_cv", None)
    assert run_main(train.main, **flags) == 1
    assert "tf_ipr_train: augmentation needs keras-cv" in capsys.readouterr().err


def test_a_damaged_file_is_named_and_other_settings_are_refused(run_main, flags, capsys):
    pytest.importorskip("keras_cv")
    damaged = folder.split(flags["data_dir"], 0.5)[0][0]
    damaged.write_bytes(b"no image")
    assert run_main(train.main, **flags) == 1
    said = capsys.readouterr().err
    assert f"{damaged} is not an image" in said and "Traceback" not in said
    for change, message in [(dict(ema_decay=0.9), "ema_decay: 0.999 there, 0.9 now"),
                            (dict(validation_share=0.4), "validation_share: 0.5 there, 0.4 now")]:
        assert run_main(train.main, **{**flags, **change}) == 1
        assert message in capsys.readouterr().err
