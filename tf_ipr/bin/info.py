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
    from tf_ipr.coding import bitstream  # pylint: disable=import-outside-toplevel  # Seconds.
    try:
        stream = pathlib.Path(argv[1]).read_bytes()
        header = bitstream.parse(stream, max_pixels=1 << 62)[0]  # Nothing is decoded.
    except (ValueError, OSError) as error:
        print(f"tf_ipr_info: {argv[1]}: {error}", file=sys.stderr)
        return 1
    print(json.dumps({
        "width": header.width, "height": header.height, "quality": header.quality,
        "model_id": header.model_id, "bytes": len(stream),
        "bpp": 8 * len(stream) / (header.width * header.height),
        "version": ".".join(map(str, header.version))}))
    return 0


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
