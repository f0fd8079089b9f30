"""Cuts out and aligns the face of every image: tf_ipr_align [flags] IN OUT

    tf_ipr_align --size=128 lfw lfw_align
    tf_ipr_align --size=448 celeba_hq celeba_hq_align

Writes PNG files in which the five landmarks lie on the ArcFace template: the 112x112 one itself, the
same with 8 pixels of margin all around (128), or four times as large (448, CelebA-HQ-align). Of
several faces the one that is largest and most central counts. A folder keeps its form; finished
files are skipped; images without a face are listed at the end, and the exit code is then 1.
"""

from __future__ import annotations

import sys

from absl import flags

from tf_ipr.bin import batch, start
from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(batch)
flags.DEFINE_enum("size", "112", ["112", "128", "448"], "Height and width of the aligned images.")

# Images that are searched for faces together, and when they are enough before that.
_AHEAD = 16
_PIXELS_AHEAD = 1 << 24


class _Lookahead:
    """Detects faces for the next images in one go, hands them out one at a time."""

    def __init__(self, sources, detector):
        self._sources, self._detector = sources, detector
        self._ready = {}

    def take(self, source):
        """(image, landmarks) of `source`; raises what reading it raised."""
        if source not in self._ready:
            self._ready = self._search(self._next(source))
        result = self._ready.pop(source)
        if isinstance(result, Exception):
            raise result
        return result

    def _next(self, source) -> dict:
        """Images, or why they cannot be read, of `source` and those after it that fit beside it."""
        position = self._sources.index(source)
        found: dict = {}
        pixels = 0
        for path in self._sources[position:position + _AHEAD]:
            try:
                found[path] = image_file.read_image(path)
                pixels += found[path].shape[0] * found[path].shape[1]
            except (ValueError, OSError, MemoryError) as error:
                found[path] = error
            if pixels > _PIXELS_AHEAD:
                break
        return found

    def _search(self, read) -> dict:
        images = {path: image for path, image in read.items()
                  if not isinstance(image, Exception)}
        found = self._detector.landmarks(list(images.values()))
        return {**read, **{path: (image, landmarks)
                           for (path, image), landmarks in zip(images.items(), found)}}


def main(argv) -> int:
    if len(argv) != 3:
        print(f"tf_ipr_align: IN and OUT are needed, {len(argv) - 1} arguments given (--help)",
              file=sys.stderr)
        return 2
    size = int(FLAGS.size)
    try:
        plan = batch.plan(argv[1], argv[2], image_file.list_images, ".png")
        # pylint: disable=import-outside-toplevel  # Seconds.
        import numpy as np
        from tf_ipr.faces import aligned_image, detection
        from tf_ipr.runtime.alignment import align

        # What is finished needs no detection either.
        ahead = _Lookahead([source for source, _ in plan.open_pairs], detection.FaceDetector())

        def align_file(source, target) -> str:
            image, landmarks = ahead.take(source)
            if not np.all(np.isfinite(landmarks)):
                raise aligned_image.NoFaceError("no face was found")
            image_file.write_png(target, align(image, landmarks, size))
            return f"{size}x{size}, landmarks " + " ".join(
                f"({x:.1f}, {y:.1f})" for x, y in landmarks)

        return plan.run(align_file, {"aligned_size": size})
    except (ValueError, OSError, ImportError) as error:
        print(f"tf_ipr_align: {error}", file=sys.stderr)
        return 1


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
