"""FRR and cosine against bytes, a panel per recogniser, from results of tf_ipr_evaluate.

    python -m benchmarks.recognition_figure --output=docs/frr_lfw.svg runs/evaluation/metrics.json …

Several results are drawn together. The shade is the 95 % interval; the dashed line is the original.
"""

from __future__ import annotations

import collections
import json
import pathlib

from absl import app, flags

from tf_ipr import atomic_file

FLAGS = flags.FLAGS
flags.DEFINE_string("output", "runs/evaluation/recognition.svg", "The figure (SVG).")


def curves(paths) -> tuple[dict, dict]:
    """(FRR of the originals by recogniser, rows by recogniser and codec, sorted by bytes)."""
    originals, found = {}, collections.defaultdict(dict)
    for path in paths:
        for row in json.loads(pathlib.Path(path).read_text())["rows"]:
            for result in row["recognizers"]:
                name, label = result["name"], row["label"].replace("tf_ipr ", "")
                if row["codec"] != "original":
                    found[name].setdefault(label, {})[row["setting"]] = (row["mean_bytes"], result)
                elif row["align"] is None:
                    originals[name] = result["frr_at_far_1"]
    return originals, {name: {label: sorted(points.values(), key=lambda point: point[0])
                              for label, points in by_label.items()}
                       for name, by_label in found.items()}


def main(argv) -> None:
    import matplotlib
    matplotlib.use("agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tf_ipr"})
    from matplotlib import pyplot

    if len(argv) < 2:
        raise app.UsageError("give one or more metrics.json of tf_ipr_evaluate")
    originals, found = curves(argv[1:])
    figure, axes = pyplot.subplots(2, len(found), figsize=(5 * len(found), 7), sharex=True,
                                   sharey="row", squeeze=False, layout="constrained")
    for column, (name, by_label) in enumerate(found.items()):
        top, bottom = axes[0][column], axes[1][column]
        top.set(title=name, yscale="log", xscale="log")
        for label, points in by_label.items():
            size = [num_bytes for num_bytes, _ in points]
            line, = top.plot(size, [100 * r["frr_at_far_1"] for _, r in points], "o-", label=label)
            top.fill_between(size, [100 * r["frr_low"] for _, r in points],
                             [100 * r["frr_high"] for _, r in points], alpha=0.2)
            bottom.plot(size, [r["mean_cosine"] for _, r in points], "o-", color=line.get_color())
        if name in originals:
            top.axhline(100 * originals[name], color="grey", linestyle="--")
        bottom.set(xlabel="bytes per image")
        for axis in (top, bottom):
            axis.grid(alpha=0.3, which="both")
    ticks = [5, 7, 10, 15, 20, 30, 50, 80]
    axes[0][0].set_yticks(ticks, [str(tick) for tick in ticks])
    axes[0][0].minorticks_off()
    sizes = [500, 700, 1000, 1400, 2000, 3000, 5000, 7000]
    axes[1][0].set_xticks(sizes, [str(size) for size in sizes])
    axes[0][0].set(ylabel="FRR at FAR 1 %, percent")
    axes[1][0].set(ylabel="mean cosine to the original")
    axes[0][0].legend(frameon=False)
    with atomic_file.writing(FLAGS.output) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    app.run(main)
