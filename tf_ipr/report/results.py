"""Results of tf_ipr_evaluate as the report takes them: read, checked, joined, grouped.

Several results may be joined, for example a model's own rows and those of the reference codecs.
Rows stand in one plot only where they are of the same images: same dataset, same crop, as many.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import re
from typing import Optional, Sequence

from tf_ipr.files.atomic_file import PathLike
from tf_ipr.evaluation import curves
from tf_ipr.evaluation.results_folder import SCHEMA

FILE = "metrics.json"
_TEXTS = ("dataset", "codec", "label", "identity")
_NUMBERS = ("setting", "align", "n_images", "n_failed", "bpp", "mean_bytes", "container_bytes",
            "psnr_db", "ms_ssim", "encode_ms", "decode_ms", "bytes_p5", "bytes_p50", "bytes_p95",
            "detection_rate")
_RECOGNIZER_NUMBERS = ("frr_at_far_1", "frr_low", "frr_high", "mean_cosine", "p5_cosine",
                       "worst_cosine", "tpr_at_far_1e_3", "verification_accuracy",
                       "verification_standard_error")
_LISTS = ("failures", "recognizers")


class ResultsError(ValueError):
    """What was given holds no results of tf_ipr_evaluate, or results that do not go together."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Rows of the same pictures; they may stand in one plot.

    Attributes:
      dataset: its name.
      align: None for whole images, else the size of the aligned crops in pixels.
      n_images: how many.
      rows: as `tf_ipr.evaluation.rows.row` makes them; that of the originals may be missing.
    """

    dataset: str
    align: Optional[int]
    n_images: int
    rows: Sequence[dict]

    @property
    def title(self) -> str:
        what = "whole images" if self.align is None else f"aligned crops of {self.align} pixels"
        return f"{self.dataset}, {what}"

    @property
    def key(self) -> str:
        """For names of files and anchors: letters, digits, - and _."""
        name = "".join(c if c.isalnum() and c.isascii() else "_" for c in self.dataset.lower())
        crop = "" if self.align is None else f"-align{self.align}"
        return f"{name}{crop}-{self.n_images}"

    @property
    def original(self) -> Optional[dict]:
        return next((row for row in self.rows if row["codec"] == "original"), None)

    @property
    def coded(self) -> list[dict]:
        return [row for row in self.rows if row["codec"] != "original"]

    @property
    def recognizers(self) -> list[str]:
        return list(dict.fromkeys(found["name"] for row in self.rows
                                  for found in row["recognizers"]))

    def curves(self) -> dict:
        """Coded rows by label in their order, each from small files to large."""
        sized = [row for row in self.coded if row["bpp"]]
        return {label: sorted((row for row in sized if row["label"] == label),
                              key=lambda row: row["bpp"])
                for label in dict.fromkeys(row["label"] for row in sized)}


@dataclasses.dataclass(frozen=True)
class Results:
    """One or several metrics.json.

    Attributes:
      paths: of the files.
      records: what they hold beside rows; keys may be missing.
      groups: all rows, in the order given.
      bd_rates, best_within: as in metrics.json.
    """

    paths: Sequence[pathlib.Path]
    records: Sequence[dict]
    groups: Sequence[Group]
    bd_rates: Sequence[dict]
    best_within: Sequence[dict]

    @property
    def unavailable(self) -> list[tuple[str, str]]:
        """(label, reason) of codecs that were asked for and are not installed."""
        found = {codec["label"]: codec["unavailable"] for record in self.records
                 for codec in record.get("codecs", ()) if codec.get("unavailable")}
        measured = {row["label"] for group in self.groups for row in group.rows}
        return [(label, reason) for label, reason in found.items() if label not in measured]

    @property
    def model_folders(self) -> dict:
        """Folders of the models as far as the results name them, by `base_label`."""
        return {base_label(codec["label"]): codec["folder"] for record in self.records
                for codec in record.get("codecs", ()) if codec.get("folder")}

    def examples(self, dataset: str) -> list[str]:
        """Images of a dataset that stand for it, as far as the results name some."""
        return [image for record in self.records for entry in record.get("datasets", ())
                if entry.get("name") == dataset for image in entry.get("examples", ())]

    def failures(self) -> list[tuple[str, str]]:
        """(image, reason), each once."""
        return sorted({(failure["image"], failure["reason"]) for group in self.groups
                       for row in group.rows for failure in row["failures"]})


def base_label(label: str) -> str:
    """A codec's label without what is done to the picture first: "align 128, shrink 0.5, AVIF"."""
    return re.sub(r"^(align \d+, )?(shrink [\d.]+, )?", "", label)


def load(paths: Sequence[PathLike]) -> Results:
    """Reads and joins results.

    Args:
      paths: metrics.json files or the folders that hold them; at least one.

    Raises:
      ResultsError: no file, another kind of file, another schema, no rows, or results that
        contradict each other.
    """
    files = [_file(pathlib.Path(path)) for path in paths]
    records = [_read(file) for file in files]
    rows = _joined(files, records)
    groups: dict = {}
    for row in rows:
        groups.setdefault((row["dataset"], row["align"], row["n_images"]), []).append(row)
    _check_together(files, records)
    anchors = {entry["anchor"] for record in records for entry in record.get("bd_rates", ())}
    # Only rows of equally many images may compete; whole images and crops do.
    rivals: dict = {}
    for row in rows:
        rivals.setdefault((row["dataset"], row["n_images"]), []).append(row)
    if len(records) == 1:
        bd_rates = records[0].get("bd_rates", [])
    else:
        bd_rates = [entry for members in rivals.values()
                    for entry in curves.bd_rates(members, min(anchors, default="hevc"))]
    best = [dict(entry, n_images=count) for (_, count), members in rivals.items()
            for entry in curves.best_within(members)]
    return Results(files, [{key: value for key, value in record.items() if key != "rows"}
                           for record in records],
                   [Group(*key, members) for key, members in groups.items()], bd_rates, best)


def _file(path: pathlib.Path) -> pathlib.Path:
    if path.is_dir():
        path = path / FILE
    if not path.is_file():
        raise ResultsError(f"{path} does not exist; give the folder that tf_ipr_evaluate wrote "
                           f"(its --output), or the {FILE} in it")
    return path


def _read(path: pathlib.Path) -> dict:
    def refuse(name):
        raise ValueError(f"it holds {name}")

    try:
        record = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except (ValueError, OSError, RecursionError) as error:
        raise ResultsError(f"{path} is no {FILE} of tf_ipr_evaluate: {error}") from error
    if not isinstance(record, dict) or "schema" not in record:
        raise ResultsError(f"{path} is no {FILE} of tf_ipr_evaluate: it names no schema; give the "
                           "folder that tf_ipr_evaluate wrote")
    if record["schema"] != SCHEMA:
        raise ResultsError(f"{path} has schema {record['schema']!r}; this report knows {SCHEMA}: "
                           "evaluate again, or use the version that wrote it")
    if not isinstance(record.get("rows"), list) or not record["rows"]:
        raise ResultsError(f"{path} holds no rows; let tf_ipr_evaluate finish one setting")
    for number, row in enumerate(record["rows"]):
        problem = _problem(row)
        if problem:
            raise ResultsError(f"{path} is damaged: row {number}: {problem}; evaluate again (what "
                               "is in the cache costs nothing)")
    return record


def _problem(row) -> Optional[str]:
    """What is wrong with a row, or None."""
    if not isinstance(row, dict):
        return "it is no object"
    for field in (*_TEXTS, *_NUMBERS, *_LISTS):
        if field not in row:
            return f"{field} is missing"
    for field in _TEXTS:
        if not isinstance(row[field], str):
            return f"{field} is {row[field]!r}, not a text"
    for field in _LISTS:
        if not isinstance(row[field], list):
            return f"{field} is {row[field]!r}, not a list"
    for failure in row["failures"]:
        if not _has(failure, image=str, reason=str):
            return f"a failure is {failure!r}, not image and reason"
    if not _number(row["n_images"]):
        return f"n_images is {row['n_images']!r}, not a number"
    for field in _NUMBERS:
        if row[field] is not None and not _number(row[field]):
            return f"{field} is {row[field]!r}, not a number"
    return next(filter(None, map(_recognizer_problem, row["recognizers"])), None)


def _recognizer_problem(found) -> Optional[str]:
    """What is wrong with the figures of one recogniser, or None."""
    if not _has(found, name=str):
        return "a recogniser has no name"
    if "frr_at_far_1" in found and not _has(found, frr_low=float, frr_high=float):
        return f"the interval of the FRR of {found['name']} is missing"
    for field in _RECOGNIZER_NUMBERS:
        nullable = not field.startswith("frr")
        value = found.get(field)
        if field in found and not _number(value) and not (nullable and value is None):
            return f"{field} of {found['name']} is {value!r}, not a number"
    if not all(_has(entry, image=str, cosine=float) for entry in found.get("worst", ())):
        return f"the worst images of {found['name']} are not images and cosines"
    roc = found.get("roc")
    if roc is not None and not (_has(roc, far=list, frr=list)
                                and all(map(_number, (*roc["far"], *roc["frr"])))):
        return f"the ROC curve of {found['name']} is not two lists of numbers"
    return None


def _has(value, **fields) -> bool:
    """Whether a value is an object with fields of these types; float is any number."""
    return isinstance(value, dict) and all(
        _number(value.get(name)) if kind is float else isinstance(value.get(name), kind)
        for name, kind in fields.items())


def _number(value) -> bool:
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and math.isfinite(value))


def _joined(files, records) -> list[dict]:
    """All rows; one that comes twice once."""
    known: dict = {}
    for file, record in zip(files, records):
        for row in record["rows"]:
            where = row["dataset"], row["align"], row["n_images"], row["label"]
            other, codings = known.setdefault(where, (row["identity"], {}))
            if other != row["identity"]:
                raise ResultsError(
                    f"{file}: {row['label']} is {row['identity']}, but {other} elsewhere; rename "
                    "the folder of one model and evaluate it again, or report them apart")
            first = codings.setdefault(
                row["setting"], dict(row, recognizers=list(row["recognizers"])))
            _take_recognizers(file, first, row)
    return [row for _, codings in known.values() for row in codings.values()]


def _take_recognizers(file, known: dict, row: dict) -> None:
    """Adds to a row what other recognisers say of the same pictures."""
    by_name = {found["name"]: found for found in known["recognizers"]}
    for found in row["recognizers"]:
        other = by_name.get(found["name"])
        if other is None:
            known["recognizers"].append(found)
        elif other.get("fingerprint") != found.get("fingerprint"):
            raise ResultsError(f"{file}: {found['name']} is another recogniser than elsewhere; "
                               "rename the folder of one and evaluate again, or report them apart")


def _check_together(files, records) -> None:
    """Results of other images or of another protocol must not be joined."""
    known: dict = {}
    for file, record in zip(files, records):
        facts = {f"the digest of {entry['name']} ({entry.get('n_images')} images)": entry["digest"]
                 for entry in record.get("datasets", ()) if entry.get("digest")}
        if record.get("protocol"):
            facts["the protocol"] = record["protocol"]
        for fact, value in facts.items():
            first, value_there = known.setdefault(fact, (file, value))
            if value != value_there:
                raise ResultsError(f"{fact} is {value} in {file}, but {value_there} in {first}; "
                                   "report them apart")
