"""Many images through one codec: in processes of their own where the codec allows it.

Times are processor milliseconds (all threads of the process), not wall clock, so that a busy
machine does not change them. A codec that works in batches gets the batch's time in equal shares.
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting


@dataclasses.dataclass(frozen=True)
class Coded:
    """One image after a codec.

    Attributes:
      num_bytes: of the whole file.
      container_bytes: of those, what describes the file and not the picture.
      decoded_u8: uint8 [H, W, 3].
      encode_ms, decode_ms: processor time.
    """

    num_bytes: int
    container_bytes: int
    decoded_u8: np.ndarray
    encode_ms: float
    decode_ms: float


Outcome = Coded | str  # A string says why there is no result.


class CodingPool:
    """Codes images ahead of whoever takes the results.

        with CodingPool() as pool:
            for index, image, outcome in pool.code(codec, 30, indices, read):
                ...
    """

    def __init__(self, processes: int | None = None):
        """`processes`: how many; None takes one for each processor this process may use."""
        self._processes = processes or _processors()
        self._workers = _Workers(self._processes)
        self._single = _Workers(1)

    def __enter__(self) -> CodingPool:
        return self

    def __exit__(self, *unused_exception) -> None:
        self._workers.stop()
        self._single.stop()

    def code(self, codec: ImageCodec | None, setting: Setting, indices: Iterable[int],
             read: Callable[[int], np.ndarray], batch: int = 16
             ) -> Iterator[tuple[int, np.ndarray | None, Outcome]]:
        """Codes and decodes.

        Args:
          codec: None hands the images through, with no bytes.
          setting: of the codec.
          indices: which images, in the order of the results.
          read: gives uint8 [H, W, 3]; a ValueError or OSError fails that image alone.
          batch: images at a time for a codec that works in batches.

        Yields:
          (index, the image or None if it cannot be read, the outcome).
        """
        images = ((index, *_try_reading(read, index)) for index in indices)
        if codec is None:
            for index, image, reason in images:
                yield index, image, reason or Coded(0, 0, image, 0.0, 0.0)
        elif codec.one_by_one:
            yield from self._in_processes(codec, setting, images, batch)
        else:
            yield from _in_batches(codec, setting, images, batch)

    def _in_processes(self, codec, setting, images, batch):
        def result(index, image, reason, future):
            try:
                return index, image, reason or future.result()
            except BrokenProcessPool:
                # One picture's crash takes along all that were in work.
                return index, image, self._alone(codec, setting, image)

        waiting: collections.deque = collections.deque()
        for index, image, reason in images:
            future = None if reason else self._workers.submit(code_one, codec, setting, image)
            waiting.append((index, image, reason, future))
            if len(waiting) >= 2 * batch + self._processes:
                yield result(*waiting.popleft())
        while waiting:
            yield result(*waiting.popleft())

    def _alone(self, codec, setting, image) -> Outcome:
        try:
            return self._single.submit(code_one, codec, setting, image).result()
        except BrokenProcessPool:
            return f"{codec.label} crashed, or the memory was not enough"


class _Workers:
    """Processes that are started when first needed, and again after one has crashed."""

    def __init__(self, processes: int):
        self._processes = processes
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None

    def submit(self, function, *arguments) -> concurrent.futures.Future:
        try:
            return self._running().submit(function, *arguments)
        except BrokenProcessPool:
            self.stop()
            return self._running().submit(function, *arguments)

    def stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def _running(self) -> concurrent.futures.ProcessPoolExecutor:
        if self._executor is None:
            # Forking a process with TensorFlow's threads may hang.
            self._executor = concurrent.futures.ProcessPoolExecutor(
                self._processes, multiprocessing.get_context("spawn"), _ignore_interrupt)
        return self._executor


def code_one(codec: ImageCodec, setting: Setting, image_u8: np.ndarray) -> Outcome:
    """Codes and decodes one image; what the codec raises becomes a sentence."""
    return code_together(codec, setting, [image_u8])[0]


def code_together(codec: ImageCodec, setting: Setting, images_u8: Sequence[np.ndarray]
                  ) -> list[Outcome]:
    """As `code_one`, for images that the codec may code together."""
    try:
        start = time.process_time()
        files = codec.encode_batch(images_u8, setting)
        middle = time.process_time()
        decoded = codec.decode_batch(files)
        end = time.process_time()
    except Exception as error:  # pylint: disable=broad-except  # Encoders raise their own kinds.
        if len(images_u8) > 1:
            return [code_one(codec, setting, image_u8) for image_u8 in images_u8]
        return [f"{codec.label} failed: {str(error) or type(error).__name__}"]
    shares = 1e3 / len(files)
    return [Coded(len(data), codec.container_bytes(data), image, shares * (middle - start),
                  shares * (end - middle))
            if image.shape == original.shape else
            f"{codec.label} returned an image of {image.shape} for one of {original.shape}"
            for data, image, original in zip(files, decoded, images_u8)]


def _in_batches(codec, setting, images, batch):
    def finish(held):
        readable = [image for _, image, reason in held if not reason]
        outcomes = iter(code_together(codec, setting, readable) if readable else [])
        for index, image, reason in held:
            yield index, image, reason or next(outcomes)

    held: list = []
    for item in images:
        held.append(item)
        if len(held) == batch:
            yield from finish(held)
            held = []
    yield from finish(held)


def _processors() -> int:
    """Those this process may use; only Linux tells."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1)


def _try_reading(read, index):
    try:
        return read(index), None
    except (ValueError, OSError) as error:
        return None, str(error) or type(error).__name__


def _ignore_interrupt() -> None:
    """Ctrl-C is the main process's to handle; it ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
