"""Codec against codec at a few hundred bytes: of each the best that a budget buys.

A budget counts the payload, without the container. Every scale, crop and quality of a codec may compete;
its best is the row of the smallest FNMR at FMR 1e-4 whose mean payload fits, of equal ones the smaller.
With and without colour are two contestants.
"""

from __future__ import annotations

from collections.abc import Sequence

from tf_ipr.evaluation import rows as rows_of_results
from tf_ipr.evaluation.codecs.codec_form import MODEL, ORIGINAL
from tf_ipr.evaluation.codecs.fitted_codec import BUDGETS

FMR = 1e-4


def contestant(row: dict) -> str:
    """Whose row it is: "model NAME", with its search, or a reference codec's name, "grey" before it."""
    form = row["codec"]
    if form["kind"] != MODEL:
        return f"{'grey ' if form['grey'] else ''}{form['kind']}"
    search = {None: "", "keep": ", keep"}.get(form["search"], f", {form['search']} {form['steps']}")
    return f"{MODEL} {form['model']}".rstrip() + search


def best(rows: Sequence[dict], budgets: Sequence[int] = BUDGETS) -> list[dict]:
    """For each dataset, recogniser, budget and contestant its best row.

    Returns:
      dataset, n_images, recognizer, budget, contestant, ours, label, setting, mean_bytes, payload_bytes,
      fnmr, low, high, flipped: share of the faces with a flipped decision, or None.
    """
    found: dict = {}
    for row in rows:
        if row["codec"]["kind"] == ORIGINAL or row["payload_bytes"] is None:
            continue
        for recognizer in row["recognizers"]:
            point = rows_of_results.fnmr_at(recognizer, FMR)
            for budget in budgets if point else ():
                if row["payload_bytes"] <= budget:
                    key = row["dataset"], row["n_images"], recognizer["name"], budget, contestant(row)
                    rank = point["fnmr"], row["payload_bytes"]
                    if key not in found or rank < found[key][0]:
                        found[key] = rank, row, point, recognizer.get("flips")
    return [dict(dataset=dataset, n_images=count, recognizer=name, budget=budget, contestant=whose,
                 ours=row["codec"]["kind"] == MODEL, label=row["label"], setting=row["setting"],
                 mean_bytes=row["mean_bytes"], payload_bytes=row["payload_bytes"], fnmr=point["fnmr"],
                 low=point["low"], high=point["high"],
                 flipped=flips["faces"] / flips["n_faces"] if flips else None)
            for (dataset, count, name, budget, whose), (_, row, point, flips) in sorted(
                found.items(), key=lambda item: item[0])]


def leaders(entries: Sequence[dict], dataset: str, recognizer: str, budget: int
            ) -> tuple[dict | None, dict | None]:
    """The best of ours and the best of the others; None where there is none."""
    here = [entry for entry in entries if (entry["dataset"], entry["recognizer"], entry["budget"]) == (
        dataset, recognizer, budget)]
    return tuple(min((entry for entry in here if entry["ours"] == ours),
                     key=lambda entry: entry["fnmr"], default=None) for ours in (True, False))
