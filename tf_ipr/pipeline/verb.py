"""What a run reads and writes, told by content and, for outputs, by the suffix of a name."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

from tf_ipr.files import file_kind


@dataclasses.dataclass(frozen=True)
class Verb:
    """A kind of run: compress, decompress, align.

    Attributes:
      name: what the manifest calls it.
      reads: what an input is called, such as "picture".
      is_input: the kind of a file's content or of its suffix (`file_kind`) -> whether it is meant to be
        read.
      writes: the kind of an output.
      suffix: of an output, with the dot.
      is_ours: the beginning of a file of the kind `writes` -> whether this project made it, so that it
        may be made anew unasked.
      largest: bytes of an input; a larger one is refused unread.
    """

    name: str
    reads: str
    is_input: Callable[[object], bool]
    writes: str
    suffix: str
    is_ours: Callable[[bytes], bool]
    largest: int = 1 << 30

    def stem(self, name: str) -> str:
        """A file's name without its suffix, if that is one of inputs: `photo.2024` keeps it."""
        stem, dot, _ = name.rpartition(".")
        return stem if dot and stem and self.is_input(file_kind.of_suffix(name)) else name

    def wants(self, path: pathlib.Path) -> bool:
        """Whether a file is meant to be read: by its name, or else by its content; OSError."""
        return self.is_input(file_kind.of_suffix(path.name)) or self.is_input(file_kind.of_file(path))

    def fits(self, name: str) -> bool:
        """Whether an output may have the name: one that promises nothing else."""
        return file_kind.of_suffix(name) in (None, self.writes)


def _is_our_png(head: bytes) -> bool:
    from tf_ipr.pipeline import transcode  # pylint: disable=import-outside-toplevel  # Loads NumPy.

    return transcode.is_our_png(head)


def _always(_: bytes) -> bool:
    return True


COMPRESS = Verb("compress", "picture", file_kind.is_picture, file_kind.STREAM, ".ipr", _always)
DECOMPRESS = Verb("decompress", "stream", lambda kind: kind == file_kind.STREAM, file_kind.PNG, ".png",
                  _is_our_png)
ALIGN = Verb("align", "picture", file_kind.is_picture, file_kind.PNG, ".png", _is_our_png)
