"""Prints what streams say about themselves, as JSON: tf_ipr_info FILE...

    tf_ipr_info face.ipr
    tf_ipr_info streams more.ipr        # a line for each stream
    tf_ipr_info - < face.ipr

No model is needed. Of one stream the facts are printed; of several files, and of folders, a line each,
which begins with the file. "model" is the name of the shipped model that made the stream, or null. The
bits per pixel count the whole file and the pixels of the image.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys

from absl import flags

from tf_ipr.bin import start
from tf_ipr.files.shown import shown

FLAGS = flags.FlagValues()


def main(argv) -> int:
    names = argv[1:]
    if not names:
        raise start.UsageError("at least one FILE is needed")
    several = len(names) > 1 or os.path.isdir(names[0])
    failures = 0
    for name in names:
        try:
            paths, failed = _streams(name) if os.path.isdir(name) else ([name], 0)
            failures += failed
        except OSError as error:
            start.note(f"tf_ipr_info: {shown(start.reason(error))}")
            failures += 1
            continue
        for path in paths:
            try:
                facts = _facts(_read(path))
            except (ValueError, OSError) as error:
                text = start.reason(error)
                text = text if text.startswith(str(path)) else f"{path}: {text}"
                start.note(f"tf_ipr_info: {shown(text)}")
                failures += 1
                continue
            start.result(json.dumps({"file": str(path), **facts} if several else facts))
    return 1 if failures else 0


def _streams(folder: str) -> tuple:
    """The streams of a folder, and how many entries could not be looked at."""
    from tf_ipr.pipeline import inputs, verb  # pylint: disable=import-outside-toplevel

    found = inputs.gather([pathlib.Path(folder)], verb.DECOMPRESS, None, set())
    bad = [entry for entry in found.left_out if entry.failure]
    for path, reason, _ in bad:
        start.note(f"tf_ipr_info: {shown(path)}: {reason}")
    return [entry.path for entry in found.inputs], len(bad)


def _read(path) -> bytes:
    from tf_ipr.files import regular_file  # pylint: disable=import-outside-toplevel

    if path == "-":
        return sys.stdin.buffer.read()
    return regular_file.read(path)


def _facts(stream: bytes) -> dict:
    # pylint: disable=import-outside-toplevel  # Not for help.
    from tf_ipr.format import bitstream, shipped_models

    facts = bitstream.describe(stream)
    return {**facts, "model": shipped_models.shipped_name(facts["model_id"])}


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
