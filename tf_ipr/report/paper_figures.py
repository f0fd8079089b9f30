"""The plots and pictures of the report as SVG and PDF, for papers.

    finding                 FNMR at FMR 1e-4 over the payload, a panel for each dataset
    det                     DET curves at one budget, likewise
    GROUP_rate_distortion, GROUP_rate_recognition, GROUP_det, GROUP_operating_points
    GROUP_one_face          an image through the codecs, with bits per pixel and FRR
    GROUP_maps              the same with errors and places of the bits
    domains                 the same codecs on several datasets

Text stays text, and the same results give the same files.
"""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Sequence

from tf_ipr.files import atomic_file
from tf_ipr.report import finding, heat_maps, panels, selection
from tf_ipr.report.reconstructions import Scene
from tf_ipr.report.results import Group, Results

FORMATS = ("svg", "pdf")
_DASHES = ("-", (0, (5, 3)), (0, (1.5, 2)), (0, (6, 2, 1.5, 2)))
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "tf_ipr", "pdf.fonttype": 42, "font.size": 8,
          "axes.titlesize": 8, "axes.spines.top": False, "axes.spines.right": False,
          "axes.grid": True, "grid.alpha": 0.25, "grid.linewidth": 0.5, "legend.frameon": False,
          "lines.linewidth": 1.2, "lines.markersize": 3.5}


def write(results: Results, pictures: Sequence, folder: pathlib.Path,
          target: float | None = None) -> None:
    """Writes the figures that the results allow.

    Args:
      results: the figures.
      pictures: `page.GroupPictures` of each group.
      folder: is made; figures of the same names are replaced.
      target: bytes at which one setting of each codec stands for it.

    Raises:
      ImportError: matplotlib is not installed.
      OutputError: the folder cannot be written.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "figures need matplotlib: pip install 'tf_ipr[evaluation]'") from error
    from matplotlib.figure import Figure

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # It tells of every glyph.
    styles = panels.styles(results.groups)
    with matplotlib.rc_context(_STYLE):
        for group, found in zip(results.groups, pictures):
            plots = dict(
                rate_distortion=panels.rate_distortion(group),
                rate_recognition=panels.rate_recognition(group),
                det=panels.det(group, selection.shown(group, target)),
                operating_points=panels.operating_points(group, selection.shown(group, target)))
            for name, content in plots.items():
                if content:
                    _save(_plots(Figure, content, styles), folder / f"{group.key}_{name}")
            if found.scenes and found.scenes[0].reconstructions:
                scene = found.scenes[0]
                _save(_one_face(Figure, group, scene), folder / f"{group.key}_one_face")
                _save(_maps(Figure, scene), folder / f"{group.key}_maps")
        for name, content in (("finding", finding.figure(results)), ("det", finding.det(results))):
            if content:
                drawn = _plots(Figure, content, {**finding.styles(results), **styles}, sharey=True)
                _save(drawn, folder / name)
        domains = panels.domains(results.groups)
        if domains:
            _save(_plots(Figure, domains, styles, sharey=True, sharex=True), folder / "domains")


def _plots(figure_class, content: Sequence[panels.Panel], styles: dict, **share):
    """Panels two abreast, the legend below."""
    columns = min(2, len(content))
    rows = -(-len(content) // columns)
    labels = list(dict.fromkeys(series.label for panel in content for series in panel.series))
    legend_rows = -(-len(labels) // (2 * columns))
    figure = figure_class(figsize=(3.4 * columns, 2.5 * rows + 0.17 * legend_rows),
                          layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **share).ravel()
    handles: dict = {}
    for axis, panel in zip(axes, content):
        _draw(axis, panel, styles, handles)
    for axis in axes[len(content):]:
        axis.remove()
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=2 * columns,
                  fontsize=7)
    return figure


def _draw(axis, panel: panels.Panel, styles: dict, handles: dict) -> None:
    from matplotlib import ticker

    for series in panel.series:
        style = styles.get(series.label, panels.Style(-1, 0, False))
        colour = ("0.4" if style.slot < 0 else
                  panels.PALETTE[style.slot % len(panels.PALETTE)][0])
        x, y = [p.x for p in series.points], [p.y for p in series.points]
        handles[series.label], = axis.plot(
            x, y, color=colour, linestyle=_DASHES[style.dash % len(_DASHES)],
            marker="o" if panel.marks else "", markerfacecolor=colour if style.model else "white",
            linewidth=1.6 if style.model else 0.9, zorder=3 if style.model else 2)
        whiskers = [p for p in series.points if p.low is not None and p.high is not None
                    and not (panel.y_log and p.low <= 0)]
        axis.vlines([p.x for p in whiskers], [p.low for p in whiskers],
                    [p.high for p in whiskers], color=colour, alpha=0.35, linewidth=0.8)
    if panel.reference is not None:
        axis.axhline(panel.reference, color="0.4", linestyle="--", linewidth=0.8)
    axis.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label,
             xscale="log" if panel.x_log else "linear", yscale="log" if panel.y_log else "linear")
    for direction, log in ((axis.xaxis, panel.x_log), (axis.yaxis, panel.y_log)):
        if log:
            direction.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            direction.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
            direction.set_minor_formatter(ticker.NullFormatter())


def _one_face(figure_class, group: Group, scene: Scene):
    rows = selection.with_worst([found.row for found in scene.reconstructions])
    kept = [found for found in scene.reconstructions if found.row in rows]
    captions = ["\n".join(["original", *panels.recognition(group.original, group.recognizers)])]
    captions += ["\n".join([panels.described(found.row), f"{found.bpp:.3f} bpp",
                            *panels.recognition(found.row, group.recognizers)]) for found in kept]
    figure = figure_class(figsize=(1.5 * len(captions), 2.3), layout="constrained")
    axes = figure.subplots(1, len(captions), squeeze=False)[0]
    for axis, picture, caption in zip(
            axes, [scene.original_u8, *(found.decoded_u8 for found in kept)], captions):
        _show(axis, picture)
        axis.set_xlabel(caption, fontsize=6)
    return figure


def _maps(figure_class, scene: Scene):
    bits_top = scene.brightest_bits()
    with_bits = any(found.bits is not None for found in scene.reconstructions)
    rows, columns = 2 + with_bits, 1 + len(scene.reconstructions)
    figure = figure_class(figsize=(1.3 * columns, 1.35 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel():
        axis.set_axis_off()
    _show(axes[0][0], scene.original_u8)
    axes[0][0].set_title("original", fontsize=6)
    for column, found in enumerate(scene.reconstructions, 1):
        _show(axes[0][column], found.decoded_u8)
        axes[0][column].set_title(
            f"{panels.described(found.row)}\n{found.num_bytes:,} bytes", fontsize=5)
        _show(axes[1][column], heat_maps.error_picture(found.error))
        if found.bits is not None:
            _show(axes[2][column],
                  heat_maps.bits_picture(found.bits, bits_top, scene.original_u8))
    notes = [f"error\n0 … {heat_maps.ERROR_TICKS[-1]} grey levels\n(logarithmic)",
             f"bits\n0 … {bits_top:.2f} per pixel"]
    for axis, note in zip(axes[1:, 0], notes):
        axis.text(0.5, 0.5, note, ha="center", va="center", fontsize=6)
    return figure


def _show(axis, picture) -> None:
    axis.imshow(picture, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.grid(False)


def _save(figure, stem: pathlib.Path) -> None:
    for form in FORMATS:
        with atomic_file.writing(stem.with_name(f"{stem.name}.{form}")) as file:
            figure.savefig(file, format=form, dpi=200, metadata=(
                {"Date": None} if form == "svg" else {"CreationDate": None}))
