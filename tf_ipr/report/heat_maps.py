"""Where the error is and where the bits go, as colours over a picture.

Maps that are compared have one scale. Dark is nothing, bright is much. The scale of errors is the same
in every
report and logarithmic, from less than a grey level to 63: a codec that changes colours on purpose must
not darken what happens to the others.
"""

from __future__ import annotations

import numpy as np

COLOURS = "inferno"
ERROR_TICKS = (0, 1, 3, 7, 15, 31, 63)  # Grey levels, evenly spaced on the scale.
_GREY = 0.45  # Of the picture under the bits, so that one sees what they are spent on.


def absolute_error(original_u8: np.ndarray, decoded_u8: np.ndarray) -> np.ndarray:
    """Mean over the colours of |original - decoded|.

    Args:
      original_u8, decoded_u8: uint8 [H, W, 3].

    Returns:
      float32 [H, W] in grey levels, 0..255.
    """
    difference = original_u8.astype(np.float32) - decoded_u8.astype(np.float32)
    return np.abs(difference).mean(axis=2)


def bits_per_pixel(bits: np.ndarray, height: int, width: int, stride: int) -> np.ndarray:
    """Bits of positions of the latent spread evenly over their pixels.

    Args:
      bits: float [⌈height/stride⌉, ⌈width/stride⌉], of `bit_allocation.BitAllocation`.
      height, width: of the picture.
      stride: of the model, pixels from one position to the next.

    Returns:
      float32 [height, width]; the sum is that of `bits`.
    """
    def extents(count, size):
        return np.minimum(stride, size - stride * np.arange(count))

    down, across = extents(bits.shape[0], height), extents(bits.shape[1], width)
    density = bits / np.outer(down, across)
    return np.repeat(np.repeat(density, down, 0), across, 1).astype(np.float32)


def error_picture(error: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] of `absolute_error`; the last of `ERROR_TICKS` and more are brightest."""
    return _coloured(np.log2(1 + error), np.log2(1 + ERROR_TICKS[-1]))


def bits_picture(density: np.ndarray, largest: float, image_u8: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] of `bits_per_pixel`, the picture faint in grey under it."""
    grey = image_u8.astype(np.float32).mean(axis=2, keepdims=True)
    mixed = _GREY * grey + (1 - _GREY) * _coloured(density, largest)
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def scale_css() -> str:
    """The colours from nothing to much as a CSS gradient."""
    stops = _coloured(np.linspace(0, 1, 9)[None], 1.0)[0]
    return "linear-gradient(to right, " + ", ".join(f"rgb({r},{g},{b})" for r, g, b in stops) + ")"


def _coloured(values: np.ndarray, largest: float) -> np.ndarray:
    import matplotlib

    scaled = np.clip(values / max(largest, 1e-9), 0, 1)
    return matplotlib.colormaps[COLOURS](scaled, bytes=True)[..., :3]
