"""The flags that every binary around the codec has."""

from __future__ import annotations

import math

from absl import flags

# As `tf_ipr.files.image_file` and `tf_ipr.format.bitstream` have it, without loading NumPy for it.
MAX_PIXELS = 1 << 26


def define(values: flags.FlagValues) -> None:
    """Adds --model and --max_pixels to the flags of a binary."""
    flags.DEFINE_string("model", None, "Name of a shipped model, or folder of a model. Default: the "
                        "shipped one that fits.", flag_values=values)
    define_max_pixels(values)


def define_max_pixels(values: flags.FlagValues) -> None:
    """Adds --max_pixels alone."""
    flags.DEFINE_integer("max_pixels", MAX_PIXELS,
                         "Larger images, and streams that declare them, are refused. The files of the shipped "
                         "models have a limit of their own, 16777216.", 1,
                         flag_values=values)


def define_rate(values: flags.FlagValues) -> None:
    """Adds the flags that choose the quality: --quality, --max_bytes and --target_bpp."""
    flags.DEFINE_float("quality", None, "1 (smallest) .. 100 (best). Default: 50.", 1.0, 100.0,
                       flag_values=values)
    flags.DEFINE_integer("max_bytes", None,
                         "Instead of the quality: the best whose stream has at most so many bytes.", 1,
                         flag_values=values)
    flags.DEFINE_float("target_bpp", None,
                       "Instead of the quality: the one that comes nearest to so many bits per pixel.",
                       0.0, flag_values=values)
    for name in ("quality", "target_bpp"):  # NaN passes the bounds.
        flags.register_validator(name, lambda value: value is None or 0 < value < math.inf,
                                 "it must be a positive, finite number", flag_values=values)
