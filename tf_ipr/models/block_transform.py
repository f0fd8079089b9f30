"""Where the `mobile` transforms start: a block transform coder, not noise.

The linear trunk of the analysis is a 1×1 convolution over 8×8 blocks, then one over 2×2 of them.
Their kernels start as the 8×8 DCT in YCbCr followed by the 2×2 Haar transform, keeping the
coefficients that carry most energy in natural images; the synthesis starts as the transpose.
Since the residual branches start at zero, step 0 of training is a working transform coder, and
training spends its time on what a block transform cannot do.
"""

from __future__ import annotations

import numpy as np

BLOCK = 8
_CHROMA_ENERGY = 0.06  # of Cb and Cr relative to Y
# Orthonormal rows close to the Y, Cb and Cr directions of RGB.
_COLOUR = np.array([[1, 1, 1], [-1, -1, 2], [1, -1, 0]]) / np.sqrt([[3], [6], [2]])


def block_kernel(width: int) -> np.ndarray:
    """Space-to-depth 8 of RGB -> the `width` strongest DCT coefficients.

    Args:
      width: number of coefficients, 1..192.

    Returns:
      float32 [192, width], orthonormal columns, strongest first.
    """
    dct = _dct_matrix(BLOCK)
    # Flattened in the order of space_to_depth: y, x, colour.
    columns = [(dct[u][:, None, None] * dct[v][None, :, None] * _COLOUR[colour]).reshape(-1)
               for u, v, colour in _frequencies(width)]
    return np.stack(columns, 1).astype(np.float32)


def merge_kernel(width: int, outputs: int) -> np.ndarray:
    """Space-to-depth 2 of `width` coefficients -> the `outputs` strongest after a Haar transform.

    Args:
      width: coefficients per block, as `block_kernel` orders them.
      outputs: 1..4*width.

    Returns:
      float32 [4*width, outputs], orthonormal columns, strongest first.
    """
    frequencies = _frequencies(width)
    columns, energy = [], []
    for index, (u, v, colour) in enumerate(frequencies):
        for a in range(2):
            for b in range(2):
                column = np.zeros([2, 2, width])
                column[:, :, index] = 0.5 * np.outer([1, (-1) ** a], [1, (-1) ** b])
                columns.append(column.reshape(-1))
                energy.append(_energy(2 * u + a, 2 * v + b, colour))
    order = np.argsort(-np.array(energy), kind="stable")[:outputs]
    return np.stack(columns, 1)[:, order].astype(np.float32)


def _frequencies(width: int) -> list:
    """The `width` strongest (u, v, colour) of a block, strongest first."""
    every = [(u, v, c) for c in range(3) for u in range(BLOCK) for v in range(BLOCK)]
    energy = np.array([_energy(2 * u, 2 * v, c) for u, v, c in every])
    return [every[i] for i in np.argsort(-energy, kind="stable")[:width]]


def _energy(fy: float, fx: float, colour: int) -> float:
    """Model of the variance of a coefficient at frequency (fy, fx), in half periods per 16 pixels."""
    return (1.0 if colour == 0 else _CHROMA_ENERGY) / (0.5 + fy * fy + fx * fx) ** 1.2


def _dct_matrix(size: int) -> np.ndarray:
    """Orthonormal DCT-II, rows are basis vectors."""
    k, n = np.mgrid[0:size, 0:size]
    matrix = np.sqrt(2 / size) * np.cos(np.pi * (2 * n + 1) * k / (2 * size))
    matrix[0] /= np.sqrt(2)
    return matrix
