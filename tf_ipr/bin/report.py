"""tf_ipr_report: results of tf_ipr_evaluate as one HTML file and as figures for papers.

    tf_ipr_report runs/evaluation/lfw
    tf_ipr_report runs/evaluation/lfw --images=face.jpg --models=savedmodels/lfw_l2_ipr --bytes=1250

Writes report.html (everything in it: opens from disk, offline) and figures/*.svg, *.pdf into the
folder of the results, or --output. Several results are joined where they are of the same images.
The images shown are those that the results name; they become part of the page and of the figures,
so mind whose faces you pass on. docs/evaluation.md says what is in it.
"""

from __future__ import annotations

import pathlib

from absl import flags

from tf_ipr.bin import start

FLAGS = flags.FlagValues()

DEFAULT = "runs/evaluation"
MAX_IMAGES = 12

flags.DEFINE_list("images", [], "Image files to show instead of the results' own examples.",
                  flag_values=FLAGS)
flags.DEFINE_list("models", [], "Folders of the models in the results, where the results name none "
                  "or one that is gone.", flag_values=FLAGS)
flags.DEFINE_list("recognizers", [], "Folders of the recognisers that lead searches, where the results "
                                     "name none.",
                  flag_values=FLAGS)
flags.DEFINE_float("bytes", None, "Show each codec at the setting whose mean file is nearest to "
                   "this. Default: where our models come nearest to each other.", 1.0,
                   flag_values=FLAGS)
flags.DEFINE_bool("pictures", True, "Code the images again and show them; else plots and tables.",
                  flag_values=FLAGS)
flags.DEFINE_string("output", None, "Folder of the report. Default: that of the (first) results.",
                    flag_values=FLAGS)


def _report(paths) -> pathlib.Path:
    # pylint: disable=import-outside-toplevel  # Seconds.
    from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec
    from tf_ipr.recognition.recognizer import Recognizer
    from tf_ipr.report import results, writing

    found = results.load(paths)
    folders = {LearnedCodec.load(folder).form.model: folder for folder in FLAGS.models}
    recognizers = {Recognizer.load(folder).name: folder for folder in FLAGS.recognizers}
    return writing.write(
        found, FLAGS.output or found.paths[0].parent,
        writing.Options(FLAGS.images, folders, recognizers, FLAGS.bytes, FLAGS.pictures))


def main(argv) -> int:
    if len(FLAGS.images) > MAX_IMAGES:
        raise start.UsageError(f"{len(FLAGS.images)} --images are given; at most {MAX_IMAGES} fit into "
                               "a report")
    start.result(str(_report(argv[1:] or [DEFAULT])))
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
