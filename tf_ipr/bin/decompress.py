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
from tf_ipr.pipeline.file_run import Item, Made, each

FLAGS = flags.FlagValues()
batch.define(FLAGS)
codec_flags.define(FLAGS)


def main(argv) -> int:
    job = batch.job(argv, verb.DECOMPRESS, FLAGS.overwrite)
    # pylint: disable=import-outside-toplevel  # Not for help and wrong usage.
    from tf_ipr.format import bitstream, shipped_models
    from tf_ipr.pipeline import codecs, transcode

    loaded: dict = {}

    def codec_of(stream: bytes):
        folder = FLAGS.model or shipped_models.folder_of_stream(stream)
        if folder not in loaded:
            loaded[folder] = codecs.for_decoding(folder, FLAGS.max_pixels)
        return loaded[folder]

    def decompress(item: Item) -> Made:
        picture = transcode.decompress(item.content, codec_of)
        facts = bitstream.describe(item.content)
        return Made(picture, f"{facts['width']}x{facts['height']} pixels")

    model = codec_of(b"").model_id if FLAGS.model else "shipped"
    return job.run(each(decompress), {"writes": "PNG", "model": model})


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
