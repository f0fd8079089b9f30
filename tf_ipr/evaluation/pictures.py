"""What an evaluation runs on: the pictures of a dataset, whole or cut to the aligned face."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.evaluation.codecs.codec_form import ALIGNED
from tf_ipr.evaluation.crops import Crop
from tf_ipr.faces import cache
from tf_ipr.files import image_file

_CHUNK = 64


class Landmarks:
    """Landmarks of the main faces of files, found once and kept by the files' content.

    As `recognition.cache.landmarks_of_files`, whose cache it shares, but a damaged file is NaN.
    """

    def __init__(self, cache_dir, detector: Callable):
        """`detector` makes the `FaceDetector`; it is called only where something is missing."""
        self._cache = cache.landmarks_cache(cache_dir)
        self._detector = detector

    def of(self, dataset: EvaluationSet, progress=lambda items, **_: items) -> np.ndarray:
        """float32 [N, 5, 2]; NaN without a face. `progress` wraps the loop as tqdm does."""
        def read(index):
            try:
                return image_file.read_image(dataset.paths[index])
            except (ValueError, OSError):
                return None  # Named when it is measured.

        def over(parts):
            return progress(parts, desc="landmarks", unit="batch") if parts else ()

        keys = dataset.keys
        cache.fill(self._cache, keys, read, lambda images: self._detector().landmarks(images), over,
                   _CHUNK)
        unknown = np.full([5, 2], np.nan, np.float32)
        return np.stack([self._cache[key] if key in self._cache else unknown for key in keys])


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Images to be coded.

    Attributes:
      dataset: what they are.
      crop: None for whole images, else what is cut out of them.
      landmarks: of the whole images, float32 [N, 5, 2]; needed with `crop`.
    """

    dataset: EvaluationSet
    crop: Crop | None = None
    landmarks: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.dataset.paths)

    @property
    def paths(self) -> Sequence[pathlib.Path]:
        return self.dataset.paths

    @functools.cached_property
    def keys(self) -> list[str | None]:
        """What a result of each picture is kept by: its content; None for one that is unreadable."""
        keys = self.dataset.keys
        if self.crop is None:
            return keys
        cut = "" if self.crop.kind == ALIGNED else self.crop.kind
        return [None if key is None else
                f"{key}-{cut}{self.crop.size}-{hashlib.sha256(points.tobytes()).hexdigest()[:8]}"
                for key, points in zip(keys, np.asarray(self.landmarks, np.float32))]

    def read(self, index: int) -> np.ndarray:
        """uint8 RGB [H, W, 3].

        Raises:
          ValueError: a damaged file, or no face to align.
          OSError: a file that cannot be read.
        """
        image = image_file.read_image(self.paths[index])
        return image if self.crop is None else self.crop.cut(image, self.landmarks[index])

    def known_landmarks(self, index: int) -> np.ndarray:
        """Where the landmarks of `read(index)` lie, float32 [5, 2]."""
        landmarks = self.landmarks[index]
        return landmarks if self.crop is None else self.crop.landmarks(landmarks)
