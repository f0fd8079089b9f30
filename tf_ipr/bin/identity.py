"""Compares the faces in two images: tf_ipr_identity --recognizer=FOLDER A B

Prints JSON: the face found in each image (the largest and most central one), the cosine between the
two embeddings, the recogniser's threshold and the decision. The exit code is 1 if an image has no
face or cannot be read.
"""

from __future__ import annotations

import json
import sys

from absl import flags

from tf_ipr.bin import recognizer_flag, start
from tf_ipr.files import image_file

flags.adopt_module_key_flags(recognizer_flag)


def main(argv) -> int:
    if len(argv) != 3:
        print(f"tf_ipr_identity: A and B are needed, {len(argv) - 1} arguments given (--help)",
              file=sys.stderr)
        return 2
    if recognizer_flag.folder() is None:
        print("tf_ipr_identity: --recognizer=FOLDER is needed, made by tf_ipr_convert_recognizer",
              file=sys.stderr)
        return 2
    try:
        images = [image_file.read_image(path) for path in argv[1:]]
        # pylint: disable=import-outside-toplevel  # Seconds.
        from tf_ipr.recognition import comparison
        from tf_ipr.faces import detection
        from tf_ipr.recognition.recognizer import Recognizer

        recognizer = Recognizer.load(recognizer_flag.folder())
        result = comparison.compare(recognizer, detection.FaceDetector(), *images)
    except (ValueError, OSError, ImportError) as error:
        print(f"tf_ipr_identity: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1))
    for name, path in zip("ab", argv[1:]):
        if result[name] is None:
            print(f"tf_ipr_identity: no face was found in {path}", file=sys.stderr)
    return 0 if result["a"] and result["b"] else 1


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
