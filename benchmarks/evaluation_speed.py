"""How fast tf_ipr_evaluate is, and how it grows with images and with codecs.

    python -m benchmarks.evaluation_speed --data_dir=LFW --protocol_dir=LISTS \
        --recognizers=recognizers/one,recognizers/another

Everything is measured from empty caches in a temporary folder, after a first small evaluation that
warms up the graphs. A second run over the same cache shows what resuming costs. Expected: time in
proportion to images × settings; memory that does not grow with either.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time

from absl import flags

from benchmarks import images, peak_memory
from tf_ipr.bin import start
from tf_ipr.datasets import evaluation_set

FLAGS = flags.FLAGS
flags.DEFINE_list("recognizers", [], "Folders of recognisers.")
flags.DEFINE_list("counts", ["64", "128", "256"], "Numbers of images.")
flags.DEFINE_list("codecs", ["jpeg:50", "webp:50", "avif:30"], "In the order they are added.")


def main(argv) -> int:
    from tf_ipr.evaluation import run
    from tf_ipr.evaluation.codecs import codec_choice
    from tf_ipr.recognition.recognizer import Recognizer

    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    choices = [codec_choice.parse(text, [20.0]) for text in FLAGS.codecs]
    counts = [int(count) for count in FLAGS.counts]
    paths = images.paths()[:max(counts)]

    def evaluate(count, chosen, cache):
        # As a folder: no identities, so that any number of images will do.
        dataset = evaluation_set.EvaluationSet("speed", paths[:count])
        begin = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run.evaluate([dataset], chosen, recognizers, f"{cache}/out", cache)
        return time.monotonic() - begin

    with tempfile.TemporaryDirectory() as cache:
        evaluate(min(counts), choices, cache)
    print("| images | codecs | seconds | images coded a second | resumed, seconds | peak MiB |\n"
          + "|---" * 6 + "|")
    cases = [(count, choices) for count in counts]
    cases += [(max(counts), choices[:number]) for number in range(1, len(choices))]
    for count, chosen in cases:
        with tempfile.TemporaryDirectory() as cache:
            seconds, resumed = evaluate(count, chosen, cache), evaluate(count, chosen, cache)
        peak = peak_memory.mebibytes()
        coded = count * sum(len(choice.settings) for choice in chosen)
        print(f"| {count} | {', '.join(choice.label for choice in chosen)} | {seconds:.1f} | "
              f"{coded / seconds:.1f} | {resumed:.2f} | {peak:.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    start.run(main)
