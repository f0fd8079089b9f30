"""tf_ipr_evaluate: rate, distortion and recognition of codecs on datasets.

    tf_ipr_evaluate --flagfile=flags/eval_lfw.cfg --data_dir=lfw --protocol_dir=lfw_protocol \\
        --recognizers=recognizers/of_the_loss,recognizers/unseen --codec=savedmodels/lfw_l2_ipr

Writes metrics.json, metrics.csv and the forms of CompressAI and codec-compare into --output, after
every setting, and prints a Markdown table; at the end it writes report.html and figures/ beside
them, as tf_ipr_report does. Everything computed is kept in --cache_dir: start the
same command again to resume, or add codecs, settings and recognisers, which then cost only
themselves. docs/evaluation.md has the protocols and the meaning of every figure.
"""

from __future__ import annotations

import sys

from absl import flags

from tf_ipr.bin import start

FLAGS = flags.FlagValues()

flags.DEFINE_multi_string(
    "dataset", ["lfw"], "lfw, lfw_view2, celeba_hq, people (any folder with a folder per person) or "
                        "folder; "
    "may be repeated, with as many --data_dir.", flag_values=FLAGS)
flags.DEFINE_multi_string("data_dir", [], "Folder of the images of each --dataset.",
                          flag_values=FLAGS)
flags.DEFINE_string("protocol_dir", None, "Folder of the official lists.", flag_values=FLAGS)
flags.DEFINE_integer("every", 1, "Take every N-th person (or pair, or image) only.", 1,
                     flag_values=FLAGS)
flags.DEFINE_multi_string(
    "codec", [], "[alignN+|looseN+][shrinkS+][fit+][keep+|refineK+][grey+]CODEC[:SETTING,...], CODEC "
                 "being hevc, "
    "avif, jpegxl, webp, jpeg2000, jpeg, bmshj2018, idphoto or a model folder. alignN+ and looseN+ "
    "code the crop of "
    "the face; fit+ takes bytes of payload as settings; keep+ gives every crop the lowest quality that "
    "keeps a "
    "cosine to the first recogniser; refineK+ refines every latent by it in K steps. May be repeated.",
    flag_values=FLAGS)
flags.DEFINE_list("qualities", ["1", "5", "10", "20", "35", "50", "75", "100"],
                  "Of models without settings of their own.", flag_values=FLAGS)
flags.DEFINE_enum("align", None, ["112", "128", "448"],
                  "Code aligned crops of this size with every codec.", flag_values=FLAGS)
flags.DEFINE_list("recognizers", [], "Folders of recognisers: that of the loss first, the judge last.",
                  flag_values=FLAGS)
flags.DEFINE_enum("gallery", "coded", ["coded", "original"], "What the probes are compared with.",
                  flag_values=FLAGS)
flags.DEFINE_enum("landmarks", "decoded", ["decoded", "original"],
                  "Where faces are found: in each decoded image by itself, or in the original.",
                     flag_values=FLAGS)
flags.DEFINE_string("target", None, "A codec and one setting (hevc:23): prints and keeps the fewest "
                                    "bytes at which "
                    "every --codec recognises as well.",
                     flag_values=FLAGS)
flags.DEFINE_integer("gallery_images", None, "Enrol the first N pictures of each person, by path. "
                                             "Default: 1, of "
                     "celeba_hq 3.", 1,
                     flag_values=FLAGS)
flags.DEFINE_multi_string("training_images", [], "Folder, or list of files (paths beside it), that "
                                                 "models were "
                          "trained on: a dataset that shares a picture with it is refused. May be "
                          "repeated.",
                     flag_values=FLAGS)
flags.DEFINE_bool("allow_training_images", False, "Count and name shared pictures instead of refusing "
                                                  "them.",
                     flag_values=FLAGS)
flags.DEFINE_bool("score_files", False, "Write the scores of all pairs into OUTPUT/scores, as pyeer "
                                        "reads them.",
                     flag_values=FLAGS)
flags.DEFINE_string("anchor", "hevc", "Codec that BD rates refer to.",
                     flag_values=FLAGS)
flags.DEFINE_string("cache_dir", "runs/cache", "Where everything computed is kept.",
                    flag_values=FLAGS)
flags.DEFINE_string("output", "runs/evaluation", "Folder of the results.", flag_values=FLAGS)
flags.DEFINE_bool("report", True, "Write report.html and figures at the end.", flag_values=FLAGS)
flags.DEFINE_integer("processes", None, "For reference codecs. Default: one per processor.", 1,
                     flag_values=FLAGS)


def _evaluate() -> int:
    # pylint: disable=import-outside-toplevel  # Seconds.
    from tf_ipr.datasets import evaluation_set, shared_pictures
    from tf_ipr.evaluation import run
    from tf_ipr.evaluation.codecs import codec_choice
    from tf_ipr.recognition.recognizer import Recognizer

    data_dirs = FLAGS.data_dir or [None] * len(FLAGS.dataset)
    datasets = [evaluation_set.load(name, data_dir, FLAGS.protocol_dir, FLAGS.every,
                                    FLAGS.gallery_images)
                for name, data_dir in zip(FLAGS.dataset, data_dirs)]
    for note in shared_pictures.check(datasets, FLAGS.training_images, FLAGS.allow_training_images):
        print(note, file=sys.stderr)
    qualities = [float(quality) for quality in FLAGS.qualities]
    align = int(FLAGS.align) if FLAGS.align else None
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    choices = [codec_choice.parse(text, qualities, align, next(iter(recognizers), None))
               for text in FLAGS.codec]
    target = codec_choice.parse(FLAGS.target, (), align) if FLAGS.target else None
    if target and len(target.settings) != 1:
        raise ValueError(f"--target={FLAGS.target} needs one setting (hevc:23), given "
                         f"{len(target.settings)}")
    missing = [(choice.label, choice.codec.unavailable_reason()) for choice in choices]
    folder = run.evaluate(
        datasets, choices, recognizers, FLAGS.output, FLAGS.cache_dir,
        run.Protocol(FLAGS.gallery, FLAGS.landmarks), sys.argv, FLAGS.anchor, FLAGS.processes, target,
        FLAGS.score_files, {recognizer.name: folder
                            for recognizer, folder in zip(recognizers, FLAGS.recognizers)})
    for label, reason in missing:
        if reason:
            print(f"{label} is left out: {reason}", file=sys.stderr)
    failures = {(failure["image"], failure["reason"]) for row in folder.rows
                for failure in row["failures"]}
    for image, reason in sorted(failures):
        print(f"failed: {image}: {reason}", file=sys.stderr)
    if FLAGS.report:
        _report()
    return 1 if failures else 0


def _report() -> None:
    """The results are safe by now: what the report lacks is no failure of the evaluation."""
    # pylint: disable=import-outside-toplevel
    from tf_ipr.report import results, writing

    try:
        print(writing.write(results.load([FLAGS.output]), FLAGS.output))
    except ImportError as error:
        print(f"the report is left out: {error}", file=sys.stderr)


def main(argv) -> int:
    if len(argv) > 1:
        raise start.UsageError(f"unexpected arguments {argv[1:]}; everything is a flag")
    if FLAGS.data_dir and len(FLAGS.data_dir) != len(FLAGS.dataset):
        raise start.UsageError(f"{len(FLAGS.dataset)} datasets and {len(FLAGS.data_dir)} --data_dir "
                               "are given; give one for each")
    if not FLAGS.codec:
        raise start.UsageError("--codec is needed, see --help")
    try:
        return _evaluate()
    except (KeyboardInterrupt, start.Terminated) as stop:
        stop.args = ("interrupted; the same command goes on from here",)
        raise


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
