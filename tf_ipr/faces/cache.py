"""What detection and recognition found, kept on disk so that it is computed once.

A cache is a folder of numbered `.npz` files, each with some keys and their rows. Files are only
ever added, whole (`tf_ipr.files.atomic_file`), so a kill at any moment loses at most the work since the
last file, and the next run goes on from there. Keys are hashes of content, never of names: a
changed image or another recogniser is simply not found.
"""

from __future__ import annotations

import functools
import hashlib
import pathlib
import zipfile
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from tf_ipr.datasets.landmarks import mirror
from tf_ipr.files import atomic_file, image_file
from tf_ipr.files.file_key import file_key

Progress = Callable[[int, int], None]      # (images done, images in all)


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
        self._rows: dict[str, np.ndarray] = {}
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


def landmarks_cache(cache_dir) -> Cache:
    """Landmarks of main faces, rows [5, 2], by `file_key`; NaN for an image without a face."""
    # Takes another name when `detection.FaceDetector` finds other landmarks.
    return Cache(pathlib.Path(cache_dir) / "landmarks-mtcnn1", [5, 2])


def fill(cache: Cache, keys: Sequence[str | None], read: Callable, rows_of: Callable,
         over: Callable[[list[list[int]]], Iterable[list[int]]], chunk: int) -> None:
    """Computes what a cache lacks, and writes it chunk by chunk.

    Args:
        cache: gets the rows.
        keys: what is wanted; None has no row.
        read: index of a key that is absent -> what its row is made of; None where there is no row.
        rows_of: what was read of a chunk, a list -> its rows.
        over: runs through the chunks, lists of indices, and may report on the way as tqdm does.
        chunk: rows between two writes.
    """
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if key is not None and key not in cache:
            first.setdefault(key, index)
    absent = list(first.values())
    for part in over([absent[start:start + chunk] for start in range(0, len(absent), chunk)]):
        items = {index: read(index) for index in part}
        items = {index: item for index, item in items.items() if item is not None}
        if items:
            cache.add([keys[index] for index in items], rows_of(list(items.values())))


def landmarks_of_files(paths: Sequence, cache_dir, detector_factory: Callable | None = None,
                       progress: Progress | None = None, chunk: int = 256) -> np.ndarray:
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
    from tf_ipr.faces import detection

    cache = landmarks_cache(cache_dir)
    keys = [file_key(path) for path in paths]
    detector = functools.cache(detector_factory or detection.FaceDetector)
    fill(cache, keys, lambda index: image_file.read_image(paths[index]),
         lambda images: detector().landmarks(images), _reporting(progress, len(keys)), chunk)
    return cache.gather(keys)


def embeddings_of_files(recognizer, paths: Sequence, landmarks: np.ndarray, cache_dir,
                        progress: Progress | None = None, chunk: int = 256) -> np.ndarray:
    """Embeddings of original images and of their mirror images, computed once.

    Args:
        recognizer: a `tf_ipr.recognition.recognizer.Recognizer`.
        paths: image files.
        landmarks: float32 [N, 5, 2] of them; where they are NaN the embedding is NaN.
        cache_dir: folder of all caches.
        progress: called after every chunk.
        chunk: images between two writes.

    Returns:
        float32 [N, 2, D], the image and its mirror image; rows of length 1.
    """
    landmarks = np.asarray(landmarks, np.float32)
    cache = Cache(pathlib.Path(cache_dir) / f"embeddings-{recognizer.fingerprint[:16]}-2",
                  [2, recognizer.embedding_size])
    # The landmarks are part of what is embedded.
    keys = [f"{file_key(path)}-{hashlib.sha256(points.tobytes()).hexdigest()[:8]}"
            for path, points in zip(paths, landmarks)]

    def rows_of(faces):
        images, points = zip(*faces)
        mirrored = np.stack([mirror(face, image.shape[1]) for image, face in faces])
        return np.stack([
            recognizer.embed_faces(images, np.stack(points)),
            recognizer.embed_faces([image[:, ::-1] for image in images], mirrored)], axis=1)

    fill(cache, keys, lambda index: (image_file.read_image(paths[index]), landmarks[index]), rows_of,
         _reporting(progress, len(keys)), chunk)
    return cache.gather(keys)


def _reporting(progress: Progress | None, total: int) -> Callable:
    """An `over` of `fill` that tells `progress` how many of `total` keys are done."""
    def over(parts):
        done = total - sum(map(len, parts))
        for part in parts:
            yield part
            done += len(part)
            progress(done, total)

    return over if progress else iter
