"""Results in, report.html and figures/ out."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

from tf_ipr.files import atomic_file, image_file
from tf_ipr.files.atomic_file import PathLike
from tf_ipr.report import page, panels, paper_figures, reconstructions, selection
from tf_ipr.report.page import FlippedPair, GroupPictures, WorstImage
from tf_ipr.report.results import Group, Results

FILE = "report.html"
FIGURES = "figures"


@dataclasses.dataclass(frozen=True)
class Options:
    """What is shown.

    Attributes:
      images: files to show; empty takes the examples that the results name, else the worst.
      model_folders: of our models by name, before those that the results name.
      recognizer_folders: of recognisers that lead searches by name, likewise.
      target_bytes: size at which codecs are shown as pictures; None: that of our models.
      pictures: whether to code images again; without, the report has plots and tables alone.
    """

    images: Sequence[PathLike] = ()
    model_folders: dict = dataclasses.field(default_factory=dict)
    recognizer_folders: dict = dataclasses.field(default_factory=dict)
    target_bytes: float | None = None
    pictures: bool = True


def write(results: Results, output: PathLike, options: Options = Options(),
          detector: Callable | None = None) -> pathlib.Path:
    """Writes OUTPUT/report.html and OUTPUT/figures/*.svg, *.pdf; what was there is replaced.

    Args:
      results: from `results.load`.
      output: a folder.
      options: what is shown.
      detector: makes the `FaceDetector`; None takes MTCNN where it is installed.

    Returns:
      The page.

    Raises:
      ValueError, OSError: one of `options.images` is no image, or `output` cannot be written.
      ImportError: jinja2 or matplotlib is not installed.
    """
    for path in options.images:
        image_file.read_image(path)  # What is asked for must be there.
    codecs = reconstructions.Codecs({**results.model_folders, **options.model_folders},
                                    {**results.recognizer_folders, **options.recognizer_folders})
    faces = reconstructions.MainFaces(detector)
    pictures = [_pictures(results, group, options, codecs, faces) if options.pictures
                else GroupPictures() for group in results.groups]
    output = pathlib.Path(output)
    text = page.html(results, pictures, options.target_bytes)
    paper_figures.write(results, pictures, output / FIGURES, options.target_bytes)
    with atomic_file.writing(output / FILE, "w") as file:
        file.write(text)
    return output / FILE


def _pictures(results: Results, group: Group, options: Options, codecs, faces) -> GroupPictures:
    rows = selection.shown(group, options.target_bytes)
    notes: list = []
    if not rows:
        return GroupPictures()
    if options.images:
        chosen, examples = [str(path) for path in options.images], "those asked for"
    else:
        chosen = selection.examples(results, group)
        examples = ("spread evenly over the images" if results.examples(group.dataset)
                    else "those that are most often among the worst ten by identity")
    wanted = selection.with_worst(rows)
    worst_names = selection.worst_images(wanted)
    flips = [(row, found) for row in wanted for found in row["recognizers"] if found.get("flips")]
    flipped_names = [flip[side] for _, found in flips for flip in found["flips"]["worst"]
                     for side in ("first", "second")]
    images = _read([*chosen, *worst_names, *flipped_names], group, faces, notes)
    scenes = reconstructions.scenes(
        rows, [(pathlib.Path(name).name, images[name]) for name in chosen if name in images],
        codecs, faces, notes.append) if images else []
    worst = _worst(wanted, images, codecs)
    return GroupPictures(scenes, examples, worst, _flipped(flips, images, codecs),
                         list(dict.fromkeys(notes)))


def _read(names: Sequence[str], group: Group, faces, notes: list) -> dict:
    """Images by name; those that cannot be read are counted in the notes."""
    images: dict = {}
    missing: dict = {}
    for name in dict.fromkeys(names):
        try:
            images[name] = reconstructions.read(name, group.crop, faces)
        except (ValueError, OSError, ImportError) as error:
            missing[name] = str(error)
    if missing:
        name, reason = next(iter(missing.items()))
        notes.append(f"{len(missing)} of the images that would be shown cannot be: {reason}"
                     + (" (and others)" if len(missing) > 1 else ""))
    return images


def _flipped(flips, images: dict, codecs) -> list:
    """For each row and recogniser the lost pairs, as far as they can be read and coded."""
    found = []
    for row, recognizer in flips:
        pairs = [flip for flip in recognizer["flips"]["worst"]
                 if flip["first"] in images and flip["second"] in images]
        names = list(dict.fromkeys(flip[side] for flip in pairs for side in ("first", "second")))
        try:
            outcomes = reconstructions.code(
                codecs(row), row, [images[name] for name in names]) if names else []
        except (ValueError, ImportError):
            continue  # The scenes' notes say so.
        decoded = {name: outcome.decoded_u8 for name, outcome in zip(names, outcomes)
                   if not isinstance(outcome, str)}
        items = [FlippedPair(flip["first"], flip["second"], flip["before"], flip["after"],
                             [images[flip["first"]], images[flip["second"]]],
                             [decoded[flip["first"]], decoded[flip["second"]]])
                 for flip in pairs if flip["first"] in decoded and flip["second"] in decoded]
        counts = recognizer["flips"]
        about = (f"{counts['lost']:,} of {counts['n_genuine']:,} genuine pairs lost, "
                 f"{counts['gained']:,} gained; "
                 f"{100 * counts['faces'] / counts['n_faces']:.1f} % of the faces take part; false "
                 f"matches "
                 f"{counts['false_matches_before']:,} before, {counts['false_matches']:,} after")
        found.append((f"{panels.described(row)}, by {recognizer['name']}", about, items))
    return found


def _worst(rows: Sequence[dict], images: dict, codecs) -> list:
    """For each row and recogniser its worst images, as far as they can be read and coded."""
    found = []
    for row in rows:
        names = [name for name in selection.worst_images([row]) if name in images]
        try:
            codec = codecs(row)
        except (ValueError, ImportError):
            continue  # The scenes' notes say so.
        if not names:
            continue
        outcomes = reconstructions.code(codec, row, [images[name] for name in names])
        decoded = {name: outcome.decoded_u8 for name, outcome in zip(names, outcomes)
                   if not isinstance(outcome, str)}
        for recognizer in row["recognizers"]:
            items = [WorstImage(entry["image"], entry["cosine"], images[entry["image"]],
                                decoded[entry["image"]])
                     for entry in recognizer.get("worst", ()) if entry["image"] in decoded]
            if items:
                found.append((f"{panels.described(row)}, by {recognizer['name']}", items))
    return found
