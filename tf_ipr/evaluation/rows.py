"""One row of results: a codec at one setting on one dataset; its fields stand in `row_definition`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.codecs.codec_form import ORIGINAL, CodecForm
from tf_ipr.evaluation.codecs.image_codec import Setting
from tf_ipr.evaluation.measurement import Measured
from tf_ipr.evaluation.pictures import Pictures
from tf_ipr.evaluation.protocols import flips, identification, operating_point, verification, view2
from tf_ipr.evaluation.protocols.comparisons import Comparisons, compare
from tf_ipr.evaluation.protocols.identification import Identification

GALLERIES = ("coded", "original")
WORST = 10
FAR, STRICT_FAR = 0.01, 1e-3


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one recogniser decided, comparison by comparison.

    Attributes:
      identification: with impostors="best".
      comparisons: coded against coded; None where nobody has two pictures.
    """

    identification: Identification
    comparisons: Comparisons | None


class Judge:
    """Makes the rows of one set of pictures; what the originals say is computed once."""

    def __init__(self, pictures: Pictures, originals: Measured, recognizers: Sequence,
                 gallery: str = "coded", took: Callable = lambda *_: None):
        """Arguments:

          pictures: what was coded.
          originals: the same pictures uncoded.
          recognizers: `Recognizer`s, those that measured.
          gallery: "coded": gallery images went through the codec too; "original": they did not.
          took: called with a row, the number of its recogniser and the `Outcome`, where there are
            people.
        """
        self._pictures, self._originals, self._recognizers = pictures, originals, recognizers
        self._gallery, self._took = gallery, took
        self._before: dict = {}

    def row(self, choice: CodecChoice | None, setting: Setting, measured: Measured) -> dict:
        """The figures as JSON takes them; None where there is no finite number.

        Args:
          choice: the codec; None for the originals.
          setting: of the codec.
          measured: of this codec.
        """
        pictures, figures = self._pictures, measured.figures
        size, pixels = figures["num_bytes"], figures["pixels"]
        crop = pictures.crop
        form = choice.form if choice else CodecForm(
            ORIGINAL, crop=crop and crop.kind, size=crop and crop.size)
        mean, container = _mean(size), _mean(figures["container_bytes"]) if choice else None
        result = dict(
            dataset=pictures.dataset.name, codec=form.record(),
            label=choice.label if choice else "original",
            identity=choice.codec.fingerprint() if choice else "original",
            setting_name=choice.codec.setting_name if choice else None,
            setting=setting if choice else None,
            n_images=len(pictures), n_failed=len(measured.failures),
            failures=[dict(image=str(pictures.paths[index]), reason=reason)
                      for index, reason in measured.failures],
            bpp=_mean(8 * size / pixels), mean_bytes=mean, container_bytes=container,
            payload_bytes=None if None in (mean, container) else mean - container,
            psnr_db=_mean(figures["psnr_db"]), ms_ssim=_mean(figures["ms_ssim"]),
            # Medians: the first images of a codec also pay for its start.
            encode_ms=_percentile(figures["encode_ms"], 50) if choice else None,
            decode_ms=_percentile(figures["decode_ms"], 50) if choice else None)
        for percent in (5, 50, 95):
            result[f"bytes_p{percent}"] = _percentile(size, percent)
        result["detection_rate"] = (
            _finite(np.mean(np.isfinite(measured.landmarks).all(axis=(1, 2))))
            if self._recognizers else None)
        judged = [self._judged(number, measured.embeddings[number], choice is None)
                  for number in range(len(self._recognizers))]
        result["recognizers"] = [
            dict(name=recognizer.name, fingerprint=recognizer.fingerprint,
                 weights_sha256=recognizer.facts.sha256, **found)
            for recognizer, (found, _) in zip(self._recognizers, judged)]
        for number, (_, outcome) in enumerate(judged):
            if outcome:
                self._took(result, number, outcome)
        return result

    def _judged(self, number: int, embeddings: np.ndarray, original: bool
                ) -> tuple[dict, Outcome | None]:
        """What one recogniser sees."""
        dataset, originals = self._pictures.dataset, self._originals.embeddings[number]
        cosines = np.sum(embeddings * originals, axis=1)
        order = np.argsort(cosines, kind="stable")[:int(np.isfinite(cosines).sum())]
        result = dict(
            mean_cosine=_mean(cosines), p5_cosine=_percentile(cosines, 5),
            worst_cosine=_finite(cosines[order[0]]) if len(order) else None,
            worst=[dict(image=str(self._pictures.paths[index]), cosine=float(cosines[index]))
                   for index in order[:WORST]])
        if dataset.pairs is not None:
            result.update(_pairs(dataset, embeddings, originals, self._gallery))
        if dataset.identities is None:
            return result, None
        found, experiment = _identification(dataset, embeddings, originals, self._gallery)
        result.update(found)
        compared = None
        if len(set(dataset.identities)) < len(dataset.identities):
            before = self._before_of(number)
            compared = before if original else compare(embeddings, dataset.identities)
            kinds = [compared] if original else [
                compared, compare(embeddings, dataset.identities, originals)]
            result["verification"] = [verification.record(kind) for kind in kinds]
            result["flips"] = None if original else flips.record(
                before, compared, [str(path) for path in self._pictures.paths])
        return result, Outcome(experiment, compared)

    def _before_of(self, number: int) -> Comparisons:
        if number not in self._before:
            self._before[number] = compare(self._originals.embeddings[number],
                                           self._pictures.dataset.identities)
        return self._before[number]


def identification_of(dataset, embeddings: np.ndarray, originals: np.ndarray, gallery: str) -> tuple:
    """What `identification.identify` takes of a dataset with identities.

    Args:
      dataset: an `EvaluationSet`.
      embeddings: float32 [N, D], of its coded pictures.
      originals: float32 [N, D], of the pictures uncoded.
      gallery: one of `GALLERIES`.

    Returns:
      Gallery embeddings and identities, probe embeddings and identities.
    """
    enrolled, probes = identification.gallery_and_probes(dataset.identities, dataset.gallery_size)
    names = np.array(dataset.identities)
    galleries = (originals if gallery == "original" else embeddings)[enrolled]
    return galleries, names[enrolled], embeddings[probes], names[probes]


def _identification(dataset, embeddings, originals, gallery) -> tuple[dict, Identification]:
    arguments = identification_of(dataset, embeddings, originals, gallery)
    probe_names = arguments[-1]
    found = identification.identify(*arguments, target_far=FAR)
    pairs = identification.identify(*arguments, impostors="all", target_far=STRICT_FAR)
    curve = operating_point.roc(found.genuine_scores, found.impostor_scores)
    return dict(
        frr_at_far_1=found.frr, frr_low=found.frr_low, frr_high=found.frr_high,
        threshold=_finite(found.threshold), n_probes=found.num_probes,
        n_identities=found.num_identities,
        n_identities_without_probe=found.num_identities - len(set(probe_names)),
        tpr_at_far_1e_3=1 - pairs.frr,
        roc=dict(far=curve.far.tolist(), frr=curve.frr.tolist())), found


def _pairs(dataset, embeddings, originals, gallery) -> dict:
    number = {path: index for index, path in enumerate(dataset.paths)}
    first = (originals if gallery == "original" else embeddings)[
        [number[pair.first] for pair in dataset.pairs]]
    second = embeddings[[number[pair.second] for pair in dataset.pairs]]
    result = view2.verify(
        view2.scores(first, second), [pair.same for pair in dataset.pairs],
        [pair.fold for pair in dataset.pairs], STRICT_FAR)
    return dict(verification_accuracy=result.accuracy,
                verification_standard_error=result.standard_error, tpr_at_far_1e_3=result.tpr)


def fnmr_at(found: dict, fmr: float, references: str = "coded") -> dict | None:
    """The point of a recogniser's figures at a FMR; None where it was not measured or not carried."""
    for kind in found.get("verification", ()):
        if kind["references"] == references:
            for point in kind["points"]:
                if abs(point["fmr"] - fmr) < 1e-9 and point["fnmr"] is not None:
                    return point
    return None


def _mean(values: np.ndarray) -> float | None:
    """The mean of what is not NaN; None if nothing is, or if it is infinite."""
    values = values[~np.isnan(values)].astype(np.float64)
    return _finite(values.mean()) if len(values) else None


def _percentile(values: np.ndarray, percent: float) -> float | None:
    values = values[~np.isnan(values)]
    return _finite(np.percentile(values, percent)) if len(values) else None


def _finite(value) -> float | None:
    return float(value) if np.isfinite(value) else None
