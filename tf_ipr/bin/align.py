"""Cuts out and aligns the face of every image: tf_ipr_align [flags] IN... OUT

    tf_ipr_align --size=128 lfw lfw_align
    tf_ipr_align --size=448 celeba_hq celeba_hq_align

Writes PNG files in which the five landmarks lie on the ArcFace template: the 112x112 one itself, the
same with 8 pixels of margin all around (128), or four times as large (448, CelebA-HQ-align). Of
several faces the one that is largest and most central counts. A folder keeps its form; what was made
from the same bytes with the same size is skipped; images without a face are listed at the end, and the
exit code is then 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from absl import flags

from tf_ipr.bin import batch, codec_flags, start
from tf_ipr.pipeline import verb
from tf_ipr.pipeline.file_run import Item, Made

FLAGS = flags.FlagValues()
batch.define(FLAGS)
codec_flags.define_max_pixels(FLAGS)
flags.DEFINE_enum("size", "112", ["112", "128", "448"], "Height and width of the aligned images.",
                  flag_values=FLAGS)

# Images that are searched for faces together, and when they are enough before that.
_AHEAD = 16
_PIXELS_AHEAD = 1 << 24


class Aligner:
    """Picture files -> PNG files of their main faces."""

    def __init__(self, detector, size: int, max_pixels: int):
        """Takes a `FaceDetector`, the edge of the crops, and the size of the largest picture."""
        self._detector, self._size, self._max_pixels = detector, size, max_pixels

    def __call__(self, items: Sequence[Item]) -> Iterator[Made | Exception]:
        """A process of `file_run`: detects faces for a few images in one go."""
        waiting: list = []
        pixels = 0
        for item in items:
            waiting.append(self._read(item))
            pixels += getattr(waiting[-1], "size", 0) // 3
            if pixels > _PIXELS_AHEAD:
                yield from self._align(waiting)
                waiting, pixels = [], 0
        yield from self._align(waiting)

    def _read(self, item: Item):
        """The image, or why there is none."""
        from tf_ipr.pipeline import transcode  # pylint: disable=import-outside-toplevel

        try:
            return transcode.read(item.content, self._max_pixels, item.name)
        except (ValueError, OSError, MemoryError) as error:
            return error

    def _align(self, read: Sequence) -> Iterator[Made | Exception]:
        images = [image for image in read if not isinstance(image, Exception)]
        try:
            found = iter(self._detector.landmarks(images) if images else [])
        except Exception as error:  # pylint: disable=broad-except  # Of these images alone.
            yield from (image if isinstance(image, Exception) else error for image in read)
            return
        for image in read:
            yield image if isinstance(image, Exception) else self._crop(image, next(found))

    def _crop(self, image, landmarks) -> Made | Exception:
        # pylint: disable=import-outside-toplevel
        import numpy as np

        from tf_ipr.faces import aligned_image
        from tf_ipr.pipeline import transcode
        from tf_ipr.runtime.alignment import align

        if not np.all(np.isfinite(landmarks)):
            return aligned_image.NoFaceError("no face was found")
        note = " ".join(f"({x:.1f}, {y:.1f})" for x, y in landmarks)
        try:
            return Made(transcode.png(align(image, landmarks, self._size)),
                        f"{self._size}x{self._size}, landmarks {note}")
        except Exception as error:  # pylint: disable=broad-except  # Of this image alone.
            return error


def main(argv) -> int:
    job = batch.job(argv, verb.ALIGN, FLAGS.overwrite)
    from tf_ipr.faces import detection  # pylint: disable=import-outside-toplevel  # Seconds.

    size = int(FLAGS.size)
    return job.run(Aligner(detection.FaceDetector(), size, FLAGS.max_pixels),
                   {"writes": "PNG", "aligned_size": size}, _AHEAD)


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
