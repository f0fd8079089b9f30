"""The report as one HTML file: all is in it, and its content policy lets it fetch nothing."""

from __future__ import annotations

import base64
import dataclasses
import io
import pathlib
import shlex
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tf_ipr.report import finding, heat_maps, panels, selection, tables
from tf_ipr.report.reconstructions import Reconstruction, Scene
from tf_ipr.report.results import Group, Results

_FOLDER = pathlib.Path(__file__).parent
_LARGEST = 512  # Pixels of a side; larger pictures are shrunk, a report must open quickly.
_LOSSLESS = 320  # Up to this side pictures are in the page as they are, larger ones almost.
_THUMBNAIL = 192


@dataclasses.dataclass(frozen=True)
class WorstImage:
    """An image whose identity a codec hurts most.

    Attributes:
      image: path of the file.
      cosine: of its embeddings before and after.
      original_u8, decoded_u8: uint8 [H, W, 3].
    """

    image: str
    cosine: float
    original_u8: np.ndarray
    decoded_u8: np.ndarray


@dataclasses.dataclass(frozen=True)
class FlippedPair:
    """Two pictures of one person that matched before coding and do not after.

    Attributes:
      first, second: paths of the files.
      before, after: cosine of the originals, of the coded pictures; None without a face.
      originals_u8, decoded_u8: the two pictures, uint8 [H, W, 3] each.
    """

    first: str
    second: str
    before: float | None
    after: float | None
    originals_u8: Sequence[np.ndarray]
    decoded_u8: Sequence[np.ndarray]


@dataclasses.dataclass(frozen=True)
class GroupPictures:
    """Pictures of one group.

    Attributes:
      scenes: images through the codecs shown.
      examples: which images they are, in words.
      worst: title ("codec, setting, by recogniser") and its images, the worst first.
      flipped: title likewise, what the figures say of them in words, and its pairs, those that fell
        furthest first.
      notes: what could not be shown, and why.
    """

    scenes: Sequence[Scene] = ()
    examples: str = ""
    worst: Sequence[tuple[str, Sequence[WorstImage]]] = ()
    flipped: Sequence[tuple[str, str, Sequence[FlippedPair]]] = ()
    notes: Sequence[str] = ()


def html(results: Results, pictures: Sequence[GroupPictures], target: float | None = None
         ) -> str:
    """The whole page.

    Args:
      results: the figures.
      pictures: for each of `results.groups`.
      target: bytes at which one setting of each codec stands for it, see `selection.shown`.

    Raises:
      ImportError: jinja2 is not installed.
    """
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise ImportError(
            "the report needs jinja2: pip install 'tf_ipr[evaluation]'") from error

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True,
                                     trim_blocks=True, undefined=jinja2.StrictUndefined)
    plots = _Plots()
    head = plots.add(finding.figure(results), span="finding")
    at_budget = plots.add(finding.det(results), span="det")
    groups = [_group(group, found, plots, target)
              for group, found in zip(results.groups, pictures)]
    domains = panels.domains(results.groups)
    names = ", ".join(dict.fromkeys(group.dataset for group in results.groups))
    times = [record["time"] for record in results.records if record.get("time")]
    return environment.get_template("page.html").render(
        title=f"Rate, distortion and recognition: {names}",
        subtitle="tf_ipr_evaluate" + (f", {max(times)[:16].replace('T', ' ')}" if times else ""),
        css=markupsafe.Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
        script=markupsafe.Markup((_FOLDER / "page.js").read_text(encoding="utf-8")),
        scale_css=markupsafe.Markup(heat_maps.scale_css()),
        sentence=finding.sentence(results), finding=head,
        finding_labels=list(dict.fromkeys(
            series.label for panel in finding.figure(results) for series in panel.series)),
        det=at_budget, contest=tables.contest(results), fewest_bytes=tables.fewest_bytes(results),
        budget=finding.budget_of(results), judge=results.judge, error_ticks=heat_maps.ERROR_TICKS,
        palette=panels.PALETTE, groups=groups, unavailable=results.unavailable,
        domains=plots.add(domains, span="domains"),
        domain_labels=list(dict.fromkeys(s.label for panel in domains for s in panel.series)),
        bd_rates=tables.bd_rates(results), best_within=tables.best_within(results),
        commands=[shlex.join(map(str, record["command"])) for record in results.records
                  if record.get("command")],
        protocols=list(dict.fromkeys(_protocol(record["protocol"]) for record in results.records
                                     if record.get("protocol"))),
        facts=[table for table in (tables.datasets(results), tables.recognizers(results),
                                   tables.identities(results), tables.versions(results)) if table],
        failures=results.failures(),
        data=dict(colours=len(panels.PALETTE), panels=plots.panels, spans=plots.spans, styles={
            label: dataclasses.asdict(style)
            for label, style in {**finding.styles(results), **panels.styles(results.groups)}.items()}))


class _Plots:
    """Panels by id, as page.js draws them."""

    def __init__(self):
        self.panels: dict = {}
        self.spans: dict = {}

    def add(self, found: Sequence[panels.Panel], span: str = "") -> list[dict]:
        """Gives panels ids; those of one `span` share their axes."""
        added = []
        for panel in found:
            key = f"panel{len(self.panels)}"
            self.panels[key] = dict(
                title=panel.title, x=panel.x_label, y=panel.y_label, xLog=panel.x_log,
                yLog=panel.y_log, marks=panel.marks, reference=panel.reference, span=span,
                series=[dataclasses.asdict(series) for series in panel.series])
            added.append(dict(id=key, title=panel.title))
        if span:
            points = [p for panel in found for series in panel.series for p in series.points]
            self.spans[span] = dict(x=[p.x for p in points], y=[p.y for p in points])
        return added


def _group(group: Group, pictures: GroupPictures, plots: _Plots, target) -> dict:
    shown = selection.shown(group, target)
    number = f"g{len(plots.panels)}"
    scenes = [_scene(f"{number}s{index}", scene) for index, scene in enumerate(pictures.scenes)]
    worst, originals = _worst(f"{number}w", pictures.worst)
    return dict(
        key=group.key, title=group.title, count=f"{group.n_images:,}",
        recognizers=" / ".join(group.recognizers), facts=_facts(group), labels=list(group.curves()),
        rate_distortion=plots.add(panels.rate_distortion(group)),
        rate_recognition=plots.add(panels.rate_recognition(group)),
        det=plots.add(panels.det(group, shown)),
        operating_points=plots.add(panels.operating_points(group, shown)),
        shown="; ".join(map(panels.described, shown)),
        scenes=scenes, glance=_glance(group, scenes), examples=pictures.examples,
        boxed=any(scene["box"] for scene in scenes),
        shrunk=any(max(scene.original_u8.shape) > _LARGEST for scene in pictures.scenes),
        flipped=[dict(title=title, about=about, items=[_flipped(pair) for pair in pairs])
                 for title, about, pairs in pictures.flipped],
        worst=worst, worst_originals=originals, worst_table=tables.worst(group),
        table=tables.all_rows(group), notes=pictures.notes)


def _facts(group: Group) -> str:
    def counted(count, noun):
        return f"{count:,} {noun}" + ("" if count == 1 else "s")

    parts = [counted(group.n_images, "image"), counted(len(group.curves()), "codec"),
             counted(len(group.coded), "setting")]
    for name in group.recognizers:
        probes = next((found["n_probes"] for row in group.rows
                       for found in [panels.recognizer(row, name)] if found.get("n_probes")), None)
        parts.append(f"recogniser {name}" + (f" ({probes:,} probes)" if probes else ""))
    return ", ".join(parts)


def _protocol(protocol: dict) -> str:
    return "Protocol: " + ", ".join(f"{name} {value}" for name, value in protocol.items())


def _scene(key: str, scene: Scene) -> dict:
    height, width = scene.original_u8.shape[:2]
    size = dict(width=width, height=height)
    bits_top = scene.brightest_bits()
    items = [dict(size, picture=f"{key}-original", uri=picture_uri(scene.original_u8), row=None,
                  lines=["original", scene.name], error=None, bits=None)]
    for index, found in enumerate(scene.reconstructions):
        items.append(dict(
            size, picture=f"{key}-{index}", uri=picture_uri(found.decoded_u8), row=found.row,
            lines=_caption(found), error=map_uri(heat_maps.error_picture(found.error)),
            bits=None if found.bits is None else map_uri(
                heat_maps.bits_picture(found.bits, bits_top, scene.original_u8))))
    return dict(id=key, name=scene.name, items=items, box=_percent(scene.box, height, width),
                bits_top=f"{bits_top:.2f}" if any(
                    found.bits is not None for found in scene.reconstructions) else None)


def _caption(found: Reconstruction) -> list[str]:
    lines = [panels.described(found.row), f"{found.num_bytes:,} bytes, {found.bpp:.3f} bpp",
             f"PSNR {found.psnr_db:.1f} dB"]
    if found.share is not None:
        lines.append(f"{100 * found.share[0]:.0f} % of the bits on the face, "
                     f"{100 * found.share[1]:.0f} % of the area")
    return lines


def _percent(box, height: int, width: int) -> list[str] | None:
    """Left, top, width and height of a box in percent, cut to the picture."""
    if box is None:
        return None
    x1, x2 = np.clip(box[[0, 2]] / width, 0, 1)
    y1, y2 = np.clip(box[[1, 3]] / height, 0, 1)
    return [f"{100 * value:.2f}" for value in (x1, y1, x2 - x1, y2 - y1)]


def _glance(group: Group, scenes: Sequence[dict]) -> list[dict]:
    """The first image: original, anchor and our models, with the figures of their rows."""
    if not scenes:
        return []
    first = scenes[0]["items"]
    rows = [item["row"] for item in first if item["row"]]
    kept = selection.with_worst(rows)
    return [dict(item, lines=[*item["lines"][:2], *panels.recognition(
        item["row"] or group.original, group.recognizers)])
            for item in first if item["row"] is None or item["row"] in kept]


def _worst(key: str, worst) -> tuple[list[dict], list[tuple[str, str]]]:
    originals: dict = {}
    entries = []
    for title, images in worst:
        items = []
        for image in images:
            known = originals.setdefault(
                image.image, (f"{key}{len(originals)}", thumbnail_uri(image.original_u8)))
            items.append(dict(name=pathlib.Path(image.image).name, cosine=f"cosine {image.cosine:.3f}",
                              original=known[0], uri=thumbnail_uri(image.decoded_u8)))
        entries.append(dict(title=title, items=items))
    return entries, list(originals.values())


def _flipped(pair: FlippedPair) -> dict:
    def cosine(value):
        return "no face" if value is None else f"{value:.3f}"

    names = [pathlib.Path(name).name for name in (pair.first, pair.second)]
    return dict(names=names, before=cosine(pair.before), after=cosine(pair.after),
                originals=list(map(thumbnail_uri, pair.originals_u8)),
                decoded=list(map(thumbnail_uri, pair.decoded_u8)))


def picture_uri(image_u8: np.ndarray) -> str:
    """uint8 [H, W, 3] as a data URI of WebP, without loss up to 320 pixels a side."""
    if max(image_u8.shape) <= _LOSSLESS:
        return _uri(image_u8, _LARGEST, lossless=True, method=4)
    return _uri(image_u8, _LARGEST, quality=95)


def map_uri(image_u8: np.ndarray) -> str:
    """A heat map as a data URI."""
    return _uri(image_u8, _LARGEST, quality=88)


def thumbnail_uri(image_u8: np.ndarray) -> str:
    """A small picture as a data URI."""
    return _uri(image_u8, _THUMBNAIL, quality=85)


def _uri(image_u8: np.ndarray, largest: int, **options) -> str:
    image = Image.fromarray(image_u8)
    image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WebP", **options)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
