"""A checkpoint's tensors, taken by name and shape, every difference remembered.

Building a network from a `Tensors` takes what it needs. What is absent or has another shape is
replaced by zeros, so that building goes on; `finish` then lists the first differences at once,
tensors that nobody took among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SHOWN = 10


class CheckpointMismatch(ValueError):
    """A checkpoint's tensors are not those of the architecture."""


class Tensors:
    """Named arrays of one checkpoint.

    Subclasses know how their framework names the parts of a layer. They turn kernels into
    TensorFlow's order and batch norms into (scale, shift).
    """

    def __init__(self, arrays: dict[str, np.ndarray], source: str):
        """Wraps `arrays`; `source` says in errors where they are from."""
        self._arrays = arrays
        self._source = source
        self._taken: set = set()
        self._differences: list[str] = []

    def take(self, name: str, shape: Sequence[int]) -> np.ndarray:
        """The tensor `name` as float32, or zeros (and a remembered difference)."""
        shape = tuple(shape)
        self._taken.add(name)
        if name not in self._arrays:
            self._differences.append(f"missing: {name} {shape}")
            return np.zeros(shape, np.float32)
        array = np.asarray(self._arrays[name], np.float32)
        if array.shape != shape:
            self._differences.append(f"shape: {name} is {array.shape}, expected {shape}")
            return np.zeros(shape, np.float32)
        if not np.all(np.isfinite(array)):
            self._differences.append(f"not finite: {name}")
        return array

    def ignore(self, name: str) -> None:
        """Marks a tensor that inference does not need."""
        self._taken.add(name)

    def finish(self) -> None:
        """Raises CheckpointMismatch if anything was missing, misshapen or left over."""
        extra = [f"not used: {name} {np.shape(array)}" for name, array in self._arrays.items()
                 if name not in self._taken]
        # A wrong shape says most; much that is missing must not hide it.
        differences = sorted(self._differences, key=lambda text: text.startswith("missing")) + extra
        if differences:
            shown = "\n  ".join(differences[:_SHOWN])
            rest = len(differences) - _SHOWN
            raise CheckpointMismatch(
                f"{self._source} does not fit the architecture, {len(differences)} differences:\n"
                f"  {shown}" + (f"\n  and {rest} more" if rest > 0 else "")
                + "\nIs --arch the one it was trained with?")


def norm_to_affine(gamma, beta, mean, variance, epsilon):
    """(scale, shift) of a batch norm in inference, computed in float64."""
    scale = np.float64(gamma) / np.sqrt(np.float64(variance) + epsilon)
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)
