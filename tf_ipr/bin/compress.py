"""Compresses an image, or every image of a folder: tf_ipr_compress [flags] IN OUT

    tf_ipr_compress --quality=30 face.jpg face.ipr
    tf_ipr_compress --max_bytes=1500 photographs streams

A folder keeps its form (photographs/a/b.jpg -> streams/a/b.ipr); finished files are skipped, and an
image that fails does not stop the others.
"""

from __future__ import annotations

import sys
from typing import Optional

from absl import flags

from tf_ipr import atomic_file
from tf_ipr.bin import batch, codec_flags, start
from tf_ipr.datasets import image_file

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(batch)
flags.adopt_module_key_flags(codec_flags)

SUFFIX = ".ipr"

flags.DEFINE_float("quality", None, "1 (smallest) .. 100 (best). Default: 50.", 1.0, 100.0)
flags.DEFINE_integer("max_bytes", None,
                     "Instead of the quality: the best whose stream has at most so many bytes.", 1)
# The binary that trains has a flag of this name too. No command line has both, a test run has.
flags.DEFINE_float("target_bpp", None,
                   "Instead of the quality: the one that comes nearest to so many bits per pixel.",
                   0.0, allow_override=True)


def _usage_error(argv) -> Optional[str]:
    if len(argv) != 3:
        return f"IN and OUT are needed, {len(argv) - 1} arguments given (--help)"
    given = [name for name in ("quality", "max_bytes", "target_bpp")
             if FLAGS[name].value is not None]
    if len(given) > 1:
        return f"--{' and --'.join(given)} exclude one another; give one of them"
    return None


def main(argv) -> int:
    message = _usage_error(argv)
    if message:
        print(f"tf_ipr_compress: {message}", file=sys.stderr)
        return 2
    options = {"quality": 50.0 if FLAGS.quality is None else FLAGS.quality,
               "max_bytes": FLAGS.max_bytes, "target_bpp": FLAGS.target_bpp}
    try:
        plan = batch.plan(argv[1], argv[2], image_file.list_images, SUFFIX)
        from tf_ipr.codec import Codec  # pylint: disable=import-outside-toplevel  # Seconds.
        codec = Codec.load(FLAGS.model, FLAGS.max_pixels)

        def compress(source, target) -> str:
            image = image_file.read_image(source, FLAGS.max_pixels)
            stream = codec.compress(image, **options)
            with atomic_file.writing(target) as file:
                file.write(stream)
            return (f"{len(stream)} bytes, "
                    f"{8 * len(stream) / (image.shape[0] * image.shape[1]):.3f} bpp")

        return plan.run(compress, {"model_id": codec.model_id, **options})
    except (ValueError, OSError) as error:
        print(f"tf_ipr_compress: {error}", file=sys.stderr)
        return 1


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
