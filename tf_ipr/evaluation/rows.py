"""One row of results: a codec at one setting on one dataset; see `docs/evaluation.md`."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from tf_ipr.evaluation.protocols import identification, operating_point, view2
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.codecs.image_codec import Setting
from tf_ipr.evaluation.measurement import Measured
from tf_ipr.evaluation.pictures import Pictures

GALLERIES = ("coded", "original")
WORST = 10
FAR, STRICT_FAR = 0.01, 1e-3


def row(pictures: Pictures, choice: Optional[CodecChoice], setting: Setting, measured: Measured,
        originals: Measured, recognizers: Sequence, gallery: str = "coded") -> dict:
    """The figures as JSON takes them; None where there is no finite number.

    Args:
      pictures: what was coded.
      choice: the codec; None for the originals.
      setting: of the codec.
      measured: of this codec.
      originals: of the same pictures uncoded.
      recognizers: `Recognizer`s, those that measured.
      gallery: "coded": gallery images went through the codec too; "original": they did not.
    """
    figures = measured.figures
    size, pixels = figures["num_bytes"], figures["pixels"]
    failed = len(measured.failures)
    result = dict(
        dataset=pictures.dataset.name, align=pictures.align,
        codec=choice.name if choice else "original",
        label=choice.label if choice else "original",
        identity=choice.codec.identity() if choice else "original",
        setting_name=choice.codec.setting_name if choice else None,
        setting=setting if choice else None,
        n_images=len(pictures), n_failed=failed,
        failures=[dict(image=str(pictures.paths[index]), reason=reason)
                  for index, reason in measured.failures],
        bpp=_mean(8 * size / pixels), mean_bytes=_mean(size),
        container_bytes=_mean(figures["container_bytes"]) if choice else None,
        psnr_db=_mean(figures["psnr_db"]), ms_ssim=_mean(figures["ms_ssim"]),
        # Medians: the first images of a codec also pay for its start.
        encode_ms=_percentile(figures["encode_ms"], 50) if choice else None,
        decode_ms=_percentile(figures["decode_ms"], 50) if choice else None)
    for percent in (5, 50, 95):
        result[f"bytes_p{percent}"] = _percentile(size, percent)
    result["detection_rate"] = (
        _finite(np.mean(np.isfinite(measured.landmarks).all(axis=(1, 2)))) if recognizers else None)
    result["recognizers"] = [
        dict(name=recognizer.name, fingerprint=recognizer.fingerprint,
             weights_sha256=recognizer.facts.sha256,
             **_identity(pictures, measured.embeddings[number], originals.embeddings[number],
                         gallery))
        for number, recognizer in enumerate(recognizers)]
    return result


def _identity(pictures: Pictures, embeddings: np.ndarray, originals: np.ndarray, gallery: str
              ) -> dict:
    """What one recogniser sees."""
    cosines = np.sum(embeddings * originals, axis=1)
    order = np.argsort(cosines, kind="stable")[:int(np.isfinite(cosines).sum())]
    result = dict(
        mean_cosine=_mean(cosines), p5_cosine=_percentile(cosines, 5),
        worst_cosine=_finite(cosines[order[0]]) if len(order) else None,
        worst=[dict(image=str(pictures.paths[index]), cosine=float(cosines[index]))
               for index in order[:WORST]])
    dataset = pictures.dataset
    if dataset.identities is not None:
        result.update(_identification(dataset, embeddings, originals, gallery))
    if dataset.pairs is not None:
        result.update(_verification(dataset, embeddings, originals, gallery))
    return result


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


def _identification(dataset, embeddings, originals, gallery) -> dict:
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
        roc=dict(far=curve.far.tolist(), frr=curve.frr.tolist()))


def _verification(dataset, embeddings, originals, gallery) -> dict:
    number = {path: index for index, path in enumerate(dataset.paths)}
    first = (originals if gallery == "original" else embeddings)[
        [number[pair.first] for pair in dataset.pairs]]
    second = embeddings[[number[pair.second] for pair in dataset.pairs]]
    result = view2.verify(
        view2.scores(first, second), [pair.same for pair in dataset.pairs],
        [pair.fold for pair in dataset.pairs], STRICT_FAR)
    return dict(verification_accuracy=result.accuracy,
                verification_standard_error=result.standard_error, tpr_at_far_1e_3=result.tpr)


def _mean(values: np.ndarray) -> Optional[float]:
    """The mean of what is not NaN; None if nothing is, or if it is infinite."""
    values = values[~np.isnan(values)].astype(np.float64)
    return _finite(values.mean()) if len(values) else None


def _percentile(values: np.ndarray, percent: float) -> Optional[float]:
    values = values[~np.isnan(values)]
    return _finite(np.percentile(values, percent)) if len(values) else None


def _finite(value) -> Optional[float]:
    return float(value) if np.isfinite(value) else None
