"""Compresses an image, or many into a folder: tf_ipr_compress [flags] IN... OUT

    tf_ipr_compress --quality=30 face.jpg face.ipr
    tf_ipr_compress --max_bytes=1500 photographs streams
    tf_ipr_compress *.jpg streams/
    tf_ipr_compress - - < face.jpg > face.ipr
    tf_ipr_compress --min_identity=0.9 --recognizer=recognizers/mobilefacenet face.jpg face.ipr
    tf_ipr_compress --align=112 --max_bytes=600 face.jpg face.ipr
    tf_ipr_compress --align=112 --refine=20 --recognizer=recognizers/mobilefacenet face.jpg face.ipr

--min_identity and --refine ask --recognizer; without it dlib's (pip install 'tf_ipr[dlib]').
--min_identity takes the smallest stream whose decoded face, found and embedded as a server would,
has that cosine to the original's. --align codes the face crop alone, aligned to the template: the
landmarks of the template then hold in the decoded crop, so the server needs no detection; crops of 112
and 128 pixels have models of their own, which keep what recognisers look at and little else. --refine
takes a second or so for each face to refine its latent by the recogniser's gradient, for a face that is
recognised better from as many bytes; the stream is an ordinary one.

A folder keeps its form (photographs/a/b.jpg -> streams/a/b.ipr). What was made from the same bytes with
the same settings is skipped; an image that fails does not stop the others. Everything that is not coded
is named at the end; the exit code is 1 if a picture is among it.
"""

from __future__ import annotations

from absl import flags

from tf_ipr.bin import batch, codec_flags, recognizer_flag, start
from tf_ipr.pipeline import verb

FLAGS = flags.FlagValues()
batch.define(FLAGS)
codec_flags.define(FLAGS)
recognizer_flag.define(FLAGS)
codec_flags.define_rate(FLAGS)
flags.DEFINE_float("min_identity", None,
                   "Instead of the quality: the smallest whose decoded face has this cosine to the "
                   "original's, by --recognizer.", -1.0, 1.0, flag_values=FLAGS)
flags.DEFINE_integer("refine", None,
                     "Steps of refining the latent by --recognizer; 20 are a good number.", 1,
                     flag_values=FLAGS)
flags.DEFINE_enum("align", None, ["112", "128", "448"],
                  "Codes the aligned crop of the main face, so large, instead of the image.",
                  flag_values=FLAGS)


_RATES = {"quality", "max_bytes", "target_bpp"}


def _given() -> list:
    """The flags given of those that choose the quality."""
    return [name for name in ("quality", "max_bytes", "target_bpp", "min_identity")
            if FLAGS[name].value is not None]


def _needs_recognizer() -> bool:
    return FLAGS.min_identity is not None or bool(FLAGS.refine)


def _check_usage() -> None:
    given = _given()
    if len(given) > 1:
        raise start.UsageError(f"--{' and --'.join(given)} exclude one another; give one of them")
    if FLAGS.min_identity is not None and FLAGS.refine:
        raise start.UsageError("--min_identity and --refine exclude one another; give one of them")
    if FLAGS.recognizer is not None and not _needs_recognizer():
        raise start.UsageError("--recognizer is for --min_identity and --refine; give one of them, or "
                               "leave it out")


def main(argv) -> int:
    _check_usage()
    job = batch.job(argv, verb.COMPRESS, FLAGS.overwrite)
    # pylint: disable=import-outside-toplevel  # Not for help and wrong usage.
    from tf_ipr.pipeline import encoders, transcode
    from tf_ipr.pipeline.file_run import each

    rate = transcode.Rate(50.0) if _RATES.isdisjoint(_given()) else transcode.Rate(
        FLAGS.quality, FLAGS.max_bytes, FLAGS.target_bpp)
    if _needs_recognizer() and FLAGS.recognizer is None:
        start.note("tf_ipr_compress: no --recognizer is given; dlib's is used")
    if FLAGS.align or _needs_recognizer():
        encoder = encoders.FaceEncoder(FLAGS.model, FLAGS.max_pixels, rate, encoders.Looks(
            int(FLAGS.align) if FLAGS.align else None, FLAGS.recognizer, FLAGS.min_identity,
            FLAGS.refine))
    else:
        encoder = encoders.Encoder(FLAGS.model, FLAGS.max_pixels, rate)
    return job.run(each(encoder.encode), encoder.settings)


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
