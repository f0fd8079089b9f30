"""Proves that this machine agrees with another: tf_ipr_interop [flags] DIR

    tf_ipr_interop --write golden        # on one machine
    tf_ipr_interop golden                # on the other: exit code 0 if they agree

Symbols must be identical. Pixels may differ by --max_drift grey levels, the rounding of floating
point; the PSNR against the writer's decoder is printed, `equal` where there is no difference. With
--encoder=encoder.tflite the streams are written by an exported encoder instead.
"""

from __future__ import annotations

import math

from absl import flags

from tf_ipr.bin import codec_flags, start

FLAGS = flags.FlagValues()
codec_flags.define(FLAGS)

flags.DEFINE_bool("write", False, "Write golden streams instead of checking them.", flag_values=FLAGS)
flags.DEFINE_string("encoder", None, "With --write: an encoder.tflite of the same model.",
                    flag_values=FLAGS)
flags.DEFINE_integer("max_drift", 1, "Largest difference of a pixel that is accepted.", 0, 255,
                     flag_values=FLAGS)


def _write(folder: str, codec) -> int:
    from tf_ipr.export import interop  # pylint: disable=import-outside-toplevel
    from tf_ipr.runtime.encoder import Encoder  # pylint: disable=import-outside-toplevel

    encode = Encoder(FLAGS.encoder).encode if FLAGS.encoder else None
    print(f"{folder}: {interop.write(folder, codec, encode)} streams of model {codec.model_id}")
    return 0


def _check(folder: str, codec) -> int:
    from tf_ipr.export import interop  # pylint: disable=import-outside-toplevel

    print("| stream | symbols | drift, grey levels | PSNR dB |\n|---|---|---|---|")
    failed = 0
    for found in interop.check(folder, codec):
        failed += not found.passes(FLAGS.max_drift)
        if found.problem:
            print(f"| {found.name} | {found.problem} | | |")
            continue
        psnr = "equal" if math.isinf(found.psnr_db) else f"{found.psnr_db:.1f}"
        print(f"| {found.name} | identical | {found.drift} | {psnr} |")
    print(f"\n{failed} streams disagree" if failed else "\nall agree")
    return 1 if failed else 0


def main(argv) -> int:
    if len(argv) != 2:
        raise start.UsageError(f"one DIR is needed, {len(argv) - 1} arguments given")
    if FLAGS.encoder and not FLAGS.write:
        raise start.UsageError("--encoder goes with --write")
    from tf_ipr.models.codec import TensorFlowCodec  # pylint: disable=import-outside-toplevel  # Seconds.

    codec = TensorFlowCodec.load(FLAGS.model, FLAGS.max_pixels)
    return (_write if FLAGS.write else _check)(argv[1], codec)


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
