"""What a codec at one setting did to every picture of a dataset: computed once, kept, resumed.

Every picture is coded and decoded, compared with the original, its face is found in the decoded
picture by itself, and embedded by every recogniser. The figures and embeddings are kept by the
picture's content, in folders named after codec (encoder, version, options or weights), setting,
detector and recogniser: results of other images or of another model are never found. Pixels are not
kept. A kill loses at most the last chunk; failures are not kept, so the next run tries them again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import itertools
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.coding_pool import Coded, CodingPool
from tf_ipr.evaluation.pictures import Pictures
from tf_ipr.faces.cache import Cache

FIGURES = ("num_bytes", "container_bytes", "pixels", "psnr_db", "ms_ssim", "encode_ms",
           "decode_ms")
_CONTAINERS = "containers 2"  # Which bytes count as container; another count needs other caches.
_CHUNK_PIXELS = 1 << 21  # Pictures held at once: 32 of 250×250, 2 of 1024×1024.


@dataclasses.dataclass(frozen=True)
class Measured:
    """Results of all pictures, in their order; a row of NaN is one that failed.

    Attributes:
      figures: float32 [N] by name, see `FIGURES`; psnr_db is infinite for equal pictures, and of
        the originals num_bytes is the file's (aligned crops: NaN).
      landmarks: float32 [N, 5, 2]; NaN where no face was found.
      embeddings: per recogniser float32 [N, D], NaN likewise.
      failures: index and reason of each picture without a result.
    """

    figures: dict
    landmarks: np.ndarray
    embeddings: Sequence[np.ndarray]
    failures: Sequence[tuple[int, str]]


class Laboratory:
    """The recognisers, the detector, the processes and the cache that measurements share."""

    def __init__(self, recognizers: Sequence, detector: Callable, cache_dir,
                 pool: CodingPool, detect: bool = True):
        """Arguments:

          recognizers: `Recognizer`s; may be none.
          detector: makes the `FaceDetector`, called when it is needed.
          cache_dir: folder of the results; one process at a time for one codec and setting.
          pool: where pictures are coded.
          detect: whether to find the face in each decoded picture; otherwise the landmarks of the
            original hold, as they always do in aligned crops.
        """
        self.recognizers = recognizers
        self._detector = detector
        self._cache_dir = pathlib.Path(cache_dir)
        self._pool = pool
        self._detect = detect
        self._opened: tuple = (None, None)

    def missing(self, pictures: Pictures, codec: ImageCodec | None, setting: Setting) -> int:
        """How many pictures `measure` would have to code."""
        return len(self._open(pictures, codec, setting).missing(pictures))

    def measure(self, pictures: Pictures, codec: ImageCodec | None, setting: Setting,
                done: Callable[[int], None] = lambda count: None) -> Measured:
        """Measures what is not in the cache yet.

        Args:
          pictures: what to code.
          codec: None for the originals themselves.
          setting: of the codec.
          done: called with the number of pictures finished since the last call.
        """
        caches = self._open(pictures, codec, setting)
        missing = caches.missing(pictures)
        failures = [(index, _unreadable(pictures.paths[index]))
                    for index, key in enumerate(pictures.keys) if key is None]
        chunk = self._chunk(pictures, missing)
        results = self._pool.code(codec, setting, missing, pictures.read, chunk)
        while part := list(itertools.islice(results, chunk)):
            good = [item for item in part if isinstance(item[2], Coded)]
            failures += [(index, outcome) for index, _, outcome in part if isinstance(outcome, str)]
            if good:
                self._keep(pictures, codec, good, caches)
            done(len(part))
        return caches.gather(pictures, sorted(failures))

    def _keep(self, pictures, codec, good, caches) -> None:
        indices = [index for index, _, _ in good]
        images = [coded.decoded_u8 for _, _, coded in good]
        keys = [pictures.keys[index] for index in indices]
        if self._detects(pictures) and self.recognizers:
            landmarks = self._detector().landmarks(images)
        elif pictures.landmarks is not None:
            landmarks = np.stack([pictures.known_landmarks(index) for index in indices])
        else:
            landmarks = np.full([len(images), 5, 2], np.nan, np.float32)
        for recognizer, cache in zip(self.recognizers, caches.embeddings):
            cache.add(keys, recognizer.embed_faces(images, landmarks))
        similarity = _ms_ssim([image for _, image, _ in good], images)
        rows = []
        for (index, image, coded), points, ms_ssim in zip(good, landmarks, similarity):
            size = coded.num_bytes
            if codec is None:
                size = np.nan if pictures.crop else pictures.paths[index].stat().st_size
            rows.append([size, coded.container_bytes, image.shape[0] * image.shape[1],
                         metrics.psnr_db(image, coded.decoded_u8), ms_ssim,
                         coded.encode_ms, coded.decode_ms, *points.ravel()])
        caches.figures.add(keys, np.array(rows, np.float32))

    def _detects(self, pictures: Pictures) -> bool:
        return self._detect and pictures.crop is None

    def _open(self, pictures, codec, setting) -> _Caches:
        landmarks = "given" if not self._detects(pictures) else (
            f"mtcnn {_version('mtcnn')}" if self.recognizers else "none")
        about = (codec.fingerprint() if codec else "original", f"{setting:g}", pictures.crop, landmarks,
                 _CONTAINERS)
        folder = self._cache_dir / "coded" / hashlib.sha256(repr(about).encode()).hexdigest()[:16]
        if self._opened[0] != folder:  # Opening reads hundreds of files.
            self._opened = folder, _Caches(
                Cache(folder / "figures", [len(FIGURES) + 10]),
                [Cache(folder / recognizer.fingerprint[:16], [recognizer.embedding_size])
                 for recognizer in self.recognizers])
        return self._opened[1]

    def _chunk(self, pictures: Pictures, missing: Sequence[int]) -> int:
        """Pictures at a time, by the size of the first that can be read."""
        for index in missing[:100]:
            try:
                height, width = pictures.read(index).shape[:2]
                return int(np.clip(_CHUNK_PIXELS // (height * width), 1, 64))
            except (ValueError, OSError):
                continue
        return 1


@dataclasses.dataclass(frozen=True)
class _Caches:
    """Of one codec at one setting."""

    figures: Cache
    embeddings: Sequence[Cache]

    def missing(self, pictures: Pictures) -> list[int]:
        """Indices to be measured; of equal pictures the first."""
        first: dict = {}
        for index, key in enumerate(pictures.keys):
            if key is not None and not self.has(key):
                first.setdefault(key, index)
        return sorted(first.values())

    def has(self, key) -> bool:
        return key in self.figures and all(key in cache for cache in self.embeddings)

    def gather(self, pictures: Pictures, failures) -> Measured:
        def rows(cache, width):
            nothing = np.full([width], np.nan, np.float32)
            return np.stack([cache[key] if key is not None and self.has(key) else nothing
                             for key in pictures.keys])

        figures = rows(self.figures, len(FIGURES) + 10)
        return Measured(
            {name: figures[:, column] for column, name in enumerate(FIGURES)},
            figures[:, len(FIGURES):].reshape(-1, 5, 2),
            [rows(cache, cache.row_shape[0]) for cache in self.embeddings], failures)


def _ms_ssim(originals: Sequence[np.ndarray], decoded: Sequence[np.ndarray]) -> np.ndarray:
    """As `metrics.ms_ssim_batch`; NaN for pictures too small for it."""
    values = np.full([len(originals)], np.nan, np.float32)
    large = [index for index, image in enumerate(originals) if min(image.shape[:2]) >= 11]
    values[large] = metrics.ms_ssim_batch([originals[index] for index in large],
                                          [decoded[index] for index in large])
    return values


def _unreadable(path) -> str:
    return f"{path} cannot be read"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
