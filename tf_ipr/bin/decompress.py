"""Decompresses a stream, or many into a folder, to PNG: tf_ipr_decompress [flags] IN... OUT

    tf_ipr_decompress face.ipr face.png
    tf_ipr_decompress streams pictures
    tf_ipr_decompress - - < face.ipr > face.png

Without --model each stream is decoded by the shipped model that made it.

A folder keeps its form (streams/a/b.ipr -> pictures/a/b.png). What was made from the same bytes is
skipped; a stream that fails does not stop the others. Everything that is not decoded is named at the
end; the exit code is 1 if a stream is among it.
"""

from __future__ import annotations

from absl import flags

from tf_ipr.bin import batch, codec_flags, start
from tf_ipr.pipeline import verb
from tf_ipr.pipeline.file_run import each

FLAGS = flags.FlagValues()
batch.define(FLAGS)
codec_flags.define(FLAGS)


def main(argv) -> int:
    job = batch.job(argv, verb.DECOMPRESS, FLAGS.overwrite)
    # pylint: disable=import-outside-toplevel  # Not for help and wrong usage.
    from tf_ipr.pipeline.decoders import Decoder

    decoder = Decoder(FLAGS.model, FLAGS.max_pixels)
    return job.run(each(decoder.decode), decoder.settings)


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
