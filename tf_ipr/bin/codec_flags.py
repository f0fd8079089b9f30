"""The flags that every binary around the codec has, and the name of its files."""

from __future__ import annotations

from absl import flags

from tf_ipr.files import image_file

STREAM_SUFFIX = ".ipr"

# Other binaries may have a --model of their own. No command line has both, a test run has.
flags.DEFINE_string("model", None, "Folder of a model. Default: the shipped one that fits.",
                    allow_override=True)
flags.DEFINE_integer("max_pixels", image_file.DEFAULT_MAX_PIXELS,
                     "Larger images, and streams that declare them, are refused.", 1)
