"""What detection and recognition found, kept on disk so that it is computed once.

A cache is a folder of numbered `.npz` files, each with some keys and their rows. Files are only
ever added, whole (`tf_ipr.atomic_file`), so a kill at any moment loses at most the work since the
last file, and the next run goes on from there. Keys are hashes of content, never of names: a
changed image or another recogniser is simply not found.
"""

from __future__ import annotations

import hashlib
import pathlib
import zipfile
from typing import Callable, Dict, Iterator, Optional, Sequence, Tuple

import numpy as np

from tf_ipr import atomic_file
from tf_ipr.datasets import image_file
from tf_ipr.datasets.landmarks import mirror

Progress = Callable[[int, int], None]      # (images done, images in all)


def file_key(path) -> str:
    """Key of an image file: hash of its bytes."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:32]


class Cache:
    """Rows of one shape by key, in a folder."""

    def __init__(self, folder, row_shape: Sequence[int]):
        """Opens a cache, or begins one.

        Args:
            folder: where the files lie; need not exist. Its name should say what made the rows
                (detector and version, fingerprint of the recogniser).
            row_shape: shape of one row, float32.

        Raises:
            ValueError: if the folder holds rows of another shape, or a file that is not readable.
        """
        self._folder = pathlib.Path(folder)
        self.row_shape = tuple(row_shape)
        self._rows: Dict[str, np.ndarray] = {}
        self._next_file = 0
        for path in sorted(self._folder.glob("*.npz")):
            try:
                with np.load(path, allow_pickle=False) as file:
                    keys, rows = file["keys"], file["rows"]
            except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
                raise ValueError(f"{path} is not a cache file ({error}); delete it") from error
            if rows.shape[1:] != self.row_shape or len(keys) != len(rows):
                raise ValueError(f"{path} holds {len(keys)} keys and rows {rows.shape}, expected "
                                 f"rows of {self.row_shape}; choose another cache folder")
            self._rows.update(zip(keys.tolist(), rows))
            self._next_file = int(path.stem) + 1

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> np.ndarray:
        return self._rows[key]

    def add(self, keys: Sequence[str], rows: np.ndarray) -> None:
        """Adds rows float32 [N, *row_shape] and writes them to disk at once."""
        rows = np.asarray(rows, np.float32)
        if rows.shape != (len(keys), *self.row_shape):
            raise ValueError(f"rows are {rows.shape}, expected {(len(keys), *self.row_shape)}")
        if not len(keys):
            return
        while (self._folder / f"{self._next_file:06d}.npz").exists():
            self._next_file += 1  # Another process has added to the cache meanwhile.
        with atomic_file.writing(self._folder / f"{self._next_file:06d}.npz") as file:
            np.savez(file, keys=np.array(list(keys)), rows=rows)
        self._next_file += 1
        self._rows.update(zip(keys, rows))

    def gather(self, keys: Sequence[str]) -> np.ndarray:
        """The rows of `keys`, float32 [N, *row_shape]; KeyError for one that is absent."""
        return np.stack([self._rows[key] for key in keys]) if len(keys) else (
            np.empty([0, *self.row_shape], np.float32))


def landmarks_of_files(paths: Sequence, cache_dir, detector_factory: Optional[Callable] = None,
                       progress: Optional[Progress] = None, chunk: int = 256) -> np.ndarray:
    """Landmarks of each image file's main face, computed once.

    Args:
        paths: image files.
        cache_dir: folder of all caches.
        detector_factory: makes the `FaceDetector`, called only if something is missing.
        progress: called after every chunk.
        chunk: images between two writes.

    Returns:
        float32 [N, 5, 2]; NaN for an image without a face.
    """
    from tf_ipr.recognition import detection

    cache = Cache(pathlib.Path(cache_dir) / "landmarks-mtcnn1", [5, 2])
    keys = [file_key(path) for path in paths]
    detector = None
    for part, done in _missing(cache, keys, chunk):
        if detector is None:
            detector = (detector_factory or detection.FaceDetector)()
        images = [image_file.read_image(paths[i]) for i in part]
        cache.add([keys[i] for i in part], detector.landmarks(images))
        if progress:
            progress(done, len(keys))
    return cache.gather(keys)


def embeddings_of_files(recognizer, paths: Sequence, landmarks: np.ndarray, cache_dir,
                        mirrored: bool = True, progress: Optional[Progress] = None,
                        chunk: int = 256) -> np.ndarray:
    """Embeddings of original images, computed once.

    Args:
        recognizer: a `tf_ipr.recognition.recognizer.Recognizer`.
        paths: image files.
        landmarks: float32 [N, 5, 2] of them; where they are NaN the embedding is NaN.
        cache_dir: folder of all caches.
        mirrored: whether to embed each image's mirror image too.
        progress: called after every chunk.
        chunk: images between two writes.

    Returns:
        float32 [N, 2, D] (the image, its mirror image) or [N, 1, D]; rows of length 1.
    """
    views = 2 if mirrored else 1
    landmarks = np.asarray(landmarks, np.float32)
    cache = Cache(
        pathlib.Path(cache_dir) / f"embeddings-{recognizer.fingerprint[:16]}-{views}",
        [views, recognizer.embedding_size])
    # The landmarks are part of what is embedded.
    keys = [f"{file_key(path)}-{hashlib.sha256(points.tobytes()).hexdigest()[:8]}"
            for path, points in zip(paths, landmarks)]
    for part, done in _missing(cache, keys, chunk):
        images = [image_file.read_image(paths[i]) for i in part]
        points = landmarks[part]
        rows = [recognizer.embed_faces(images, points)]
        if mirrored:
            widths = [image.shape[1] for image in images]
            rows.append(recognizer.embed_faces(
                [image[:, ::-1] for image in images],
                np.stack([mirror(face, width) for face, width in zip(points, widths)])))
        rows = np.stack(rows, axis=1)
        cache.add([keys[i] for i in part], rows)
        if progress:
            progress(done, len(keys))
    return cache.gather(keys)


def _missing(cache: Cache, keys: Sequence[str], chunk: int) -> Iterator[Tuple[list, int]]:
    """Yields (indices of up to `chunk` keys that are absent, number of keys done after them)."""
    absent, seen = [], set()
    for index, key in enumerate(keys):
        if key not in cache and key not in seen:
            absent.append(index)
            seen.add(key)
    done = len(keys) - len(absent)
    for start in range(0, len(absent), chunk):
        part = absent[start:start + chunk]
        done += len(part)
        yield part, done
