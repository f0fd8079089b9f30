"""What was found, in one sentence and one figure: the head of the report.

The sentence compares, by the judge and at one budget of payload, the best of our models with the best of
the other codecs and with the uncoded pictures. The figure has FNMR at FMR 1e-4 over the payload, a panel
for each dataset in the same axes. The DET curves at that budget are the figure for papers.
"""

from __future__ import annotations

from tf_ipr.evaluation import contest
from tf_ipr.evaluation.rows import fnmr_at
from tf_ipr.report import panels, selection
from tf_ipr.report.results import Group, Results

BUDGET = 500


def budget_of(results: Results) -> int | None:
    """The budget that is told of: nearest to 500 bytes where both sides compete, else any."""
    sides: dict = {}
    for entry in results.contest:
        if entry["recognizer"] == results.judge:
            sides.setdefault(entry["budget"], set()).add(entry["ours"])
    if not sides:
        return None
    return min(sides, key=lambda budget: (-len(sides[budget]), abs(budget - BUDGET)))


def sentence(results: Results) -> str:
    """The finding."""
    budget = budget_of(results)
    parts = []
    for dataset in dict.fromkeys(group.dataset for group in results.groups):
        if budget is None:
            continue
        ours, theirs = contest.leaders(results.contest, dataset, results.judge, budget)
        uncoded = _uncoded(results, dataset)
        figures = []
        if ours:
            figures.append(f"{_rate(ours)} with {ours['contestant']}")
        if theirs:
            figures.append(f"{_rate(theirs)} with the best other codec ({theirs['label']})")
        if uncoded is not None:
            figures.append(f"{100 * uncoded:.2f} % uncoded")
        if ours or theirs:
            parts.append(f"on {dataset} {', '.join(figures)}")
    if not parts:
        codecs = {row["label"] for group in results.groups for row in group.coded}
        names = ", ".join(dict.fromkeys(group.dataset for group in results.groups))
        return (f"{len(codecs):,} codecs on {names}; no comparison at FMR 1e-4: it needs a recogniser "
                f"and enough "
                "pairs of two people.")
    return (f"At {budget:,} bytes of payload and a false match rate of 1e-4, {results.judge} does not "
            f"match these shares of the genuine pairs: {'; '.join(parts)}.")


def _rate(entry: dict) -> str:
    return f"{100 * entry['fnmr']:.2f} % ({100 * entry['low']:.2f}–{100 * entry['high']:.2f})"


def _uncoded(results: Results, dataset: str) -> float | None:
    for group in results.groups:
        if group.dataset == dataset and group.original:
            point = fnmr_at(panels.recognizer(group.original, results.judge), contest.FMR)
            if point:
                return point["fnmr"]
    return None


def figure(results: Results) -> list[panels.Panel]:
    """FNMR over the payload: the best of each contestant, a panel for each dataset."""
    found = []
    for dataset in dict.fromkeys(group.dataset for group in results.groups):
        series: dict = {}
        rows = [row for group in results.groups if group.dataset == dataset for row in group.coded
                if row["payload_bytes"] and row["codec"]["kind"]]
        for row in sorted(rows, key=lambda row: row["payload_bytes"]):
            point = fnmr_at(panels.recognizer(row, results.judge), contest.FMR)
            line = series.setdefault(contest.contestant(row), []) if point else None
            # Of all scales and crops only what beats every smaller file.
            if point and (not line or 100 * point["fnmr"] < line[-1].y):
                line.append(panels.Point(row["payload_bytes"], 100 * point["fnmr"], panels.about(row),
                                         100 * point["low"], 100 * point["high"]))
        series = {name: line for name, line in series.items() if line}
        if series:
            uncoded = _uncoded(results, dataset)
            lowest = min(point.y for line in series.values() for point in line)
            found.append(panels.Panel(
                f"{dataset}, by {results.judge}", "bytes of payload", "FNMR at FMR 1e-4, %",
                [panels.Series(name, line) for name, line in series.items()],
                None if uncoded is None else 100 * uncoded, y_log=min(lowest, uncoded or lowest) > 0))
    return found


def styles(results: Results) -> dict:
    """Of the figure's contestants: colours of their codecs."""
    by_label = panels.styles(results.groups)
    found: dict = {}
    for group in results.groups:
        for row in group.coded:
            style = by_label[row["label"]]
            found.setdefault(contest.contestant(row), panels.Style(
                style.slot, 1 if row["codec"]["grey"] else 0, style.model))
    return found


def at_budget(results: Results, group: Group) -> list[dict]:
    """Rows of a group that are the best of their codec at the budget, ours first."""
    budget = budget_of(results)
    best = {(entry["label"], entry["setting"]): entry for entry in results.contest
            if entry["recognizer"] == results.judge and entry["dataset"] == group.dataset
            and entry["budget"] == budget}
    rows = [row for row in group.coded if (row["label"], row["setting"]) in best]
    rows.sort(key=lambda row: (not selection.is_model(row), best[row["label"], row["setting"]]["fnmr"]))
    return rows[:selection.MAX_CODECS]


def det(results: Results) -> list[panels.Panel]:
    """DET curves at the budget by the judge: each dataset's best rows and its originals."""
    found = []
    for dataset in dict.fromkeys(group.dataset for group in results.groups):
        series: list = []
        groups = [group for group in results.groups if group.dataset == dataset]
        for group in groups:
            for panel in panels.det(group, at_budget(results, group)):
                if panel.title == f"DET by {results.judge}":
                    known = {one.label for one in series} & {"original"}
                    series += [one for one in panel.series if one.label not in known]
        if len(series) > 1:
            title = f"{dataset}, {budget_of(results):,} bytes, by {results.judge}"
            found.append(panels.Panel(title, "FMR", "FNMR, %", series, y_log=True, marks=False))
    return found

