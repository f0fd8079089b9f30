"""All comparisons between the pictures of a set, in blocks: tens of thousands of pictures in bounded
memory.

In the words of ISO/IEC 19795-1 a comparison of two pictures of one person is *genuine*, of two people an
*impostor* comparison. Both scores are cosines. Two kinds:

    coded against coded       every pair of pictures once                            n (n - 1) / 2
    original against coded    the original of one picture with every other, coded    n (n - 1)

The genuine scores are kept. Of the impostor scores, which are thousands of times as many, the largest
are kept with their pictures, as thresholds at low false match rates lie among them, and all are counted
in a histogram.

A picture without a face has a score below every cosine, minus infinity: a failure to acquire counts as a
non-match, so that no codec gains by losing faces.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

BINS = 1 << 14             # Of the histogram, over -1..1.
MISSING = np.float32(-2)   # Stands for minus infinity while scores are counted.
_VOID = np.float32(-4)     # No comparison, or one counted elsewhere.
_BLOCK_SCORES = 1 << 22    # Held at once.
_KEPT_SHARE, _KEPT_LEAST = 0.01, 200_000


@dataclasses.dataclass(frozen=True)
class Comparisons:
    """All comparisons of a set.

    Attributes:
      people: number of each picture's person, int64 [N], 0..P-1 in the order of the sorted names.
      genuine_scores: float32 [G]; `MISSING` without a face.
      genuine_pairs: indices of the two pictures (the reference first), int32 [G, 2]. Scores and pairs
        stand in an order that only the identities decide.
      impostor_scores: the largest, float32 [K], descending.
      impostor_pairs: of those, int32 [K, 2].
      num_impostors: all of them.
      histogram: int64 [1 + BINS]: impostor scores without a face, then by bins of -1..1.
      ordered: whether originals were compared with coded pictures, two comparisons to a pair.
    """

    people: np.ndarray
    genuine_scores: np.ndarray
    genuine_pairs: np.ndarray
    impostor_scores: np.ndarray
    impostor_pairs: np.ndarray
    num_impostors: int
    histogram: np.ndarray
    ordered: bool

    @property
    def num_impostor_pairs(self) -> int:
        """Pairs of pictures of two people: what the doubt about a false match rate rests on."""
        return self.num_impostors // 2 if self.ordered else self.num_impostors


def compare(embeddings: np.ndarray, identities: Sequence[str], references: np.ndarray | None = None,
            keep: int | None = None) -> Comparisons:
    """Compares every picture with every other.

    Args:
      embeddings: float [N, D], any length but zero; a row of NaN is a picture without a face.
      identities: who is on each of the N pictures.
      references: embeddings of the originals, float [N, D], to be compared with; None compares the
        pictures among themselves.
      keep: how many impostor scores; None takes a hundredth, at least 200,000.

    Raises:
      ValueError: shapes disagree, there is one person only, or nobody has two pictures.
    """
    embeddings = np.asarray(embeddings, np.float32)
    if embeddings.ndim != 2 or len(embeddings) != len(identities):
        raise ValueError(f"embeddings are {embeddings.shape}; {len(identities)} identities need "
                         f"({len(identities)}, D)")
    if references is not None and np.shape(references) != embeddings.shape:
        raise ValueError(f"the references' embeddings are {np.shape(references)}, the pictures' "
                         f"{embeddings.shape}; compute both of the same pictures with one recogniser")
    names, people = np.unique(np.asarray(identities), return_inverse=True)
    counts = np.bincount(people)
    if len(names) < 2:
        raise ValueError("verification needs pictures of two people at least, given one person's")
    if counts.max() < 2:
        raise ValueError(
            f"none of the {len(names)} people has two pictures, so there is no genuine comparison; "
            "use a set with several pictures of a person")
    total, ordered = len(people), references is not None
    num_impostors = int(total ** 2 - np.sum(counts.astype(np.int64) ** 2)) // (1 if ordered else 2)
    keep = min(num_impostors, keep or max(_KEPT_LEAST, int(_KEPT_SHARE * num_impostors)))

    order = np.argsort(people, kind="stable")
    right, right_missing = _unit(embeddings[order])
    left, left_missing = (right, right_missing) if not ordered else _unit(
        np.asarray(references, np.float32)[order])
    ends = np.cumsum(counts)
    first_own, last_own = (ends - counts)[people[order]], ends[people[order]]

    genuine, genuine_pairs = [], []
    largest = _Largest(keep)
    histogram = np.zeros([1 + BINS], np.int64)
    rows = max(1, _BLOCK_SCORES // total)
    for begin in range(0, total, rows):
        end, start = min(begin + rows, total), 0 if ordered else begin
        scores = left[begin:end] @ right[start:].T
        scores[left_missing[begin:end]] = MISSING
        scores[:, right_missing[start:]] = MISSING
        for row in range(begin, end):
            own = np.arange(first_own[row] if ordered else row + 1, last_own[row])
            own = own[own != row]
            genuine.append(scores[row - begin, own - start])
            genuine_pairs.append(np.stack([np.full(len(own), row), own], axis=1))
            scores[row - begin, max(first_own[row] - start, 0) if ordered else 0:
                   last_own[row] - start] = _VOID
        histogram += _counted(scores)
        largest.add(scores, begin, start)
    found, pairs = largest.sorted()
    return Comparisons(
        people, np.concatenate(genuine), order[np.concatenate(genuine_pairs)].astype(np.int32),
        found, order[pairs].astype(np.int32), num_impostors, histogram, ordered)


def _unit(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of length 1, zeros where there is no face; and which those are."""
    missing = ~np.isfinite(embeddings).all(axis=1)
    embeddings = np.where(missing[:, None], 0, embeddings)
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings / np.maximum(lengths, np.finfo(np.float32).tiny), missing


def _counted(scores: np.ndarray) -> np.ndarray:
    """The histogram of a block, voids left out."""
    # -4 becomes 0, -2 becomes 1, and -1..1 becomes 2..BINS + 1.
    places = np.clip((scores + 1) * (BINS / 2) + 2, 2, BINS + 1).astype(np.int32)
    places[scores == MISSING] = 1
    places[scores == _VOID] = 0
    return np.bincount(places.ravel(), minlength=BINS + 2)[1:]


class _Largest:
    """The largest scores of all blocks, with their places."""

    def __init__(self, keep: int):
        self._keep = keep
        self._floor = np.float32(-3)  # Above void, below missing.
        self._scores = np.empty([0], np.float32)
        self._pairs = np.empty([0, 2], np.int32)

    def add(self, scores: np.ndarray, begin: int, start: int) -> None:
        """`scores`: a block whose first row is `begin` and whose first column is `start`."""
        hits = np.flatnonzero(scores.ravel() > self._floor)
        rows, columns = np.divmod(hits, scores.shape[1])
        self._scores = np.concatenate([self._scores, scores.ravel()[hits]])
        self._pairs = np.concatenate(
            [self._pairs, np.stack([rows + begin, columns + start], axis=1).astype(np.int32)])
        if len(self._scores) > self._keep:
            kept = np.argpartition(self._scores, -self._keep)[-self._keep:]
            self._scores, self._pairs = self._scores[kept], self._pairs[kept]
            self._floor = self._scores.min()

    def sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores in descending order, equal ones by their pictures, and the pairs."""
        order = np.lexsort([self._pairs[:, 1], self._pairs[:, 0], -self._scores])
        return self._scores[order], self._pairs[order]
