"""What a codec did to one image, measured once and remembered.

Results live in a file of JSON lines that only grows: a run that is killed loses the line it was
writing, and the next run starts where it ended. The key is the content of the image, the
codec's identity (encoder, version, options or model id) and the setting, so that results of another
image or another model are never mixed in.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from typing import Optional, Sequence

import numpy as np

from tf_ipr.atomic_file import PathLike
from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.image_codec import ImageCodec, Setting


@dataclasses.dataclass(frozen=True)
class CodingResult:
    """One image, one codec, one setting.

    Attributes:
      num_bytes: size of the whole file.
      bpp: bits per pixel of the image.
      psnr_db: infinite where the image came back unchanged.
      ms_ssim: 0..1.
      encode_ms, decode_ms: wall clock of one call, one image at a time.
    """

    num_bytes: int
    bpp: float
    psnr_db: float
    ms_ssim: float
    encode_ms: float
    decode_ms: float

    @classmethod
    def of(cls, image_u8: np.ndarray, data: bytes, decoded_u8: np.ndarray, encode_ms: float,
           decode_ms: float) -> CodingResult:
        """Compares an image, uint8 [H, W, 3], with what came out of the file `data`.

        Raises:
          ValueError: the two differ in size.
        """
        return cls(len(data), metrics.bits_per_pixel(len(data), image_u8),
                   metrics.psnr_db(image_u8, decoded_u8), metrics.ms_ssim(image_u8, decoded_u8),
                   encode_ms, decode_ms)


def measure(codec: ImageCodec, image_u8: np.ndarray, setting: Setting) -> CodingResult:
    """Codes, decodes and compares one image, uint8 [H, W, 3].

    Raises:
      ValueError: the codec refused the image, or did not return one of its size.
    """
    start = time.perf_counter()
    data = codec.encode(image_u8, setting)
    encoded = time.perf_counter()
    decoded_u8 = codec.decode(data)
    decoded = time.perf_counter()
    return CodingResult.of(image_u8, data, decoded_u8, 1e3 * (encoded - start),
                           1e3 * (decoded - encoded))


def measure_batch(codec: ImageCodec, images_u8: Sequence[np.ndarray], setting: Setting
                  ) -> list[CodingResult]:
    """As `measure`, for images that the codec may code together; times are shares of the batch's,
    encoding and decoding counted as one in `encode_ms`, and `decode_ms` is not a number."""
    start = time.perf_counter()
    coded = codec.code_batch(images_u8, setting)
    each_ms = 1e3 * (time.perf_counter() - start) / len(coded)
    return [CodingResult.of(image_u8, data, decoded_u8, each_ms, float("nan"))
            for image_u8, (data, decoded_u8) in zip(images_u8, coded)]


def image_key(image_u8: np.ndarray) -> str:
    """16 hex digits of the image's size and pixels."""
    digest = hashlib.sha256(repr(image_u8.shape).encode())
    digest.update(np.ascontiguousarray(image_u8))
    return digest.hexdigest()[:16]


class ResultCache:
    """Results in a file of JSON lines; one writer at a time.

        with ResultCache("runs/results.jsonl") as cache:
            result = cache.measure(codec, image_u8, setting)
    """

    def __init__(self, path: PathLike):
        """Reads what the file holds; makes it and its folder where they are missing."""
        self._results: dict[tuple[str, str, Setting], CodingResult] = {}
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        whole = 0
        self._file = open(path, "a+b")
        self._file.seek(0)
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            record = json.loads(line)
            key = (record.pop("image"), record.pop("codec"), record.pop("setting"))
            self._results[key] = CodingResult(**record)
        # What a kill left of the last line goes, lest the next one be glued to it.
        self._file.truncate(whole)

    def __enter__(self) -> ResultCache:
        return self

    def __exit__(self, *unused_exception) -> None:
        self._file.close()

    def get(self, codec: ImageCodec, image_u8: np.ndarray, setting: Setting
            ) -> Optional[CodingResult]:
        """The stored result, or None."""
        return self._results.get((image_key(image_u8), codec.identity(), setting))

    def measure(self, codec: ImageCodec, image_u8: np.ndarray, setting: Setting) -> CodingResult:
        """The stored result, or a new one, stored before it is returned."""
        key = image_key(image_u8), codec.identity(), setting
        if key not in self._results:
            self._store(key, measure(codec, image_u8, setting))
        return self._results[key]

    def measure_batch(self, codec: ImageCodec, images_u8: Sequence[np.ndarray], setting: Setting
                      ) -> list[CodingResult]:
        """As `measure`, for several images at once."""
        keys = [(image_key(image_u8), codec.identity(), setting) for image_u8 in images_u8]
        missing = [index for index, key in enumerate(keys) if key not in self._results]
        if missing:
            results = measure_batch(codec, [images_u8[index] for index in missing], setting)
            for index, result in zip(missing, results):
                self._store(keys[index], result)
        return [self._results[key] for key in keys]

    def _store(self, key, result: CodingResult) -> None:
        record = dict(image=key[0], codec=key[1], setting=key[2], **dataclasses.asdict(result))
        self._file.write(json.dumps(record).encode() + b"\n")
        self._file.flush()
        self._results[key] = result
