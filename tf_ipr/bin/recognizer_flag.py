"""The flag that names a recogniser, shared by the binaries that look at identity."""

from __future__ import annotations

from absl import flags


def define(values: flags.FlagValues) -> None:
    """Adds --recognizer to the flags of a binary."""
    flags.DEFINE_string("recognizer", None,
                        "Folder of a recogniser, made by tf_ipr_convert_recognizer.",
                        flag_values=values)
