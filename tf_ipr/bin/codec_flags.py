"""The flags that every binary around the codec has."""

from __future__ import annotations

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
