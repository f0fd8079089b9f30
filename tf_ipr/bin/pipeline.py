"""Codes an archive on Apache Beam: tf_ipr_pipeline VERB --input=PATTERN --output=FOLDER [flags]

    tf_ipr_pipeline compress --input='photographs/**' --output=streams --quality=30
    tf_ipr_pipeline compress --input='gs://archive/**.jpg' --output=gs://streams --runner=DataflowRunner …
    tf_ipr_pipeline decompress --input='streams/**' --output=pictures --direct_num_workers=2
    tf_ipr_pipeline identity --input='photographs/*.jpg' --output=cosines --recognizer=recognizers/sface

compress writes a stream for each picture, decompress a PNG file for each stream, identity a JSON file
for each picture: the cosine of its face to that of the decoded picture, by --recognizer, without it dlib's.

Input and output lie on any file system that Beam knows. In a pattern * stands for any name and ** for
folders, too; a local folder means everything in it. Outputs keep the form of the folder that the
pattern begins with. What fails is a line in FOLDER/dead_letters.jsonl, with file, stage and reason; the
exit code is 1 if there is one. FOLDER/.tf_ipr.jsonl says what was made from what: the same command goes on
where a run was stopped, and skips what was made from the same bytes with the same settings.

Every other flag is Beam's. Without --runner the files go through processes on this machine,
--direct_num_workers of them, 0 for one on each core.
"""

from __future__ import annotations

from absl import flags

from tf_ipr.bin import beam_flags, codec_flags, recognizer_flag, start
from tf_ipr.files.shown import shown

FLAGS = beam_flags.OpenFlagValues()
flags.DEFINE_string("input", None, "Pattern of the files to read.", flag_values=FLAGS)
flags.DEFINE_string("output", None, "Folder of the outputs: new, empty, or of an earlier run.",
                    flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "Makes finished files again, and replaces files of the kind that is "
                  "written which other settings made. Files of another kind are never replaced.",
                  flag_values=FLAGS)
codec_flags.define(FLAGS)
recognizer_flag.define(FLAGS)
codec_flags.define_rate(FLAGS)

_VERBS = ("compress", "decompress", "identity")
_RATES = ("quality", "max_bytes", "target_bpp")


def main(argv) -> int:
    verb, rest = _verb(argv[1:])
    beam_flags.quiet()
    # pylint: disable=import-outside-toplevel  # Not for help and wrong usage.
    from tf_ipr.pipeline import beam_work, transcode
    from tf_ipr.pipeline.beam_run import BeamRun

    options = beam_flags.options(rest)
    rate = None
    if verb != "decompress":
        rate = transcode.Rate(**{name: FLAGS[name].value for name in _given()} or {"quality": 50.0})
    work = beam_work.Work(verb, FLAGS.model, FLAGS.max_pixels, rate, FLAGS.recognizer)
    try:
        outcome = BeamRun(FLAGS.input, FLAGS.output, work, FLAGS.overwrite).run(options)
    except RuntimeError as error:  # What Beam raises, whatever was the cause.
        raise OSError(f"the runner gave up ({_last_line(error)}); the same command goes on from what was "
                      "made") from error
    except (KeyboardInterrupt, start.Terminated) as stop:
        stop.args = ("stopped; the same command goes on from here",)
        raise
    _report(outcome)
    return 0 if outcome.complete else 1


def _verb(arguments: list) -> tuple[str, list]:
    """The verb, and what is left for Beam; checks our own flags."""
    if not arguments or arguments[0] not in _VERBS:
        given = f"{shown(arguments[0])} is given" if arguments else "none is given"
        raise start.UsageError(f"the first argument says what to do, {', '.join(_VERBS)}; {given}")
    verb = arguments[0]
    for name in ("input", "output"):
        if not FLAGS[name].value:
            raise start.UsageError(f"--{name} is needed")
    if len(_given()) > 1:
        raise start.UsageError(f"--{' and --'.join(_given())} exclude one another; give one of them")
    if verb == "decompress" and _given():
        raise start.UsageError(f"--{_given()[0]} is for compress and identity; leave it out")
    if verb != "identity" and FLAGS.recognizer is not None:
        raise start.UsageError("--recognizer is for identity; leave it out")
    return verb, arguments[1:]


def _given() -> list:
    return [name for name in _RATES if FLAGS[name].value is not None]


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


def _report(outcome) -> None:
    counts = outcome.counts
    start.note(", ".join(f"{counts.get(name, 0)} {name}" for name in
                         ("found", "done", "finished before", "failed", "left out")))
    for name in sorted(outcome.spreads):
        spread = outcome.spreads[name]
        start.note(f"  {name}: {spread.sum / spread.count:.1f} on average, {spread.least} to "
                   f"{spread.greatest}, {spread.sum} in all")
    if not outcome.complete:
        start.note(f"what failed, with stage and reason, is in {shown(outcome.letters)}")


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
