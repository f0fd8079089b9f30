"""Results of tf_ipr_evaluate as the report takes them: read, checked, joined, grouped.

Several results may be joined, for example a model's own rows and those of the reference codecs.
Rows stand in one plot only where they are of the same images: same dataset, same crop, as many.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Sequence

from tf_ipr.evaluation import contest, curves, migration, row_definition
from tf_ipr.evaluation.codecs.codec_form import ORIGINAL
from tf_ipr.evaluation.crops import Crop
from tf_ipr.evaluation.row_definition import SCHEMA
from tf_ipr.files.atomic_file import PathLike

FILE = "metrics.json"


class ResultsError(ValueError):
    """What was given holds no results of tf_ipr_evaluate, or results that do not go together."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Rows of the same pictures; they may stand in one plot.

    Attributes:
      dataset: its name.
      crop: None for whole images, else what was cut out of them.
      n_images: how many.
      rows: as `tf_ipr.evaluation.row_definition` has them; that of the originals may be missing.
    """

    dataset: str
    crop: Crop | None
    n_images: int
    rows: Sequence[dict]

    @property
    def title(self) -> str:
        return f"{self.dataset}, {'whole images' if self.crop is None else self.crop.title}"

    @property
    def key(self) -> str:
        """For names of files and anchors: letters, digits, - and _."""
        name = "".join(c if c.isalnum() and c.isascii() else "_" for c in self.dataset.lower())
        crop = "" if self.crop is None else f"-{self.crop.label.replace(' ', '')}"
        return f"{name}{crop}-{self.n_images}"

    @property
    def original(self) -> dict | None:
        return next((row for row in self.rows if row["codec"]["kind"] == ORIGINAL), None)

    @property
    def coded(self) -> list[dict]:
        return [row for row in self.rows if row["codec"]["kind"] != ORIGINAL]

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
      bd_rates, best_within, contest, fewest_bytes: as in metrics.json.
    """

    paths: Sequence[pathlib.Path]
    records: Sequence[dict]
    groups: Sequence[Group]
    bd_rates: Sequence[dict]
    best_within: Sequence[dict]
    contest: Sequence[dict] = ()
    fewest_bytes: Sequence[dict] = ()

    @property
    def judge(self) -> str | None:
        """The recogniser that stands last, by which findings are told; None without recognisers."""
        names = [name for group in self.groups for name in group.recognizers]
        return names[-1] if names else None

    @property
    def unavailable(self) -> list[tuple[str, str]]:
        """(label, reason) of codecs that were asked for and are not installed."""
        found = {codec["label"]: codec["unavailable"] for record in self.records
                 for codec in record.get("codecs", ()) if codec.get("unavailable")}
        measured = {row["label"] for group in self.groups for row in group.rows}
        return [(label, reason) for label, reason in found.items() if label not in measured]

    @property
    def model_folders(self) -> dict:
        """Folders of the models as far as the results name them, by the model's name."""
        return {codec["codec"]["model"]: codec["folder"] for record in self.records
                for codec in record.get("codecs", ()) if codec.get("folder") and "codec" in codec}

    @property
    def recognizer_folders(self) -> dict:
        """Folders of the recognisers as far as the results name them, by name."""
        return {found["name"]: found["folder"] for record in self.records
                for found in record.get("recognizers", ()) if found.get("folder")}

    def examples(self, dataset: str) -> list[str]:
        """Images of a dataset that stand for it, as far as the results name some."""
        return [image for record in self.records for entry in record.get("datasets", ())
                if entry.get("name") == dataset for image in entry.get("examples", ())]

    def failures(self) -> list[tuple[str, str]]:
        """(image, reason), each once."""
        return sorted({(failure["image"], failure["reason"]) for group in self.groups
                       for row in group.rows for failure in row["failures"]})


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
        groups.setdefault((row["dataset"], curves.crop_of(row), row["n_images"]), []).append(row)
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
                   [Group(dataset, Crop(*crop) if crop else None, count, members)
                    for (dataset, crop, count), members in groups.items()],
                   bd_rates, best, contest.best(rows),
                   [entry for record in records for entry in record.get("fewest_bytes", ())])


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
    if not isinstance(record.get("rows"), list) or not record["rows"]:
        if record["schema"] in (1, SCHEMA):
            raise ResultsError(f"{path} holds no rows; let tf_ipr_evaluate finish one setting")
    if record["schema"] == 1:
        record = _migrated(path, record)
    if record["schema"] != SCHEMA:
        raise ResultsError(f"{path} has schema {record['schema']!r}; this report knows {SCHEMA} (and "
                           f"reads 1): "
                           "evaluate again, or use the version that wrote it")
    for number, row in enumerate(record["rows"]):
        problem = row_definition.problem(row)
        if problem:
            raise ResultsError(f"{path} is damaged: row {number}: {problem}; evaluate again (what "
                               "is in the cache costs nothing)")
    return record


def _migrated(path: pathlib.Path, record: dict) -> dict:
    """A record of schema 1 as one of today."""
    rows = []
    for number, row in enumerate(record["rows"]):
        try:
            rows.append(migration.from_schema_1(row))
        except ValueError as error:
            raise ResultsError(f"{path} is damaged: row {number}: {error}; evaluate again") from error
    identities: dict = {}
    for row in rows:
        identities.setdefault(row["label"], set()).add(row["identity"])
    for row in rows:
        if row["codec"]["search"] and len(identities[row["label"]]) > 1:
            row["label"] += f", {row['identity'].split(' in ')[0]}"  # Two searches, led by others.
    models = {row["label"]: row["codec"] for row in rows}
    codecs = [dict(codec, codec=models[codec["label"]]) for codec in record.get("codecs", ())
              if codec.get("label") in models]
    return dict(record, schema=SCHEMA, rows=rows, codecs=codecs)


def _joined(files, records) -> list[dict]:
    """All rows; one that comes twice once."""
    known: dict = {}
    for file, record in zip(files, records):
        for row in record["rows"]:
            where = row["dataset"], curves.crop_of(row), row["n_images"], row["label"]
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
