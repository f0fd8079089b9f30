"""The flag that names a recogniser, shared by the binaries that look at identity."""

from __future__ import annotations

from typing import Optional

from absl import flags

# The binary that trains has a flag of this name too. No command line has both, a test run has.
flags.DEFINE_string("recognizer", None,
                    "Folder of a recogniser, made by tf_ipr_convert_recognizer.",
                    allow_override=True)


def folder() -> Optional[str]:
    """The folder given, or None; the first of several."""
    value = flags.FLAGS.recognizer
    if isinstance(value, list):
        return value[0] if value else None
    return value
