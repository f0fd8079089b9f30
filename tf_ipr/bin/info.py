"""Prints what a stream says about itself, as JSON: tf_ipr_info FILE

No model is needed. The bits per pixel count the whole file and the pixels of the image.
"""

from __future__ import annotations

import json
import pathlib
import sys

from tf_ipr.bin import start


def main(argv) -> int:
    if len(argv) != 2:
        print(f"tf_ipr_info: one FILE is needed, {len(argv) - 1} arguments given (--help)",
              file=sys.stderr)
        return 2
    from tf_ipr.format import bitstream  # pylint: disable=import-outside-toplevel  # Seconds.
    try:
        facts = bitstream.describe(pathlib.Path(argv[1]).read_bytes())
    except (ValueError, OSError) as error:
        print(f"tf_ipr_info: {argv[1]}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(facts))
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
