"""A small picture for tests of the pipeline, which may run where Beam is absent."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def picture(seed: int = 0, kind: str = "png") -> bytes:
    """32x32 pixels of a slope with a little noise."""
    slope = np.add.outer(np.arange(32), np.arange(32))[..., None] * [3, 2, 1]
    noise = np.random.default_rng(seed).integers(0, 20, [32, 32, 3])
    file = io.BytesIO()
    Image.fromarray((slope + noise).astype(np.uint8)).save(file, kind)
    return file.getvalue()
