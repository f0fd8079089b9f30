"""All figures as text: headings and cells, for the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from tf_ipr.evaluation import headline
from tf_ipr.evaluation.rows import fnmr_at
from tf_ipr.report import panels
from tf_ipr.report.results import Group, Results

NOTHING = "–"


@dataclasses.dataclass(frozen=True)
class Table:
    """Headings, and rows of cells; numbers are text already.

    Attributes:
      headings, rows: of equal lengths.
      left: how many columns at the left are words.
      over: a line above the headings: (text, how many columns it spans); may be empty.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    over: Sequence[tuple[str, int]] = ()


def number(value: float | None, form: str = ",.0f", scale: float = 1.0) -> str:
    """A number as text; a dash for None."""
    return NOTHING if value is None else format(scale * value, form)


def all_rows(group: Group) -> Table:
    """Every row of a group: size, distortion, time and each recogniser's figures."""
    names = group.recognizers
    columns = [column for column in _RECOGNIZER_COLUMNS if any(
        column[1](found) != NOTHING for row in group.rows for found in row["recognizers"])]
    headings = ["codec", "setting", "bytes", "payload bytes", "bpp", "PSNR dB", "MS-SSIM",
                *(column[0] for _ in names for column in columns),
                "faces found, %", "container bytes", "p5 / p50 / p95 bytes", "encode ms",
                "decode ms", "failed"]
    rows = []
    for row in group.rows:
        by_name = [panels.recognizer(row, name) for name in names]
        rows.append([
            row["label"], number(row["setting"], "g"), number(row["mean_bytes"]),
            number(row["payload_bytes"]), number(row["bpp"], ".3f"), number(row["psnr_db"], ".2f"),
            number(row["ms_ssim"], ".4f"),
            *(of(found) for found in by_name for _, of in columns),
            number(row["detection_rate"], ".2f", 100), number(row["container_bytes"]),
            " / ".join(number(row[f"bytes_p{percent}"]) for percent in (5, 50, 95)),
            number(row["encode_ms"], ".1f"), number(row["decode_ms"], ".1f"),
            number(row["n_failed"])])
    over = [("", 7), *((name, len(columns)) for name in names), ("", 6)]
    return Table(headings, rows, over=over if columns else ())


def _plain(field: str, form: str, scale: float) -> Callable:
    return lambda found: _cell(found, field, form, scale)


def _fnmr(fmr: float) -> Callable:
    """FNMR with its interval; where the set does not carry the rate the cell says so."""
    def of(found):
        if not found.get("verification"):
            return NOTHING
        point = fnmr_at(found, fmr)
        return "too few pairs" if point is None else (
            f"{100 * point['fnmr']:.2f} ({100 * point['low']:.2f}–{100 * point['high']:.2f})")
    return of


def _original_reference(found: dict) -> str:
    point = fnmr_at(found, 1e-4, "original")
    return NOTHING if point is None else f"{100 * point['fnmr']:.2f}"


def _flipped(found: dict) -> str:
    flips = found.get("flips")
    return NOTHING if not flips else (f"{100 * flips['faces'] / flips['n_faces']:.1f} "
                                      f"(−{flips['lost']:,} +{flips['gained']:,})")


_RECOGNIZER_COLUMNS = (
    ("FRR %", _plain("frr_at_far_1", ".1f", 100)),
    ("FNMR % at FMR 1e-3", _fnmr(1e-3)), ("1e-4", _fnmr(1e-4)), ("1e-5", _fnmr(1e-5)),
    ("original against coded, 1e-4", _original_reference), ("faces flipped % (pairs)", _flipped),
    ("TPR % at FAR 0.1 %", _plain("tpr_at_far_1e_3", ".1f", 100)),
    ("accuracy %", _plain("verification_accuracy", ".2f", 100)),
    ("mean cosine", _plain("mean_cosine", ".3f", 1)), ("p5 cosine", _plain("p5_cosine", ".3f", 1)),
    ("worst cosine", _plain("worst_cosine", ".3f", 1)))


def _cell(found: dict, field: str, form: str, scale: float) -> str:
    text = number(found.get(field), form, scale)
    if field == "frr_at_far_1" and found.get("frr_low") is not None:
        text += f" ({100 * found['frr_low']:.1f}–{100 * found['frr_high']:.1f})"
    if field == "verification_accuracy" and found.get("verification_standard_error") is not None:
        text += f" ± {100 * found['verification_standard_error']:.2f}"
    return text


def bd_rates(results: Results) -> Table | None:
    """Bytes at equal quality against the anchor, in percent; None where nothing is known."""
    entries = results.bd_rates
    if not entries:
        return None
    qualities = sorted({entry["quality"] for entry in entries}, key=lambda quality: (
        list(_QUALITIES).index(quality) if quality in _QUALITIES else len(_QUALITIES), quality))
    lines: dict = {}
    for entry in entries:
        where = entry["dataset"], entry["label"], entry["anchor"]
        shared = f" (over {entry['shared']:.0%})" if entry["shared"] else ""
        value = entry["bd_rate_percent"]
        lines.setdefault(where, {})[entry["quality"]] = (
            NOTHING if value is None else f"{value:+.1f} %{shared}")
    return Table(["dataset", "codec", "anchor", *map(_quality_heading, qualities)],
                 [[*where, *(cells.get(quality, NOTHING) for quality in qualities)]
                  for where, cells in lines.items()], left=3)


_QUALITIES = {"psnr_db": "at equal PSNR", "ms_ssim": "at equal MS-SSIM"}


def _quality_heading(quality: str) -> str:
    if quality in _QUALITIES:
        return _QUALITIES[quality]
    measure, name = quality.split(" ", 1)
    return f"at equal {measure.upper() if measure in ('frr', 'fnmr') else measure}, {name}"


def contest(results: Results) -> Table | None:
    """By the judge: the best of every codec within a budget, the datasets beside one another."""
    entries = [entry for entry in results.contest if entry["recognizer"] == results.judge]
    known = {(entry["dataset"], entry["n_images"]) for entry in entries}
    datasets_here = list(dict.fromkeys((group.dataset, group.n_images) for group in results.groups
                                       if (group.dataset, group.n_images) in known))
    lines: dict = {}
    for entry in sorted(entries, key=lambda entry: (entry["budget"], not entry["ours"])):
        lines.setdefault((entry["budget"], entry["contestant"]), {})[
            entry["dataset"], entry["n_images"]] = entry
    if not lines:
        return None

    def cells(entry):
        if entry is None:
            return [NOTHING] * 4
        return [f"{100 * entry['fnmr']:.2f} ({100 * entry['low']:.2f}–{100 * entry['high']:.2f})",
                number(entry["flipped"], ".1f", 100), f"{entry['payload_bytes']:,.0f} / "
                                                      f"{entry['mean_bytes']:,.0f}",
                f"{entry['label']} {entry['setting']:g}"]

    each = ["FNMR %", "faces flipped %", "payload / file bytes", "how"]
    headings = ["payload at most", "codec", *(each * len(datasets_here))]
    return Table(headings, [[number(budget), name,
                             *(cell for key in datasets_here for cell in cells(found.get(key)))]
                            for (budget, name), found in lines.items()], left=2,
                 over=[("", 2), *((f"{name}, {count:,} images", 4) for name, count in datasets_here)])


def fewest_bytes(results: Results) -> Table | None:
    """Where each codec reaches the target, see `headline`; None where no target was asked for."""
    if not results.fewest_bytes:
        return None

    return Table(
        ["dataset", "recogniser", "measure", "target", "its rate %", "codec", "counted",
         "fewest bytes", "95 % interval"],
        [[entry["dataset"], entry["recognizer"], headline.WORDS[entry["measure"]],
          f"{entry['target']} {entry['target_setting']:g}", f"{100 * entry['target_rate']:.2f}",
          entry["label"], headline.WORDS[entry["counted"]], headline.shown_bytes(entry),
          headline.shown_interval(entry)]
         for entry in results.fewest_bytes], left=4)


def best_within(results: Results) -> Table | None:
    """The smallest FRR that a budget of bytes buys, a column for each way; None without FRR."""
    entries = results.best_within
    if not entries:
        return None
    kinds = list(dict.fromkeys(entry["kind"] for entry in sorted(
        entries, key=lambda entry: (not entry["kind"].startswith("model"), entry["kind"]))))
    lines: dict = {}
    for entry in entries:
        where = (f"{entry['dataset']}, {entry['n_images']:,} images", entry["recognizer"],
                 number(entry["budget"]))
        lines.setdefault(where, {})[entry["kind"]] = (
            f"{100 * entry['frr_at_far_1']:.1f} % ({100 * entry['frr_low']:.1f}–"
            f"{100 * entry['frr_high']:.1f}), {entry['label']} {entry['setting']:g}, "
            f"{entry['mean_bytes']:,.0f} bytes")
    return Table(["dataset", "recogniser", "bytes at most", *kinds],
                 [[*where, *(cells.get(kind, NOTHING) for kind in kinds)]
                  for where, cells in lines.items()], left=2)


def datasets(results: Results) -> Table | None:
    """What was measured on; None where the results do not say."""
    entries = {(entry["name"], entry.get("digest")): entry for record in results.records
               for entry in record.get("datasets", ())}.values()
    if not entries:
        return None
    return Table(["dataset", "images", "people", "gallery images each", "pairs", "digest",
                  "how it is used"],
                 [[entry["name"], number(entry.get("n_images")), number(entry.get("n_identities")),
                   number(entry.get("gallery_size")), number(entry.get("n_pairs")),
                   entry.get("digest") or NOTHING, entry.get("rule") or NOTHING] for entry in entries])


def recognizers(results: Results) -> Table | None:
    """Which recognisers, to the hash of their weights."""
    found = {(r["name"], r.get("weights_sha256")): r for group in results.groups
             for row in group.rows for r in row["recognizers"]}
    if not found:
        return None
    return Table(["recogniser", "weights, SHA-256"],
                 [[name, sha256 or NOTHING] for name, sha256 in found], left=2)


def identities(results: Results) -> Table:
    """Encoder, version, options or weights of every codec."""
    found = {(row["label"], row["identity"]) for group in results.groups for row in group.coded}
    return Table(["codec", "encoder"], sorted(map(list, found)), left=2)


def versions(results: Results) -> Table:
    """Versions of programs; a column per results."""
    names = list(dict.fromkeys(name for record in results.records
                               for name in record.get("versions", ())))
    return Table(["program", *(str(path.parent) for path in results.paths)],
                 [[name, *(record.get("versions", {}).get(name) or NOTHING
                           for record in results.records)] for name in names],
                 left=1 + len(results.paths))


def worst(group: Group) -> Table | None:
    """The images whose identity suffers most, of every row and recogniser."""
    rows = [[panels.described(row), found["name"],
             ", ".join(f"{entry['image']} ({entry['cosine']:.3f})" for entry in found["worst"])]
            for row in group.coded for found in row["recognizers"] if found.get("worst")]
    return Table(["codec", "recogniser", "image (cosine)"], rows, left=3) if rows else None
