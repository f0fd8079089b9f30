"""A whole evaluation: datasets × codecs × settings × recognisers, resumed where it was stopped."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import pathlib
import platform
import re
import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np
import tqdm

from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.evaluation import headline, rows
from tf_ipr.evaluation.codecs import codec_choice
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.coding_pool import CodingPool
from tf_ipr.evaluation.measurement import Laboratory
from tf_ipr.evaluation.pictures import Landmarks, Pictures
from tf_ipr.evaluation.protocols import score_files
from tf_ipr.evaluation.protocols.verification import FMRS
from tf_ipr.evaluation.results_folder import ResultsFolder

_EXAMPLES = 4  # Images of a dataset that the report shows.
_PACKAGES = ("tf_ipr", "tensorflow", "numpy", "pillow", "av", "mtcnn", "pillow-jxl-plugin")


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How faces are found and compared.

    Attributes:
      gallery: "coded" or "original", see `rows.row`.
      landmarks: "decoded" finds the face in each decoded picture by itself; "original" takes the
        landmarks of the original, which leaves failures of detection out.
    """

    gallery: str = "coded"
    landmarks: str = "decoded"


def evaluate(datasets: Sequence[EvaluationSet], choices: Sequence[CodecChoice],
             recognizers: Sequence, output, cache_dir, protocol: Protocol = Protocol(),
             command: Sequence[str] = (), anchor: str = "hevc", processes: int | None = None,
             target: CodecChoice | None = None, write_scores: bool = False,
             recognizer_folders: Mapping | None = None) -> ResultsFolder:
    """Measures everything and writes `output`; see `docs/evaluation.md`.

    Args:
      datasets: at least one.
      choices: codecs with settings. One that is not installed is named in the results and left out;
        two of one label must be one codec.
      recognizers: `Recognizer`s; may be none.
      output: folder of the results, see `results_folder`.
      cache_dir: folder of everything computed; a killed run goes on from there.
      protocol: how faces are found and compared.
      command: for the record.
      anchor: name of the codec that BD rates refer to.
      processes: for reference codecs; None takes one per processor.
      target: a codec with one setting; the fewest bytes at which every other codec recognises as well
        are added, see `headline`.
      recognizer_folders: where the recognisers lie, by name; the report looks there for those that lead
        searches.
      write_scores: writes the scores of all pairs into `output`/scores, see `score_files`.

    Raises:
      ValueError: two datasets or two recognisers of one name, which results could not tell apart;
        or what the parts raise.
    """
    _check_names("datasets", "evaluate them apart, with an --output each", datasets)
    _check_names("recognisers", "rename the folder of one", recognizers)
    choices = codec_choice.merge([*choices, *([target] if target else [])])
    for dataset in datasets:
        tqdm.tqdm.write(f"{dataset.name}: {dataset.rule}", file=sys.stdout)
    tqdm.tqdm.write(HEADINGS, file=sys.stdout)
    detector = _Detector()
    about = _about(datasets, choices, recognizers, protocol, command, recognizer_folders or {})
    folder = ResultsFolder(output, about, anchor)
    available = [choice for choice in choices if not choice.codec.unavailable_reason()]
    landmarks = Landmarks(cache_dir, detector)
    with CodingPool(processes) as pool, _progress(datasets, available) as bar:
        laboratory = Laboratory(recognizers, detector, cache_dir, pool,
                                detect=protocol.landmarks == "decoded")
        for dataset in datasets:
            best = headline.Headline(target, dataset, recognizers) if (
                target and dataset.identities is not None) else None
            for crop in dict.fromkeys(choice.crop for choice in available):
                known = crop or (recognizers and protocol.landmarks == "original")
                pictures = Pictures(
                    dataset, crop, landmarks.of(dataset, tqdm.tqdm) if known else None)
                chosen = [choice for choice in available if choice.crop == crop]
                _evaluate_pictures(pictures, chosen, laboratory, folder, protocol, bar,
                                   _took(best, recognizers, output if write_scores else None))
            if best:
                found = best.found()
                folder.add_fewest_bytes(found)
                tqdm.tqdm.write(f"\n{headline.tables(found, best.differences())}\n", file=sys.stdout)
    return folder


def _took(best: headline.Headline | None, recognizers, scores_of):
    """Who takes what the recognisers decided: the headline, the files of scores."""
    def take(row, number, outcome):
        if best:
            best.take(row, number, outcome)
        if scores_of is not None and outcome.comparisons is not None:
            name = f"{row['dataset']} {row['label']} {row['setting'] or 0:g} {recognizers[number].name}"
            score_files.write(outcome.comparisons, pathlib.Path(scores_of) / "scores",
                              re.sub(r"[^a-z0-9.]+", "_", name.lower()))

    return take


def _check_names(what: str, remedy: str, parts: Sequence) -> None:
    names = [part.name for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what} are named {twice[0]!r}; {remedy}")


def _evaluate_pictures(pictures, choices, laboratory, folder, protocol, bar, took) -> None:
    """All codecs on one set of pictures, the originals first."""
    originals = _measure(laboratory, pictures, None, 0, bar)
    judge = rows.Judge(pictures, originals, laboratory.recognizers, protocol.gallery, took)

    def row(choice, setting, measured):
        found = judge.row(choice, setting, measured)
        folder.add(found)
        tqdm.tqdm.write(summary(found), file=sys.stdout)
        sys.stdout.flush()
        return found

    row(None, 0, originals)
    for choice in choices:
        found, figures = [], []
        for setting in choice.settings:
            measured = _measure(laboratory, pictures, choice, setting, bar)
            found.append(row(choice, setting, measured))
            figures.append(measured.figures)
        folder.add_curve(found, [f"{path.parent.name}/{path.name}" for path in pictures.paths], figures)


def _measure(laboratory, pictures, choice, setting, bar):
    codec = choice.codec if choice else None
    missing = laboratory.missing(pictures, codec, setting)
    # The bar counts what is left to do, so that its time left is true.
    bar.total -= len(pictures) - missing
    bar.set_description(f"{choice.label} {setting:g}" if choice else "original")
    return laboratory.measure(pictures, codec, setting, bar.update)


def _progress(datasets, choices):
    settings = sum(len(choice.settings) for choice in choices)
    settings += len({choice.crop for choice in choices})
    # A terminal is kept up to date; a log gets a line every half minute.
    return tqdm.tqdm(total=settings * sum(len(dataset.paths) for dataset in datasets), unit="image",
                     dynamic_ncols=True, smoothing=0.02,
                     mininterval=0.5 if sys.stderr.isatty() else 30)


def summary(row: dict) -> str:
    """A row as a line of a Markdown table."""
    def number(value, form):
        return "–" if value is None else format(value, form)

    frr = " / ".join(
        f"{100 * found['frr_at_far_1']:.1f} ({100 * found['frr_low']:.1f}–"
        f"{100 * found['frr_high']:.1f})" for found in row["recognizers"] if "frr_at_far_1" in found)
    accuracy = " / ".join(f"{100 * found['verification_accuracy']:.2f}"
                          for found in row["recognizers"] if "verification_accuracy" in found)
    fnmr = " / ".join(_fnmr(found) for found in row["recognizers"] if found.get("verification"))
    flipped = " / ".join(
        "–" if not found["flips"] else f"{100 * found['flips']['faces'] / found['flips']['n_faces']:.1f}"
        for found in row["recognizers"] if "flips" in found)
    cosine = " / ".join(number(found["mean_cosine"], ".3f") for found in row["recognizers"])
    return (f"| {row['dataset']} | {row['label']} | {number(row['setting'], 'g')} | "
            f"{number(row['mean_bytes'], '.0f')} | {number(row['payload_bytes'], '.0f')} | "
            f"{number(row['bpp'], '.3f')} | {number(row['psnr_db'], '.2f')} | "
            f"{number(row['ms_ssim'], '.4f')} | {number(row['encode_ms'], '.1f')} / "
            f"{number(row['decode_ms'], '.1f')} | "
            f"{'–' if row['detection_rate'] is None else format(100 * row['detection_rate'], '.2f')}"
            f" | {frr or accuracy or '–'} | {fnmr or '–'} | {flipped or '–'} | {cosine or '–'} | "
            f"{row['n_failed']} |")


def _fnmr(found: dict) -> str:
    """FNMR of coded against coded at each FMR, with intervals."""
    cells = []
    for fmr in FMRS:
        point = rows.fnmr_at(found, fmr)
        cells.append("too few" if point is None else
                     f"{100 * point['fnmr']:.2f} ({100 * point['low']:.2f}–{100 * point['high']:.2f})")
    return ", ".join(cells)


HEADINGS = ("| dataset | codec | setting | bytes | of these payload | bpp | PSNR dB | MS-SSIM | "
            "encode / decode ms | faces found, % | FRR (95 % interval) or accuracy, % | "
            "FNMR at FMR 1e-3, 1e-4, 1e-5 (95 % interval), % | faces flipped, % | mean cosine | failed "
            "|\n"
            "|" + "---|" * 15)


class _Detector:
    """Makes the `FaceDetector` when it is first needed, and then always gives the same."""

    def __init__(self):
        self._made = None

    def __call__(self):
        if self._made is None:
            from tf_ipr.faces.detection import FaceDetector

            self._made = FaceDetector()
        return self._made


def _about(datasets, choices, recognizers, protocol, command, folders) -> dict:
    def version(package):
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return None

    return dict(
        command=list(command), time=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        versions=dict(python=platform.python_version(), platform=platform.platform(),
                      **{package: version(package) for package in _PACKAGES}),
        protocol=dataclasses.asdict(protocol),
        datasets=[dict(
            name=dataset.name, n_images=len(dataset.paths), digest=dataset.digest(),
            n_identities=len(set(dataset.identities)) if dataset.identities else None,
            n_pairs=len(dataset.pairs) if dataset.pairs else None,
            gallery_size=dataset.gallery_size, rule=dataset.rule, examples=_examples(dataset))
            for dataset in datasets],
        recognizers=[dict(name=recognizer.name, fingerprint=recognizer.fingerprint,
                          weights_sha256=recognizer.facts.sha256,
                          folder=folders.get(recognizer.name)) for recognizer in recognizers],
        codecs=[dict(codec=choice.form.record(), label=choice.label,
                     settings=[float(np.float64(setting)) for setting in choice.settings],
                     folder=_folder(choice.codec),
                     unavailable=choice.codec.unavailable_reason()) for choice in choices])


def _examples(dataset: EvaluationSet) -> list[str]:
    """Images spread evenly over the dataset."""
    count = len(dataset.paths)
    indices = dict.fromkeys(count * number // _EXAMPLES for number in range(_EXAMPLES))
    return [str(dataset.paths[index]) for index in indices if index < count]


def _folder(codec) -> str | None:
    """The folder of a model, also within another codec."""
    while hasattr(codec, "inner"):
        codec = codec.inner
    return getattr(codec, "folder", None)
