"""Closed-set identification: false rejections at a false acceptance rate of 1 %.

The paper's measure of recognition. The first N images of each identity (N = 1 on LFW, 3 on
CelebA-HQ) are its gallery, all later ones are probes:

    score(probe, identity) = max over the identity's gallery images of cosine(probe, image)
    genuine:  score(probe, own identity)                       one per probe
    impostor: the largest score(probe, another identity)       one per probe

    accept  <=>  score > threshold                   a score equal to the threshold is rejected
    FAR(threshold) = accepted impostor scores / all impostor scores
    threshold = the smallest number with FAR(threshold) <= 1 %
    FRR = rejected genuine scores / all genuine scores

With accepted impostors allowed to number k = floor(1 % of them), the threshold is the (k+1)-th
largest impostor score; that is why acceptance is strict: the smallest number then exists, and ties
at the threshold are all rejected, so FAR never exceeds the target.

Why one impostor score per probe: identification asks who in the gallery it is, and somebody who is
not enrolled is falsely accepted as soon as any of the enrolled is similar enough (the false
positive identification rate of ISO/IEC 19795-1). With `impostors="all"` every pair of a probe and
another identity counts by itself, as in verification; on LFW the threshold is then much lower, and
FRR about a tenth.

Images without a detected face keep their place: all their scores are minus infinity. A probe
without a face is therefore a false rejection, a gallery image without a face counts as not
enrolled, and neither leaves a denominator (FRR and FAR over all attempts, failures to acquire
included: ISO/IEC 19795-1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.protocols import operating_point
from tf_ipr.evaluation.protocols.intervals import draw_people, wilson

IMPOSTORS = ("best", "all")

# Scores held at once, so that memory does not grow with probes times identities.
_MAX_SCORES = 1 << 22


@dataclasses.dataclass(frozen=True)
class Identification:
    """Outcome of one identification experiment.

    Attributes:
      frr: share of genuine scores rejected, 0..1.
      frr_low, frr_high: 95 % bootstrap interval of `frr` over the probes' identities.
      threshold: scores above it are accepted.
      far: share of impostor scores accepted, at most the target.
      num_probes, num_identities: size of the experiment.
      num_probes_without_face, num_gallery_without_face: images that had no embedding.
      genuine_scores: float32 [probes], in the order given; minus infinity without a face.
      impostor_scores: float32 [probes] with impostors="best", else empty: they are too many.
    """

    frr: float
    frr_low: float
    frr_high: float
    threshold: float
    far: float
    num_probes: int
    num_identities: int
    num_probes_without_face: int
    num_gallery_without_face: int
    genuine_scores: np.ndarray
    impostor_scores: np.ndarray


def gallery_and_probes(
    identities: Sequence[str], gallery_size: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Splits images, in the order given, into the first N of each identity and the rest.

    An identity of N images or fewer is all gallery: it has no probes, and is an impostor to all
    others.

    Args:
      identities: the identity of each image, in the data set's order.
      gallery_size: N.

    Returns:
      Ascending int64 indexes of the gallery images and of the probes.
    """
    if gallery_size < 1:
        raise ValueError(f"gallery_size must be at least 1, given {gallery_size}")
    seen: dict = {}
    in_gallery = np.zeros(len(identities), bool)
    for index, identity in enumerate(identities):
        seen[identity] = seen.get(identity, 0) + 1
        in_gallery[index] = seen[identity] <= gallery_size
    return np.flatnonzero(in_gallery), np.flatnonzero(~in_gallery)


def identify(
    gallery_embeddings: np.ndarray,
    gallery_identities: Sequence[str],
    probe_embeddings: np.ndarray,
    probe_identities: Sequence[str],
    *,
    impostors: str = "best",
    target_far: float = 0.01,
) -> Identification:
    """Runs the experiment described at the top of this file.

    Args:
      gallery_embeddings: float [G, D]; a row of NaN is an image without a detected face.
      gallery_identities: G names; identities may have different numbers of images.
      probe_embeddings: float [P, D]; NaN rows as above.
      probe_identities: P names, each among the gallery's.
      impostors: "best" (one score per probe) or "all" (one per probe and other identity).
      target_far: largest accepted share of impostor scores, 0 <= target_far < 1.

    Raises:
      ValueError: shapes disagree, a probe's identity is not in the gallery, fewer than two
        identities, no probes, or an unknown kind of impostors.
    """
    _check(gallery_embeddings, gallery_identities, probe_embeddings, probe_identities, target_far)
    if impostors not in IMPOSTORS:
        raise ValueError(f"impostors must be one of {IMPOSTORS}, given {impostors!r}")
    names, gallery_labels = np.unique(np.asarray(gallery_identities), return_inverse=True)
    probe_labels = np.searchsorted(names, np.asarray(probe_identities))
    order = np.argsort(gallery_labels, kind="stable")
    gallery = np.asarray(gallery_embeddings, np.float32)[order]
    starts = np.searchsorted(gallery_labels[order], np.arange(len(names)))
    probes = np.asarray(probe_embeddings, np.float32)

    num_impostors = len(probes) * (len(names) - 1 if impostors == "all" else 1)
    allowed = operating_point.allowed_acceptances(num_impostors, target_far)
    genuine = np.empty(len(probes), np.float32)
    largest = np.empty(0, np.float32)
    impostor_scores = []
    rows = max(1, _MAX_SCORES // len(gallery))
    for begin in range(0, len(probes), rows):
        scores = np.maximum.reduceat(
            _similarity(probes[begin:begin + rows], gallery), starts, axis=1)
        own = np.arange(len(scores)), probe_labels[begin:begin + rows]
        genuine[begin:begin + rows] = scores[own]
        impostor = np.ones(scores.shape, bool)
        impostor[own] = False
        others = scores[impostor]
        if impostors == "best":
            others = others.reshape(len(scores), -1).max(axis=1)
            impostor_scores.append(others)
        largest = _largest(np.concatenate([largest, others]), allowed + 1)
    threshold = float(largest.min())
    rejected = ~(genuine > threshold)
    low, high = _bootstrap_interval(rejected, probe_labels)
    return Identification(
        frr=float(rejected.mean()), frr_low=low, frr_high=high, threshold=threshold,
        far=float(np.sum(largest > threshold) / num_impostors),
        num_probes=len(probes), num_identities=len(names),
        num_probes_without_face=int(np.isnan(probes).any(1).sum()),
        num_gallery_without_face=int(np.isnan(gallery).any(1).sum()),
        genuine_scores=genuine,
        impostor_scores=np.concatenate([np.empty(0, np.float32), *impostor_scores]))


def _similarity(probes: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Cosines, float32 [P, G]; minus infinity where an embedding is missing."""
    probes, gallery = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (probes, gallery))
    scores = probes @ gallery.T
    return np.where(np.isnan(scores), np.float32(-np.inf), scores)


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """The `count` largest values, unsorted, or all of them when there are fewer."""
    if len(values) <= count:
        return values
    return np.partition(values, len(values) - count)[-count:]


def _bootstrap_interval(rejected: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of the rejected share, drawing whole identities with replacement.

    The probes of one person fail together, hence identities and not probes are drawn. The threshold
    stays fixed, so its own uncertainty is not in the interval. Where no probe fails, or every one, all
    draws are alike; Wilson's interval for as many independent people says what is not known then.
    """
    labels, draws = draw_people(labels, seed=0)
    counts = np.bincount(labels)
    failures = np.bincount(labels, weights=rejected)
    if failures.sum() in (0, counts.sum()):
        return wilson(float(failures.sum() / counts.sum()), 0.0, len(counts))
    low, high = np.percentile((draws @ failures) / (draws @ counts), [2.5, 97.5])
    return float(low), float(high)


def _check(gallery, gallery_identities, probes, probe_identities, target_far):
    if not 0.0 <= target_far < 1.0:
        raise ValueError(f"target_far must be a share, 0 <= target_far < 1, given {target_far}")
    for name, embeddings, identities in (
            ("gallery", gallery, gallery_identities), ("probe", probes, probe_identities)):
        if np.ndim(embeddings) != 2 or len(embeddings) != len(identities):
            raise ValueError(
                f"{name} embeddings must have shape ({len(identities)}, D), one row per identity "
                f"given, but have shape {np.shape(embeddings)}")
        if not len(embeddings):
            raise ValueError(f"there are no {name} images; use identities of more images")
    if np.shape(gallery)[1] != np.shape(probes)[1]:
        raise ValueError(
            f"gallery and probe embeddings differ in size: {np.shape(gallery)[1]} and "
            f"{np.shape(probes)[1]}; compute both with one recogniser")
    strangers = sorted(set(probe_identities) - set(gallery_identities))
    if strangers:
        raise ValueError(
            f"{len(strangers)} probe identities are not in the gallery, first {strangers[0]!r}; "
            "enrol them or leave their probes out")
    if len(set(gallery_identities)) < 2:
        raise ValueError("identification needs at least two identities in the gallery, given one")
