"""Arrays of any sizes, in batches that can be stacked."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np


def batches_of_one_shape(arrays: Sequence[np.ndarray],
                         batch_size: Optional[int] = None) -> Iterator[List[int]]:
    """Indices of arrays that share a shape, up to `batch_size` (None: all) at a time.

    Every index comes once; within a shape the order stays.
    """
    by_shape: Dict[Tuple[int, ...], List[int]] = {}
    for index, array in enumerate(arrays):
        by_shape.setdefault(array.shape, []).append(index)
    for indices in by_shape.values():
        step = batch_size or len(indices)
        for start in range(0, len(indices), step):
            yield indices[start:start + step]
