"""Decompresses a stream, or every stream of a folder, to PNG: tf_ipr_decompress [flags] IN OUT

    tf_ipr_decompress face.ipr face.png
    tf_ipr_decompress streams pictures

Without --model each stream is decoded by the shipped model that made it.

A folder keeps its form (streams/a/b.ipr -> pictures/a/b.png); finished files are skipped, and a
stream that fails does not stop the others.
"""

from __future__ import annotations

import sys

from absl import flags

from tf_ipr.bin import batch, codec_flags, start
from tf_ipr.files import file_list, image_file

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(batch)
flags.adopt_module_key_flags(codec_flags)


def main(argv) -> int:
    if len(argv) != 3:
        print(f"tf_ipr_decompress: IN and OUT are needed, {len(argv) - 1} arguments given (--help)",
              file=sys.stderr)
        return 2
    try:
        plan = batch.plan(
            argv[1], argv[2],
            lambda folder: file_list.list_files(folder, [codec_flags.STREAM_SUFFIX], "stream"),
            ".png")
        # pylint: disable=import-outside-toplevel  # Seconds.
        from tf_ipr.models import codec as codec_module
        from tf_ipr.format import shipped_models
        codecs = {}

        def codec_of(folder):
            if folder not in codecs:
                codecs[folder] = codec_module.TensorFlowCodec.load(folder, FLAGS.max_pixels)
            return codecs[folder]

        def decompress(source, target) -> str:
            stream = source.read_bytes()
            model = FLAGS.model or shipped_models.folder_of_stream(stream)
            image = codec_of(model).decompress(stream)
            image_file.write_png(target, image)
            return f"{image.shape[1]}x{image.shape[0]} pixels"

        model = codec_of(FLAGS.model).model_id if FLAGS.model else "shipped"
        return plan.run(decompress, {"model": model})
    except (ValueError, OSError) as error:
        print(f"tf_ipr_decompress: {error}", file=sys.stderr)
        return 1


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
