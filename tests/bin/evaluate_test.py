"""tf_ipr_evaluate from the command line: real codecs, detector and recogniser on a small dataset."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tf_ipr.bin import evaluate
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.files import image_file
from tf_ipr.recognition import known_face

needs_mtcnn = pytest.mark.skipif(not importlib.util.find_spec("mtcnn"),
                                 reason="needs the package mtcnn")


@pytest.fixture
def people(tmp_path):
    """Two people of two images each, and a damaged file."""
    face = known_face.image()
    for name, image in {"ann/0": face, "ann/1": face // 2 + 40, "bob/0": face[:, ::-1],
                        "bob/1": face[:, ::-1] // 2 + 40}.items():
        image_file.write_png(tmp_path / "people" / f"{name}.png", image)
    (tmp_path / "people/bob/2.jpg").write_bytes(b"\xff\xd8 torn")
    return tmp_path / "people"


def _flags(tmp_path, people, **more):
    return dict(dataset=["people"], data_dir=[str(people)], output=str(tmp_path / "out"),
                cache_dir=str(tmp_path / "cache"), processes=1, **more)


@needs_mtcnn
def test_rows_failures_and_a_missing_codec(run_main, people, recognizer, tmp_path, capsys,
                                           monkeypatch):
    monkeypatch.setattr(type(reference_codecs.ALL["bmshj2018"]), "unavailable_reason",
                        lambda self: "CompressAI is not installed")
    flags = _flags(tmp_path, people, recognizers=[recognizer],
                   codec=["jpeg:20,50", "align112+jpeg:50", "bmshj2018:1"])
    assert run_main(evaluate.main, **flags) == 1
    printed = capsys.readouterr()
    assert "bmshj2018-hyperprior is left out: CompressAI is not installed" in printed.err
    assert "bob/2.jpg is not an image" in printed.err
    record = json.loads((tmp_path / "out/metrics.json").read_text())
    table = {(CodecForm.of(row["codec"]).text(), row["setting"]): row for row in record["rows"]}
    assert list(table) == [("original", None), ("jpeg", 20), ("jpeg", 50),
                           ("align112+original", None), ("align112+jpeg", 50)]
    assert record["codecs"][2]["unavailable"] == "CompressAI is not installed"
    assert record["rows"][0]["recognizers"][0]["frr_at_far_1"] is not None
    for row in table.values():
        assert row["n_images"] == 5 and row["n_failed"] == 1
        assert "bob/2.jpg" in row["failures"][0]["image"]
        # The damaged image is a probe, and rejected.
        assert row["recognizers"][0]["frr_at_far_1"] >= 1 / 3
    jpeg = table["jpeg", 50]
    pictures = [image_file.read_image(path) for path in sorted(people.rglob("*.png"))]
    sizes = [len(reference_codecs.JPEG.encode(image, 50)) for image in pictures]
    assert jpeg["mean_bytes"] == np.mean(sizes) and jpeg["detection_rate"] == 4 / 5
    assert jpeg["bpp"] == pytest.approx(8 * np.mean(sizes) / 168 ** 2)
    # A second run has everything, but the failure is tried again.
    before = sorted(path for path in (tmp_path / "cache").rglob("*.npz"))
    assert run_main(evaluate.main, **flags) == 1
    assert sorted(path for path in (tmp_path / "cache").rglob("*.npz")) == before
    again = json.loads((tmp_path / "out/metrics.json").read_text())
    assert again["rows"] == record["rows"]


def test_a_folder_without_identities_needs_no_recogniser(run_main, people, tmp_path, capsys):
    (people / "bob/2.jpg").unlink()
    Image.new("RGB", (64, 40), "teal").save(people / "other.webp")
    flags = _flags(tmp_path, people, codec=["webp:20", "shrink0.5+jpeg:50"])
    assert run_main(evaluate.main, **dict(flags, dataset=["folder"])) == 0
    record = json.loads((tmp_path / "out/metrics.json").read_text())
    assert [CodecForm.of(row["codec"]).text() for row in record["rows"]] == [
        "original", "webp", "shrink0.5+jpeg"]
    assert record["rows"][1]["n_images"] == 5 and record["rows"][1]["recognizers"] == []
    assert "| people | WebP | 20 |" in capsys.readouterr().out


def test_wrong_usage_is_named(run_main, people, tmp_path, capsys):
    assert run_main(evaluate.main, **_flags(tmp_path, people)) == 2
    assert "--codec is needed" in capsys.readouterr().err
    assert run_main(evaluate.main, **dict(_flags(tmp_path, people, codec=["jpeg"]),
                                          dataset=["people", "folder"])) == 2
    assert "2 datasets and 1 --data_dir" in capsys.readouterr().err
    for change, message in [
            (dict(codec=["gif"]), "'gif' is neither"), (dict(dataset=["lfw"]), "needs --protocol_dir"),
            (dict(data_dir=[str(tmp_path / "absent")]), "does not exist"),
            (dict(recognizers=[str(tmp_path)]), "holds no saved_model.pb")]:
        assert run_main(evaluate.main, **{**_flags(tmp_path, people, codec=["jpeg"]), **change}) == 1
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_people_of_one_image_each_cannot_be_identified(run_main, tmp_path, recognizer, capsys):
    for name in "abc":
        image_file.write_png(tmp_path / "people" / name / "0.png", known_face.image())
    flags = _flags(tmp_path, tmp_path / "people", recognizers=[recognizer], codec=["jpeg:50"])
    assert run_main(evaluate.main, **dict(flags, landmarks="original")) == 1
    assert "none of the 3 people of people has more than 1 picture;" in capsys.readouterr().err


def test_an_interrupt_ends_it_cleanly_and_the_same_command_goes_on(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(110):  # Three chunks of originals, three of JPEG; the first is waited for.
        image_file.write_png(tmp_path / "in" / f"{number:03d}.png",
                             rng.integers(0, 255, [200, 200, 3]).astype(np.uint8))
    command = [sys.executable, "-m", "tf_ipr.bin.evaluate", "--dataset=folder",
               f"--data_dir={tmp_path}/in", "--codec=jpeg:10", f"--output={tmp_path}/out",
               f"--cache_dir={tmp_path}/cache", "--processes=1"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3"),
        # A shell that runs the tests in the background has made them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    deadline = time.monotonic() + 120
    while not list((tmp_path / "cache").rglob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130 and "the same command goes on from here" in errors
    subprocess.run(command, check=True, capture_output=True)
    record = json.loads((tmp_path / "out/metrics.json").read_text())
    assert record["rows"][1]["n_failed"] == 0 and record["rows"][1]["mean_bytes"] > 1e3
