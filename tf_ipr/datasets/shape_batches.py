"""Arrays of any sizes, in batches that can be stacked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np


def batches_of_one_shape(arrays: Sequence[np.ndarray],
                         batch_size: int | None = None) -> Iterator[list[int]]:
    """Indices of arrays that share a shape, up to `batch_size` (None: all) at a time.

    Every index comes once; within a shape the order stays.
    """
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, array in enumerate(arrays):
        by_shape.setdefault(array.shape, []).append(index)
    for indices in by_shape.values():
        step = batch_size or len(indices)
        for start in range(0, len(indices), step):
            yield indices[start:start + step]


def map_stacked(function: Callable[[np.ndarray], Sequence], arrays: Sequence[np.ndarray]) -> list:
    """One result for each array, in their order, of a function that takes stacks of one shape."""
    results: list = [None] * len(arrays)
    for indices in batches_of_one_shape(arrays):
        for index, result in zip(indices, function(np.stack([arrays[i] for i in indices]))):
            results[index] = result
    return results
