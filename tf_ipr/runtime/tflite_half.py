"""One half of a codec as a TFLite file: what it says about itself, and running it.

A file is a TFLite model with a zip archive appended, as TFLite's own metadata does it: run-times
ignore it, `unzip -p encoder.tflite metadata.json` and Python's zipfile read it.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import threading
import zipfile
from collections.abc import Callable
from typing import Any, Union

from tf_ipr.format.bitstream import MAJOR, MAX_PIXELS
from tf_ipr.runtime import quiet_start

METADATA = "metadata.json"
ANY_SIZE = "any"
Source = Union[bytes, str, "os.PathLike[str]"]
# (content of a file, number of threads) -> an interpreter with TFLite's Python interface.
Interpreter = Callable[[bytes, int], Any]


class HalfError(ValueError):
    """A file that is no encoder or decoder, or one of another kind, format or model."""


def litert(content: bytes, threads: int):
    """The interpreter of LiteRT, with XNNPACK."""
    try:
        from ai_edge_litert.interpreter import Interpreter as LiteRT
    except ImportError as error:
        raise ImportError("LiteRT is not installed: pip install ai-edge-litert") from error
    return LiteRT(model_content=content, num_threads=threads)


class TFLiteHalf:
    """An encoder or decoder file, ready to run from any thread.

    Every thread, and every process after a fork, gets an interpreter of its own when it first needs
    one, because an interpreter serves one caller at a time.

    Attributes:
      name: what errors call the file.
      part: "encoder" or "decoder".
      model_id: 8 hexadecimal digits.
      image_size: (width, height) if the file takes this one size alone, else None.
      max_pixels: largest width * height that the file takes.
      metadata: all that the file says about itself.
    """

    def __init__(self, source: Source, part: str, threads: int = 1, interpreter: Interpreter = litert):
        """Reads a file.

        Args:
          source: its path or its content.
          part: which half is expected; it is the name of the metadata's entry `part`.
          threads: of one run.
          interpreter: makes what runs the file.

        Raises:
          HalfError: the file is something else, or of another format version.
          OSError: the path cannot be read.
        """
        if isinstance(source, bytes):
            self.name, self._content = f"the {part}", source
        else:
            self.name, self._content = os.fspath(source), pathlib.Path(source).read_bytes()
        self.metadata = _metadata(self._content, self.name)
        if self.metadata["part"] != part:
            raise HalfError(
                f"{self.name} holds the {self.metadata['part']} of model "
                f"{self.metadata['model_id']}, not {_with_article(part)}; give the file of that half."
            )
        version = self.metadata["format_version"]
        if version.split(".")[0] != str(MAJOR):
            raise HalfError(
                f"{self.name} is of stream format {version}; this release knows "
                f"{MAJOR}.x. Export it again, or use a matching release."
            )
        self.part, self.model_id = part, self.metadata["model_id"]
        self.image_size = _size(self.metadata["image_size"])
        self.max_pixels = int(self.metadata.get("max_pixels", MAX_PIXELS))
        self._threads, self._interpreter, self._local = threads, interpreter, threading.local()

    def __getstate__(self) -> dict:
        """For other processes, which make interpreters of their own."""
        return {**self.__dict__, "_local": None}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state, _local=threading.local())

    def run(self, signature: str, **inputs) -> dict[str, Any]:
        """Runs a signature: arrays in, arrays out, by name."""
        runner = self._runner(signature)
        if not self._local.first:
            return runner(**inputs)
        with quiet_start.without_line(b"Created TensorFlow Lite XNNPACK delegate"):
            result = runner(**inputs)
        self._local.first = False
        return result

    def fixed_length(self, signature: str, name: str) -> int | None:
        """The length of a one-dimensional input, or None where it is open."""
        length = int(self._runner(signature).get_input_details()[name]["shape_signature"][0])
        return None if length < 0 else length

    def _runner(self, signature: str):
        owner = os.getpid()
        if getattr(self._local, "owner", None) != owner:
            self._local.runner = self._interpreter(self._content, self._threads).get_signature_runner(
                signature
            )
            self._local.owner, self._local.first = owner, True
        return self._local.runner


def _metadata(content: bytes, name: str) -> dict:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            metadata = json.loads(archive.read(METADATA))
        for key in ("part", "model_id", "format_version", "image_size"):
            metadata[key]  # pylint: disable=pointless-statement
        return metadata
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError) as error:
        raise HalfError(
            f"{name} is no encoder or decoder of this project: it holds no usable "
            f"{METADATA} ({error}). Make one with tf_ipr_export --target=tflite."
        ) from error


def _size(text: str) -> tuple[int, int] | None:
    if text == ANY_SIZE:
        return None
    width, height = text.split("x")
    return int(width), int(height)


def _with_article(part: str) -> str:
    return f"{'an' if part[0] in 'aeiou' else 'a'} {part}"
