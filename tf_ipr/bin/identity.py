"""Compares the faces in two images: tf_ipr_identity [--recognizer=FOLDER] A B

Prints JSON: the face found in each image (the largest and most central one), the cosine between the
two embeddings, the recogniser's threshold and the decision. Without --recognizer dlib's decides
(pip install 'tf_ipr[dlib]'). A or B may be `-`, standard input. The exit
code is 1 if an image has no face or cannot be read.
"""

from __future__ import annotations

import json
import sys

from absl import flags

from tf_ipr.bin import codec_flags, recognizer_flag, start
from tf_ipr.files.shown import shown

FLAGS = flags.FlagValues()
recognizer_flag.define(FLAGS)
codec_flags.define_max_pixels(FLAGS)


def main(argv) -> int:
    if len(argv) != 3:
        raise start.UsageError(f"A and B are needed, {len(argv) - 1} arguments given")
    if argv[1:] == ["-", "-"]:
        raise start.UsageError("standard input is one image; name a file for the other")
    images = [_read(path) for path in argv[1:]]
    # pylint: disable=import-outside-toplevel  # Seconds.
    from tf_ipr.faces import detection
    from tf_ipr.recognition import comparison, default_recognizer
    from tf_ipr.recognition.recognizer import Recognizer

    if FLAGS.recognizer is None:
        start.note("tf_ipr_identity: no --recognizer is given; dlib's is used")
        recognizer = default_recognizer.load()
    else:
        recognizer = Recognizer.load(FLAGS.recognizer)
    result = comparison.compare(recognizer, detection.FaceDetector(), *images)
    # The rounding of floating point, which differs between machines, begins behind four digits.
    result.update({name: round(result[name], 4) for name in ("cosine", "threshold")
                   if result[name] is not None})
    start.result(json.dumps(result, indent=1))
    for name, path in zip("ab", argv[1:]):
        if result[name] is None:
            start.note(f"tf_ipr_identity: no face was found in {shown(path)}")
    return 0 if result["a"] and result["b"] else 1


def _read(path: str):
    # pylint: disable=import-outside-toplevel  # Not for help and wrong usage.
    from tf_ipr.files import regular_file
    from tf_ipr.pipeline import transcode

    if path == "-":
        return transcode.read(sys.stdin.buffer.read(), FLAGS.max_pixels, "standard input")
    return transcode.read(regular_file.read(path), FLAGS.max_pixels, path)


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
