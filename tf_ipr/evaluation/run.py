"""A whole evaluation: datasets × codecs × settings × recognisers, resumed where it was stopped."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
import sys
import time
from typing import Optional, Sequence

import numpy as np
import tqdm

from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.evaluation import rows
from tf_ipr.evaluation.codecs import codec_choice
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.coding_pool import CodingPool
from tf_ipr.evaluation.measurement import Laboratory
from tf_ipr.evaluation.pictures import Landmarks, Pictures
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
             command: Sequence[str] = (), anchor: str = "hevc", processes: Optional[int] = None
             ) -> ResultsFolder:
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

    Raises:
      ValueError: two datasets or two recognisers of one name, which results could not tell apart;
        or what the parts raise.
    """
    _check_names("datasets", "evaluate them apart, with an --output each", datasets)
    _check_names("recognisers", "rename the folder of one", recognizers)
    choices = codec_choice.merge(choices)
    detector = _Detector()
    about = _about(datasets, choices, recognizers, protocol, command)
    folder = ResultsFolder(output, about, anchor)
    available = [choice for choice in choices if not choice.codec.unavailable_reason()]
    landmarks = Landmarks(cache_dir, detector)
    with CodingPool(processes) as pool, _progress(datasets, available) as bar:
        laboratory = Laboratory(recognizers, detector, cache_dir, pool,
                                detect=protocol.landmarks == "decoded")
        for dataset in datasets:
            for align in dict.fromkeys(choice.align for choice in available):
                known = align or (recognizers and protocol.landmarks == "original")
                pictures = Pictures(
                    dataset, align, landmarks.of(dataset, tqdm.tqdm) if known else None)
                chosen = [choice for choice in available if choice.align == align]
                _evaluate_pictures(pictures, chosen, laboratory, folder, protocol, bar)
    return folder


def _check_names(what: str, remedy: str, parts: Sequence) -> None:
    names = [part.name for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what} are named {twice[0]!r}; {remedy}")


def _evaluate_pictures(pictures, choices, laboratory, folder, protocol, bar) -> None:
    """All codecs on one set of pictures, the originals first."""
    originals = _measure(laboratory, pictures, None, 0, bar)

    def row(choice, setting, measured):
        found = rows.row(pictures, choice, setting, measured, originals, laboratory.recognizers,
                         protocol.gallery)
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
    settings += len({choice.align for choice in choices})
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
    cosine = " / ".join(number(found["mean_cosine"], ".3f") for found in row["recognizers"])
    return (f"| {row['dataset']} | {row['label']} | {number(row['setting'], 'g')} | "
            f"{number(row['mean_bytes'], '.0f')} | {number(row['container_bytes'], '.0f')} | "
            f"{number(row['bpp'], '.3f')} | {number(row['psnr_db'], '.2f')} | "
            f"{number(row['ms_ssim'], '.4f')} | {number(row['encode_ms'], '.1f')} / "
            f"{number(row['decode_ms'], '.1f')} | "
            f"{'–' if row['detection_rate'] is None else format(100 * row['detection_rate'], '.2f')}"
            f" | {frr or accuracy or '–'} | {cosine or '–'} | {row['n_failed']} |")


HEADINGS = ("| dataset | codec | setting | bytes | of these container | bpp | PSNR dB | MS-SSIM | "
            "encode / decode ms | faces found, % | FRR (95 % interval) or accuracy, % | mean cosine | failed |\n"
            "|" + "---|" * 13)


class _Detector:
    """Makes the `FaceDetector` when it is first needed, and then always gives the same."""

    def __init__(self):
        self._made = None

    def __call__(self):
        if self._made is None:
            from tf_ipr.faces.detection import FaceDetector

            self._made = FaceDetector()
        return self._made


def _about(datasets, choices, recognizers, protocol, command) -> dict:
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
            gallery_size=dataset.gallery_size, examples=_examples(dataset)) for dataset in datasets],
        recognizers=[dict(name=recognizer.name, fingerprint=recognizer.fingerprint,
                          weights_sha256=recognizer.facts.sha256) for recognizer in recognizers],
        codecs=[dict(name=choice.name, label=choice.label, align=choice.align,
                     settings=[float(np.float64(setting)) for setting in choice.settings],
                     folder=_folder(choice.codec),
                     unavailable=choice.codec.unavailable_reason()) for choice in choices])


def _examples(dataset: EvaluationSet) -> list[str]:
    """Images spread evenly over the dataset."""
    count = len(dataset.paths)
    indices = dict.fromkeys(count * number // _EXAMPLES for number in range(_EXAMPLES))
    return [str(dataset.paths[index]) for index in indices if index < count]


def _folder(codec) -> Optional[str]:
    """The folder of a model, also where pictures are shrunk first."""
    return getattr(getattr(codec, "inner", codec), "folder", None)
