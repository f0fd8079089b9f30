"""The JSON beside a frozen recogniser: everything that using it right depends on.

    {"format": 1, "kind": "savedmodel", "name": "mobilefacenet_arcface_ms1m",
     "architecture": "mobilefacenet_pytorch",
     "input": {"size": 112, "colour_order": "RGB", "value_range": [[-2.1, 2.2], ...]},
     "template": [[38.29, 51.70], ...], "through": null,
     "embedding_size": 128, "distance": "cosine", "threshold": 0.3,
     "licence": "Apache-2.0", "source": "https://…", "sha256": "…", "known_face": [0.01, …]}

`value_range` says, per channel in the model's own order, what the grey levels 0 and 255 become at
the model's input; everything between is linear. `kind` says what the folder holds: a SavedModel, or a
`model.onnx` that onnxruntime runs and that has no gradient. `sha256` is of the SavedModel's files, or
of `model.onnx`.
`known_face` is the embedding of the packaged photograph by the model that was described: a model
or a range that does not reproduce it is not the one described.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from typing import Any

import numpy as np

from tf_ipr.faces import alignment
from tf_ipr.files import atomic_file

FILE_NAME = "recognizer.json"
ONNX_FILE = "model.onnx"
# What folders of recognisers hold, of either kind.
ENTRIES = (FILE_NAME, ONNX_FILE, "saved_model.pb", "variables", "assets", "fingerprint.pb")
KINDS = ("savedmodel", "onnx")
DISTANCES = ("cosine", "euclidean")
COLOUR_ORDERS = ("RGB", "BGR")
_FORMAT = 1


class RecognizerError(ValueError):
    """A folder that is no usable recogniser: what is wrong and what to do."""


@dataclasses.dataclass
class Description:
    """What the JSON holds; see the module's text.

    Attributes:
        name: for people and reports.
        architecture: for people; the graph itself says how it computes.
        size: height and width of the input, pixels.
        colour_order: "RGB" or "BGR".
        value_range: [[low, high]] × 3, what 0 and 255 become.
        template: [[x, y]] × 5, landmarks in the input.
        through: size of an intermediate crop, or None; see `alignment.align`.
        embedding_size: length of the embedding.
        distance: how the recogniser's authors compare embeddings.
        threshold: the cosine from which two faces count as one person in `tf_ipr_identity`. The
            default accepts 0.1 % of LFW's pairs of different people with either MobileFaceNet.
        licence: of the weights.
        source: where the weights are from.
        kind: what the folder holds, one of `KINDS`.
        sha256: of the model's files, filled in by the converter.
        known_face: embedding of the packaged photograph, length 1, filled in by the converter.
    """

    name: str
    architecture: str
    size: int
    value_range: list[list[float]]
    embedding_size: int
    colour_order: str = "RGB"
    template: list[list[float]] = dataclasses.field(
        default_factory=alignment.ARCFACE_TEMPLATE.tolist)
    through: int | None = None
    distance: str = "cosine"
    threshold: float = 0.33
    licence: str = "unknown"
    source: str = "unknown"
    kind: str = "savedmodel"
    sha256: str = ""
    known_face: list[float] = dataclasses.field(default_factory=list)

    def __post_init__(self):
        def check(condition, field, expected):
            if not condition:
                raise RecognizerError(f"{FILE_NAME}: {field} is {getattr(self, field)!r}, "
                                      f"expected {expected}")

        check(isinstance(self.size, int) and 8 <= self.size <= 4096, "size", "8..4096")
        check(isinstance(self.embedding_size, int) and self.embedding_size > 0,
              "embedding_size", "a positive integer")
        check(self.colour_order in COLOUR_ORDERS, "colour_order", f"one of {COLOUR_ORDERS}")
        check(self.kind in KINDS, "kind", f"one of {KINDS}")
        check(self.distance in DISTANCES, "distance", f"one of {DISTANCES}")
        check(self.through is None or isinstance(self.through, int) and self.through > self.size,
              "through", f"null or an integer above {self.size}")
        check(_is_array(self.value_range, (3, 2)) and all(a != b for a, b in self.value_range),
              "value_range", "three pairs [low, high], one per channel")
        check(_is_array(self.template, (5, 2)), "template", "five points [x, y]")
        check(not self.known_face or _is_array(self.known_face, (self.embedding_size,)),
              "known_face", f"{self.embedding_size} numbers")

    @property
    def scale_and_shift(self):
        """float32 [3], [3] with input = pixel·scale + shift, channels in the model's order."""
        low, high = np.array(self.value_range, np.float64).T
        return ((high - low) / 255).astype(np.float32), low.astype(np.float32)


def range_from_mean(mean, std) -> list[list[float]]:
    """The value range of inputs (pixel - mean) / std; mean and std in grey levels, per channel."""
    return [[float((0 - m) / s), float((255 - m) / s)] for m, s in zip(mean, std)]


def write(folder, description: Description) -> None:
    """Writes `description` into a recogniser's folder."""
    values: dict[str, Any] = {"format": _FORMAT, **dataclasses.asdict(description)}
    values["input"] = {key: values.pop(key) for key in ("size", "colour_order", "value_range")}
    with atomic_file.writing(pathlib.Path(folder) / FILE_NAME, "w") as file:
        json.dump(values, file, indent=1)


def read(folder) -> Description:
    """Reads and checks the JSON of a recogniser's folder.

    Raises:
        RecognizerError: if it is missing, is no such JSON, or a field is missing or out of range.
    """
    path = pathlib.Path(folder) / FILE_NAME
    if not path.is_file():
        raise RecognizerError(
            f"{path} is missing: it says which input the model needs. Make it with "
            "tf_ipr_convert_recognizer (--arch=savedmodel for a model of your own)")
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != _FORMAT:
            raise RecognizerError(f"{path}: unknown format; expected {_FORMAT}")
        return Description(**values.pop("input"), **values)
    except RecognizerError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecognizerError(f"{path} is not a recogniser's description ({error!r})") from error


def hash_of_model(folder, kind: str = "savedmodel") -> str:
    """SHA-256 over the files of a model of that kind: names and contents, sorted by name."""
    folder = pathlib.Path(folder)
    digest = hashlib.sha256()
    names = [ONNX_FILE] if kind == "onnx" else ["saved_model.pb"] + sorted(
        f"variables/{path.name}" for path in (folder / "variables").glob("variables.*"))
    for name in names:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()


def _is_array(value, shape) -> bool:
    try:
        array = np.array(value, np.float64)
    except (ValueError, TypeError):
        return False
    return array.shape == tuple(shape) and bool(np.all(np.isfinite(array)))
