"""A small evaluation as it really runs, once for all tests of the report."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from tests.evaluation.conftest import KnownFaceDetector, MeanColour
from tf_ipr.datasets import evaluation_set
from tf_ipr.evaluation import run
from tf_ipr.evaluation.codecs import codec_choice, compressai_codec
from tf_ipr.faces.detection import Face
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models
from tf_ipr.recognition import known_face
from tf_ipr.report import results, writing

BOX = np.array([40, 30, 130, 150], np.float32)


class KnownFace(KnownFaceDetector):
    """Knows the box too."""

    def detect(self, images):
        return [[Face(BOX, known_face.LANDMARKS, 1.0)] if image.any() else [] for image in images]


class Evaluation(NamedTuple):
    """Folder of the results, and of the images."""

    folder: pathlib.Path
    images: pathlib.Path

    def record(self) -> dict:
        """metrics.json, to be changed at will."""
        return json.loads((self.folder / "metrics.json").read_text())


@pytest.fixture(scope="session")
def evaluation(tmp_path_factory) -> Evaluation:
    """People and photographs through JPEG, also on crops, WebP and our model; a codec is absent."""
    folder = tmp_path_factory.mktemp("evaluation")
    face = known_face.image()
    pictures = {"ann/0": face, "ann/1": face // 2 + 60, "ann/2": 255 - face,
                "bob/0": face[:, ::-1], "bob/1": face[:, ::-1] // 2 + 60, "cyd/0": face[::-1]}
    for name, image in pictures.items():
        image_file.write_png(folder / "people" / f"{name}.png", image)
    image_file.write_png(folder / "photographs/a.png", face[:90, :101])
    image_file.write_png(folder / "photographs/b.png", face[60:150, 60:161])
    datasets = [evaluation_set.load("people", str(folder / "people")),
                evaluation_set.load("folder", str(folder / "photographs"))]
    choices = [codec_choice.parse(text, ()) for text in (
        "jpeg:20,50,80", "webp:20,50", "shrink0.5+jpeg:50", "align112+jpeg:50", "bmshj2018:1",
        f"{shipped_models.folder()}:20,60")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_Detector", lambda: KnownFaceDetector)
        patch.setattr(type(compressai_codec.HYPERPRIOR), "unavailable_reason",
                      lambda self: "CompressAI is not installed")
        run.evaluate(datasets, choices, [MeanColour()], folder / "results", folder / "cache",
                     command=["tf_ipr_evaluate", "--codec=jpeg:20 & <more>"], anchor="jpeg",
                     processes=1)
    return Evaluation(folder / "results", folder)


@pytest.fixture(scope="session")
def report(evaluation, tmp_path_factory) -> pathlib.Path:
    """The report of it."""
    return writing.write(results.load([evaluation.folder]), tmp_path_factory.mktemp("report"),
                         detector=KnownFace)


@pytest.fixture
def saved(tmp_path) -> Callable[[dict, str], pathlib.Path]:
    """Writes a changed record as results of their own."""
    def save(record, name="changed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text(json.dumps(record))
        return tmp_path / name
    return save
