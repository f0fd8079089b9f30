"""What the plots show, for the page and for papers alike.

A panel has one group's curves, or one dataset of several in the same axes. Nothing is drawn here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from tf_ipr.evaluation import curves
from tf_ipr.evaluation.codecs.codec_form import MODEL, ORIGINAL
from tf_ipr.evaluation.rows import fnmr_at
from tf_ipr.report.results import Group

# Of the curves: on light and on dark ground.
PALETTE = (
    ("#2a78d6", "#5a9ff0"), ("#e0622c", "#f0834f"), ("#16986a", "#35c08f"), ("#9a5bd0", "#bb8cf0"),
    ("#c98a00", "#e6ad33"), ("#d2548c", "#ec83b2"), ("#5b6b7b", "#a3b1c0"), ("#0e8a9a", "#41bccb"),
    ("#8a5a2b", "#c59a6c"), ("#6d7a00", "#b2bf45"), ("#b23a3a", "#ea7f7f"), ("#4a3aa7", "#9a8df2"))
RATE = "bits per pixel"
_ROC_POINTS = 60


@dataclasses.dataclass(frozen=True)
class Point:
    """One coded setting.

    Attributes:
      x, y: in the units of the panel's axes.
      about: lines of text on it; the first names codec and setting.
      low, high: bounds of the 95 % interval of y, where there is one.
    """

    x: float
    y: float
    about: Sequence[str]
    low: float | None = None
    high: float | None = None


@dataclasses.dataclass(frozen=True)
class Series:
    """A curve: its label, and points with rising x."""

    label: str
    points: Sequence[Point]


@dataclasses.dataclass(frozen=True)
class Panel:
    """One plot.

    Attributes:
      title: names the quantity.
      x_label, y_label: with units.
      series: the curves.
      reference: y of the originals, a horizontal line; None if there is none.
      x_log, y_log: logarithmic axes.
      marks: whether points are marked.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    reference: float | None = None
    x_log: bool = True
    y_log: bool = False
    marks: bool = True


@dataclasses.dataclass(frozen=True)
class Style:
    """How a codec is drawn everywhere: slot of the palette, which of several dashes, our model."""

    slot: int
    dash: int
    model: bool


def styles(groups: Sequence[Group]) -> dict:
    """A `Style` per label; a codec keeps its colour on crops, shrunk and in grey."""
    forms = {row["label"]: row["codec"] for group in groups for row in group.coded}

    def base(form):
        return form["kind"], form["model"], form["search"], form["steps"]

    bases = list(dict.fromkeys(base(form) for form in sorted(
        forms.values(), key=lambda form: form["kind"] != MODEL)))
    variants: dict = {}
    found = {}
    for label, form in forms.items():
        known = variants.setdefault(base(form), [(None, False, False)])
        variant = form["shrink"], form["grey"], form["fit"]
        if variant not in known:
            known.append(variant)
        found[label] = Style(bases.index(base(form)), known.index(variant), form["kind"] == MODEL)
    return found


def rate_distortion(group: Group) -> list[Panel]:
    """PSNR and MS-SSIM over the rate."""
    found = [_panel(group, "PSNR", "PSNR, dB", lambda row: row["psnr_db"]),
             _panel(group, "MS-SSIM", "MS-SSIM, dB: −10 log₁₀(1 − MS-SSIM)",
                    lambda row: curves.qualities(row)["ms_ssim"])]
    return [panel for panel in found if panel.series]


def rate_recognition(group: Group) -> list[Panel]:
    """For each recogniser FRR (or accuracy) with its interval, and the mean cosine."""
    found = []
    for name in group.recognizers:
        def value(field, scale=1.0, name=name):
            def of(row):
                found = recognizer(row, name).get(field)
                return None if found is None else scale * found
            return of

        frr = _panel(group, f"FRR by {name}", "FRR at FAR 1 %, %", value("frr_at_far_1", 100),
                     value("frr_low", 100), value("frr_high", 100), y_log=True)
        accuracy = _panel(group, f"Accuracy by {name}", "verification accuracy, %",
                          value("verification_accuracy", 100))
        fnmr = _panel(group, f"FNMR by {name}", "FNMR at FMR 1e-4, %", point_value(name, "fnmr"),
                      point_value(name, "low"), point_value(name, "high"), y_log=True)
        cosine = _panel(group, f"Cosine by {name}", "mean cosine to the original",
                        value("mean_cosine"))
        # The originals' cosine to themselves says nothing.
        found += [frr, fnmr, accuracy, dataclasses.replace(cosine, reference=None)]
    return [panel for panel in found if panel.series]


def point_value(name: str, field: str) -> Callable:
    """A field of FNMR at FMR 1e-4 by a recogniser, in percent, as a function of a row."""
    def of(row):
        point = fnmr_at(recognizer(row, name), curves.FMR)
        return None if point is None else 100 * point[field]
    return of


def det(group: Group, rows: Sequence[dict]) -> list[Panel]:
    """The DET curve of each recogniser for some rows and the originals: coded against coded."""
    found = []
    for name in group.recognizers:
        series = []
        for row in [*([group.original] if group.original else []), *rows]:
            for kind in recognizer(row, name).get("verification", ())[:1]:
                curve = kind["det"]
                pairs = [(fmr, 100 * fnmr) for fmr, fnmr in zip(curve["fmr"], curve["fnmr"]) if fnmr]
                if pairs:
                    points = [Point(*pair, [described(row)]) for pair in pairs]
                    series.append(Series(row["label"], points))
        if series:
            found.append(Panel(f"DET by {name}", "FMR", "FNMR, %", series, y_log=True, marks=False))
    return found


def operating_points(group: Group, rows: Sequence[dict]) -> list[Panel]:
    """The ROC curve of each recogniser for some rows and the originals."""
    found = []
    for name in group.recognizers:
        series = []
        for row in [*([group.original] if group.original else []), *rows]:
            roc = recognizer(row, name).get("roc")
            if not roc:
                continue
            pairs = [(100 * far, 100 * frr) for far, frr in zip(roc["far"], roc["frr"]) if far > 0]
            step = max(1, math.ceil(len(pairs) / _ROC_POINTS))
            series.append(Series(row["label"], [
                Point(far, frr, [described(row)]) for far, frr in pairs[::step]]))
        if series:
            found.append(Panel(f"ROC by {name}", "FAR, %", "FRR, %", series, marks=False))
    return found


def domains(groups: Sequence[Group]) -> list[Panel]:
    """PSNR over the rate, a panel per dataset of whole images, of codecs that are in several.

    Empty where there is only one dataset.
    """
    whole = [group for group in groups if group.crop is None and group.coded]
    counts: dict = {}
    for group in whole:
        for label in group.curves():
            counts[label] = counts.get(label, 0) + 1
    found = []
    for group in whole:
        panel = _panel(group, f"{group.dataset}, {group.n_images:,} images", "PSNR, dB",
                       lambda row: row["psnr_db"])
        found.append(dataclasses.replace(
            panel, series=[s for s in panel.series if counts[s.label] > 1]))
    found = [panel for panel in found if panel.series]
    return found if len({group.dataset for group in whole}) > 1 and len(found) > 1 else []


def recognizer(row: dict, name: str) -> dict:
    """The figures of one recogniser in a row; empty if it has none."""
    return next((found for found in row["recognizers"] if found["name"] == name), {})


def described(row: dict) -> str:
    """Codec and setting in words."""
    if row["setting"] is None:
        return row["label"]
    return f"{row['label']}, {row.get('setting_name') or 'setting'} {row['setting']:g}"


def recognition(row: dict | None, names: Sequence[str]) -> list[str]:
    """FRR and mean cosine of a row in words, of several recognisers in the order of the names."""
    lines = []
    for form, field, unit in (("FRR {}", "frr_at_far_1", " %"), ("cosine {}", "mean_cosine", "")):
        values = [recognizer(row, name).get(field) if row else None for name in names]
        if any(value is not None for value in values) and not (
                field == "mean_cosine" and row["codec"]["kind"] == ORIGINAL):
            lines.append(form.format(" / ".join(
                "–" if value is None else f"{100 * value:.1f}" if unit else f"{value:.3f}"
                for value in values)) + unit)
    return lines


def about(row: dict) -> list[str]:
    """What a reader wants to know of a point, a line each."""
    lines = [described(row), f"{row['mean_bytes']:,.0f} bytes, {row['bpp']:.3f} bpp"]
    forms = (("PSNR {:.2f} dB", row["psnr_db"]), ("MS-SSIM {:.4f}", row["ms_ssim"]))
    quality = [form.format(value) for form, value in forms if value is not None]
    if quality:
        lines.append(", ".join(quality))
    for found in row["recognizers"]:
        figures = []
        if found.get("frr_at_far_1") is not None:
            interval = ("" if found.get("frr_low") is None else
                        f" ({100 * found['frr_low']:.1f}–{100 * found['frr_high']:.1f})")
            figures.append(f"FRR {100 * found['frr_at_far_1']:.1f} %{interval}")
        if found.get("verification_accuracy") is not None:
            figures.append(f"accuracy {100 * found['verification_accuracy']:.2f} %")
        point = fnmr_at(found, curves.FMR)
        if point:
            figures.append(f"FNMR {100 * point['fnmr']:.2f} % "
                           f"({100 * point['low']:.2f}–{100 * point['high']:.2f}) "
                           "at FMR 1e-4")
        if found.get("mean_cosine") is not None:
            figures.append(f"cosine {found['mean_cosine']:.3f}")
        lines.append(f"{found['name']}: {', '.join(figures)}")
    return lines


def _panel(group: Group, title: str, y_label: str, value: Callable,
           low: Callable = lambda row: None, high: Callable = lambda row: None,
           y_log: bool = False) -> Panel:
    series = []
    for label, rows in group.curves().items():
        points = [Point(row["bpp"], value(row), about(row), low(row), high(row))
                  for row in rows if value(row) is not None]
        if points:
            series.append(Series(label, points))
    reference = value(group.original) if group.original else None
    lowest = [p.y for s in series for p in s.points] + ([] if reference is None else [reference])
    # A logarithm has no place for zero.
    return Panel(title, RATE, y_label, series, reference,
                 y_log=y_log and min(lowest, default=0) > 0)
