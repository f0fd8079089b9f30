"""The folder of an evaluation: metrics.json, metrics.csv, and the forms of other tools.

    metrics.json               everything, see docs/evaluation.md
    metrics.csv                a line per row, columns of the recognisers side by side
    compressai/LABEL.json      a curve per codec, for `python -m compressai.utils.plot`
    codec_compare/LABEL.json   every image of every setting, for webmproject/codec-compare, which
    codec_compare/batches.json reads the list (index.html?load=…/batches.json)

Every file appears whole or not at all; those that exist are replaced.
"""

from __future__ import annotations

import csv
import json
import pathlib
import re
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation import contest, curves
from tf_ipr.evaluation import rows as rows_of_results
from tf_ipr.evaluation.protocols.verification import FMRS
from tf_ipr.evaluation.row_definition import SCHEMA
from tf_ipr.files import atomic_file

_NESTED = ("failures", "recognizers", "codec")
_PER_RECOGNIZER = (
    "frr_at_far_1", "frr_low", "frr_high", "tpr_at_far_1e_3", "verification_accuracy",
    "verification_standard_error", "mean_cosine", "p5_cosine", "worst_cosine", "fingerprint")
_LOSSLESS_DB = 100.0  # codec-compare knows no infinity; its own data has 100 there.


class ResultsFolder:
    """Writes an evaluation as it grows."""

    def __init__(self, path, about: dict, anchor: str = "hevc"):
        """`about`: what metrics.json says beside its rows; `anchor`: of the BD rates."""
        self._path = pathlib.Path(path)
        self._about = about
        self._anchor = anchor
        self.rows: list[dict] = []
        self.fewest_bytes: list[dict] = []

    def add_fewest_bytes(self, found: Sequence[dict]) -> None:
        """Adds what `headline` found and writes metrics.json."""
        self.fewest_bytes += found
        self._record()

    def add(self, row: dict) -> None:
        """Adds a row and writes metrics.json and metrics.csv."""
        self.rows.append(row)
        self._record()
        with atomic_file.writing(self._path / "metrics.csv", "w") as file:
            _write_csv(file, self.rows)

    def _record(self) -> None:
        record = dict(schema=SCHEMA, **self._about, rows=self.rows,
                      bd_rates=curves.bd_rates(self.rows, self._anchor),
                      best_within=curves.best_within(self.rows),
                      contest=contest.best(self.rows), fewest_bytes=self.fewest_bytes)
        self._json("metrics.json", record)

    def add_curve(self, rows: Sequence[dict], images: Sequence[str], figures: Sequence[dict]) -> None:
        """Writes one codec for the other tools.

        Args:
          rows: of one codec on one dataset, one per setting.
          images: names of the images.
          figures: `Measured.figures` of each row.
        """
        name = _file_name(rows[0])
        self._json(f"compressai/{name}.json", compressai_form(rows))
        self._json(f"codec_compare/{name}.json",
                   codec_compare_form(rows, images, figures, self._about["time"]))
        batches = self._path / "codec_compare/batches.json"
        known = json.loads(batches.read_text()) if batches.is_file() else []
        self._json("codec_compare/batches.json",
                   sorted([*(entry for entry in known if entry != [f"{name}.json"]),
                           [f"{name}.json"]]))

    def _json(self, name: str, value) -> None:
        with atomic_file.writing(self._path / name, "w") as file:
            json.dump(value, file, indent=1, allow_nan=False)


def compressai_form(rows: Sequence[dict]) -> dict:
    """The form of CompressAI's `results/image/*/*.json`: lists over the settings, seconds."""
    rows = sorted(rows, key=lambda row: row["bpp"] or 0)

    def seconds(field):
        return [None if row[field] is None else row[field] / 1e3 for row in rows]

    return dict(
        name=rows[0]["label"], description=f"{rows[0]['identity']}, {rows[0]['dataset']}",
        results={"bpp": [row["bpp"] for row in rows],
                 "psnr-rgb": [row["psnr_db"] for row in rows],
                 "ms-ssim-rgb": [row["ms_ssim"] for row in rows],
                 "encoding_time": seconds("encode_ms"), "decoding_time": seconds("decode_ms")})


def codec_compare_form(rows: Sequence[dict], images: Sequence[str], figures: Sequence[dict],
                       time: str) -> dict:
    """The form of codec-compare: names and meanings, then a line per image and setting."""
    first = rows[0]
    fields = [
        ("original_name", "Original image file name"),
        ("quality", f"Compression parameter: {first['setting_name']}"),
        ("encoded_size", "Size of the encoded image file in bytes"),
        ("bpp", "Encoded bits per pixel"),
        ("psnr", "Distortion metric Peak Signal-to-Noise Ratio"),
        ("msssim", "Distortion metric Multi-Scale Structural Similarity Index Measure"),
        ("encoding_time", "Encoding duration in processor seconds"),
        ("decoding_time", "Decoding duration in processor seconds")]
    values = []
    for row, found in zip(rows, figures):
        columns = [found["num_bytes"], 8 * found["num_bytes"] / found["pixels"],
                   np.minimum(found["psnr_db"], _LOSSLESS_DB), found["ms_ssim"],
                   found["encode_ms"] / 1e3, found["decode_ms"] / 1e3]
        for image, *numbers in zip(images, *columns):
            if np.isfinite(numbers).all():
                values.append([image, row["setting"], int(numbers[0]), *map(float, numbers[1:])])
    return dict(
        constant_descriptions=[
            {"name": "Name of this experiment"},
            {"codec": "Name of the codec used to generate this data"},
            {"version": "Version of the codec used to generate this data"},
            {"time": "Timestamp of when this data was generated"}],
        constant_values=[f"{first['label']}, {first['dataset']}", first["codec"]["kind"],
                         first["identity"], time],
        field_descriptions=[{name: meaning} for name, meaning in fields], field_values=values)


def _write_csv(file, rows: Sequence[dict]) -> None:
    plain = [name for name in rows[0] if name not in _NESTED]
    parts = list(rows[0]["codec"])
    recognizers = list(dict.fromkeys(found["name"] for row in rows for found in row["recognizers"]))
    points = [(fmr, field) for fmr in FMRS for field in ("fnmr", "low", "high")]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        plain + [f"codec {part}" for part in parts] + [
            heading for name in recognizers for heading in (
                *(f"{name} {field}" for field in _PER_RECOGNIZER),
                *(f"{name} {field} at fmr {fmr:g}" for fmr, field in points))])
    for row in rows:
        by_name = {found["name"]: found for found in row["recognizers"]}
        cells = [row[name] for name in plain]
        cells += ["+".join(value) if isinstance(value, list) else value
                  for value in (row["codec"][part] for part in parts)]
        for name in recognizers:
            found = by_name.get(name, {})
            cells += [found.get(field) for field in _PER_RECOGNIZER]
            cells += [(rows_of_results.fnmr_at(found, fmr) or {}).get(field) for fmr, field in points]
        writer.writerow(cells)


def _file_name(row: dict) -> str:
    return re.sub(r"[^a-z0-9.]+", "_", f"{row['dataset']} {row['label']}".lower())
