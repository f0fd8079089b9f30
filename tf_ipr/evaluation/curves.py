"""What rows say together: Bjøntegaard deltas, and the best that a budget of bytes buys.

The BD rate is the mean difference in bytes at equal quality over the range of quality that both
curves share, in percent of the anchor's, by the `bjontegaard` package with Akima interpolation (of
the logarithm of the mean bytes over the quality). Quality is PSNR, MS-SSIM in dB, 1 - FRR, 1 - FNMR at
FMR 1e-4, or the mean cosine between the embeddings of a picture and of its original, as -10 log10(1 -
cosine): FRR rests on few strangers' scores, the cosine on every picture in which a face is found. A
curve takes
part with those of its points that are better than every smaller file: at least four.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation import rows as rows_of_results
from tf_ipr.evaluation.codecs.codec_form import MODEL, ORIGINAL

BUDGETS = (512, 768, 1024, 1280, 1769, 2660, 4096, 7000)
FMR = 1e-4
_MIN_POINTS = 4


def by_codec(rows: Sequence[dict]) -> dict:
    """Rows by (dataset, crop, codec's label), from small files to large; the originals left out."""
    curves: dict = {}
    for row in sorted((row for row in rows if row["codec"]["kind"] != ORIGINAL and row["mean_bytes"]),
                      key=lambda row: row["mean_bytes"]):
        curves.setdefault((row["dataset"], crop_of(row), row["label"]), []).append(row)
    return curves


def crop_of(row: dict) -> tuple[str, int] | None:
    """Kind and size of the crop that was coded; None for whole pictures."""
    return (row["codec"]["crop"], row["codec"]["size"]) if row["codec"]["crop"] else None


def qualities(row: dict) -> dict:
    """The figures of a row that are better when larger: by name, None where unknown."""
    ms_ssim = row["ms_ssim"]
    found = {"psnr_db": row["psnr_db"],
             "ms_ssim": None if ms_ssim is None or ms_ssim >= 1 else -10 * math.log10(1 - ms_ssim)}
    for recognizer in row["recognizers"]:
        if "frr_at_far_1" in recognizer:
            found[f"frr {recognizer['name']}"] = 1 - recognizer["frr_at_far_1"]
        point = rows_of_results.fnmr_at(recognizer, FMR)
        if point:
            found[f"fnmr {recognizer['name']}"] = 1 - point["fnmr"]
        cosine = recognizer.get("mean_cosine")
        if cosine is not None and cosine < 1:
            found[f"cosine {recognizer['name']}"] = -10 * math.log10(1 - cosine)
    return found


def bd_rates(rows: Sequence[dict], anchor: str) -> list[dict]:
    """BD rates of every codec against the anchor on the same dataset.

    Args:
      rows: of `tf_ipr.evaluation.rows`.
      anchor: name of a codec; one on whole images.

    Returns:
      dataset, label, quality, bd_rate_percent and shared, the part of the anchor's range of
      quality that both curves cover; the rate is None where fewer than four points are left or
      nothing is shared. PSNR and MS-SSIM are compared only between codecs of the same pictures.
    """
    curves = by_codec(rows)
    results = []
    for (dataset, crop, label), curve in curves.items():
        anchors = [other for (where, size, _), other in curves.items()
                   if where == dataset and size is None and _is_plain(other[0], anchor)]
        if not anchors or curve is anchors[0]:
            continue
        for quality in qualities(curve[0]):
            if crop is not None and not quality.startswith(("frr", "fnmr", "cosine")):
                continue
            rate, shared = _bd_rate(_rising(anchors[0], quality), _rising(curve, quality))
            results.append(dict(dataset=dataset, label=label, anchor=anchor,
                                quality=quality, bd_rate_percent=rate, shared=shared))
    return results


def _rising(curve: Sequence[dict], quality: str) -> list[tuple[float, float]]:
    """(bytes, quality) of the points that beat every smaller file."""
    points: list = []
    for row in curve:
        value = qualities(row).get(quality)
        if value is not None and (not points or value > points[-1][1]):
            points.append((row["mean_bytes"], value))
    return points


def _bd_rate(anchor, test) -> tuple[float | None, float]:
    if min(len(anchor), len(test)) < _MIN_POINTS:
        return None, 0.0
    low = max(anchor[0][1], test[0][1])
    high = min(anchor[-1][1], test[-1][1])
    shared = max(0.0, (high - low) / (anchor[-1][1] - anchor[0][1]))
    if not shared:
        return None, 0.0
    import bjontegaard

    value = bjontegaard.bd_rate(*map(np.array, zip(*anchor)), *map(np.array, zip(*test)),
                                method="akima", require_matching_points=False, min_overlap=0)
    return float(value), shared


def _is_plain(row: dict, kind: str) -> bool:
    """Whether the row is of a reference codec with nothing done to the picture."""
    form = row["codec"]
    return form["kind"] == kind and not any(
        form[part] for part in ("crop", "shrink", "grey", "fit", "search"))


def kind(row: dict) -> str:
    """What was done: "whole", "shrunk", "aligned" or "loose", with "model, " before it for our codec."""
    form = row["codec"]
    how = form["crop"] or ("shrunk" if form["shrink"] else "whole")
    return f"model, {how}" if form["kind"] == MODEL else how


def best_within(rows: Sequence[dict], budgets: Sequence[int] = BUDGETS) -> list[dict]:
    """For each dataset, recogniser, budget and `kind` the row of the smallest FRR.

    Of equal ones the smaller file. This is how a practitioner chooses codec, scale and crop.

    Returns:
      dataset, recognizer, budget, kind, label, setting, mean_bytes, frr_at_far_1, frr_low, frr_high.
    """
    best: dict = {}
    for row in rows:
        if row["codec"]["kind"] == ORIGINAL or not row["mean_bytes"]:
            continue
        for recognizer in row["recognizers"]:
            if "frr_at_far_1" not in recognizer:
                continue
            for budget in budgets:
                if row["mean_bytes"] <= budget:
                    key = row["dataset"], recognizer["name"], budget, kind(row)
                    rank = recognizer["frr_at_far_1"], row["mean_bytes"]
                    if key not in best or rank < best[key][0]:
                        best[key] = rank, row, recognizer
    return [dict(dataset=dataset, recognizer=name, budget=budget, kind=how, label=row["label"],
                 setting=row["setting"], mean_bytes=row["mean_bytes"],
                 **{field: found[field] for field in ("frr_at_far_1", "frr_low", "frr_high")})
            for (dataset, name, budget, how), (_, row, found) in sorted(best.items())]
