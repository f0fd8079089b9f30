"""tf.data pipelines from image files to training batches.

```
 file ─ read_image ─ crop or pad ─ batch uint8 ─ flip (keras-cv) ─ pad to stride ─ float32 0..255
 └──────────── NumPy, one call per batch ─────┘ └───────────── TensorFlow ops ──────────────────┘
```

Files go through `image_file.read_image`, so that training sees what the codec will: upright, grey,
palette and CMYK files converted. Every random choice is a function of the seed and the running
number of the image alone. So batch b is the same in each run and with any number of threads, and
`first_batch=b` continues an interrupted training where it was, at no cost.

A file that cannot be read is never skipped: the iteration fails, and the error names the file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tf_ipr.datasets.landmarks import mirror
from tf_ipr.files import image_file
from tf_ipr.files.atomic_file import PathLike

# Independent streams of random numbers under one seed.
_ORDER, _CROP, _FLIP = range(3)


def training_batches(paths: Sequence[PathLike], batch_size: int, crop_size: int | None = None, *,
                     stride: int = 16, seed: int = 0, augment: bool = True, shuffle: bool = True,
                     repeat: bool = True, first_batch: int = 0) -> tf.data.Dataset:
    """Batches of images for the codec.

    Args:
      paths: image files of any sizes.
      batch_size: images per batch. Without `repeat` the last batch may be smaller.
      crop_size: edge of the random square crops; a smaller image is first padded by repeating its
        right column and lower row. None: whole images, padded likewise to the largest of their
        batch and to a multiple of `stride`.
      stride: of the model; used for whole images. 1 pads to the largest of the batch only.
      seed: of order, crops and flips, not negative.
      augment: mirrors every other image, at random, with keras-cv (extra `train`).
      shuffle: draws a new order in each pass over the files.
      repeat: passes over the files without end. A pass ends where the files end, in mid-batch too.
      first_batch: number of the batch to begin with.

    Returns:
      A dataset of float32 [B, h, w, 3] in 0..255.

    Raises:
      ValueError: no paths, or a number out of its range.
      While iterating, `tf.errors.OpError` whose text names the file that cannot be read.
    """
    _check_at_least(1, stride=stride, **({} if crop_size is None else {"crop_size": crop_size}))
    draw = _Draws(len(paths), batch_size, seed, augment, shuffle, repeat, first_batch)

    def load(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        numbers = draw.numbers(int(batch))
        images = [image_file.read_image(paths[draw.index(n)]) for n in numbers]
        if crop_size is not None:
            images = [_random_crop(image, crop_size, draw.generator(_CROP, n))
                      for image, n in zip(images, numbers)]
        return _stack(images), np.array([draw.flip(n) for n in numbers])

    flip = _flipper(augment)

    def finish(batch: tf.Tensor) -> tf.Tensor:
        image, flips = tf.numpy_function(load, [batch], [tf.uint8, tf.bool])
        image.set_shape([draw.static_batch_size, crop_size, crop_size, 3])
        flips.set_shape([draw.static_batch_size])
        image = flip(image, flips)
        return tf.cast(image if crop_size else _pad_to_stride(image, stride), tf.float32)

    return _prefetched(draw.batches(), finish)


def face_batches(paths: Sequence[PathLike], landmarks: np.ndarray,
                 embeddings: np.ndarray | None, batch_size: int, *,
                 stride: int = 16, seed: int = 0, augment: bool = True, shuffle: bool = True,
                 repeat: bool = True, first_batch: int = 0) -> tf.data.Dataset:
    """Batches of whole faces with what the identity loss needs.

    Args:
      paths: N image files.
      landmarks: [N, 5, 2], (x, y) in pixels of the upright image, pixel centres at integers: left
        eye, right eye, nose, left and right corner of the mouth, left being the smaller x.
      embeddings: of the images: None, [N, D] (without `augment`), or [N, 2, D]: of the image and of
        its mirror image, of which each batch holds the one that belongs to what it shows.
      batch_size, stride, seed, augment, shuffle, repeat, first_batch: as for `training_batches`.
        In a mirrored image the landmarks are mirrored too, and left and right change places.

    Returns:
      A dataset of dictionaries: `image` float32 [B, h, w, 3] in 0..255, `landmarks` float32
      [B, 5, 2] in pixels of that image, and `embeddings` float32 [B, D] if they were given.

    Raises:
      ValueError: no paths, a number out of its range, or arrays of other shapes.
      While iterating, `tf.errors.OpError` whose text names the file that cannot be read.
    """
    _check_at_least(1, stride=stride)
    draw = _Draws(len(paths), batch_size, seed, augment, shuffle, repeat, first_batch)
    landmarks = np.asarray(landmarks, np.float32)
    if landmarks.shape != (len(paths), 5, 2):
        raise ValueError(
            f"landmarks have shape {landmarks.shape}; {(len(paths), 5, 2)} is needed: five points "
            "of each image")
    by_flip = _embeddings_by_flip(embeddings, len(paths), augment)

    def load(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        numbers = draw.numbers(int(batch))
        rows = np.array([draw.index(n) for n in numbers])
        flips = np.array([draw.flip(n) for n in numbers])
        image = _stack([image_file.read_image(paths[row]) for row in rows])
        points = np.where(flips[:, None, None], mirror(landmarks[rows], image.shape[2]),
                          landmarks[rows])
        return image, flips, points, by_flip[rows, flips.astype(int)]

    flip = _flipper(augment)

    def finish(batch: tf.Tensor) -> dict[str, tf.Tensor]:
        image, flips, points, embedding = tf.numpy_function(
            load, [batch], [tf.uint8, tf.bool, tf.float32, tf.float32])
        image.set_shape([draw.static_batch_size, None, None, 3])
        flips.set_shape([draw.static_batch_size])
        image = tf.cast(_pad_to_stride(flip(image, flips), stride), tf.float32)
        faces = {"image": image,
                 "landmarks": tf.ensure_shape(points, [draw.static_batch_size, 5, 2])}
        if embeddings is not None:
            faces["embeddings"] = tf.ensure_shape(
                embedding, [draw.static_batch_size, by_flip.shape[2]])
        return faces

    return _prefetched(draw.batches(), finish)


class _Draws:
    """File, crop and flip of the n-th image of a training, as functions of n and the seed."""

    def __init__(self, count: int, batch_size: int, seed: int, augment: bool, shuffle: bool,
                 repeat: bool, first_batch: int):
        _check_at_least(1, paths=count, batch_size=batch_size)
        _check_at_least(0, seed=seed, first_batch=first_batch)
        self._count, self._batch_size, self._first_batch = count, batch_size, first_batch
        self._seed, self._augment, self._shuffle, self._repeat = seed, augment, shuffle, repeat
        # Two passes, because batches loaded side by side may lie on both sides of a border.
        self._order = functools.lru_cache(maxsize=4)(
            lambda epoch: self.generator(_ORDER, epoch).permutation(count))

    @property
    def static_batch_size(self) -> int | None:
        """The size of every batch, or None if the last one differs."""
        return self._batch_size if self._repeat or self._count % self._batch_size == 0 else None

    def batches(self) -> tf.data.Dataset:
        """The numbers of the batches, int64."""
        if self._repeat:
            return tf.data.Dataset.counter(self._first_batch)
        return tf.data.Dataset.range(self._first_batch, -(-self._count // self._batch_size))

    def numbers(self, batch: int) -> range:
        """The running numbers of the images in a batch."""
        end = (batch + 1) * self._batch_size
        return range(batch * self._batch_size, end if self._repeat else min(end, self._count))

    def generator(self, stream: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, stream, number])

    def index(self, number: int) -> int:
        """Index of the file."""
        epoch, position = divmod(number, self._count)
        return int(self._order(epoch)[position]) if self._shuffle else position

    def flip(self, number: int) -> bool:
        return self._augment and bool(self.generator(_FLIP, number).integers(2))


def _check_at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name}: {value} given; at least {least} is needed")


def _embeddings_by_flip(embeddings: np.ndarray | None, count: int, augment: bool) -> np.ndarray:
    """Brings embeddings to float32 [N, 2, D], the second axis being: mirrored or not."""
    if embeddings is None:
        return np.zeros((count, 2, 0), np.float32)
    embeddings = np.asarray(embeddings, np.float32)
    if embeddings.ndim == 2 and not augment:
        embeddings = np.repeat(embeddings[:, None], 2, axis=1)
    if embeddings.ndim != 3 or embeddings.shape[:2] != (count, 2):
        raise ValueError(
            f"embeddings have shape {embeddings.shape}; ({count}, 2, D) is needed: of each image "
            f"and of its mirror image; without augment also ({count}, D)")
    return embeddings


def _random_crop(image: np.ndarray, size: int, generator: np.random.Generator) -> np.ndarray:
    """A random square (size, size, 3) of an image, which is padded first where it is smaller."""
    image = _pad(image, max(size, image.shape[0]), max(size, image.shape[1]))
    top, left = generator.integers(0, np.array(image.shape[:2]) - size + 1)
    return image[top:top + size, left:left + size]


def _pad(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Repeats the lower row and the right column of (H, W, 3) up to the given size."""
    below, right = height - image.shape[0], width - image.shape[1]
    return np.pad(image, ((0, below), (0, right), (0, 0)), "edge") if below or right else image


def _stack(images: Sequence[np.ndarray]) -> np.ndarray:
    """Pads images to the largest height and width among them; uint8 [B, h, w, 3]."""
    height, width = np.max([image.shape[:2] for image in images], axis=0)
    return np.stack([_pad(image, height, width) for image in images])


def _pad_to_stride(image: tf.Tensor, stride: int) -> tf.Tensor:
    """Repeats the lower row and the right column of [B, h, w, 3] up to a multiple of `stride`."""
    for axis in (1, 2):
        size = tf.shape(image)[axis]
        padded = (size + stride - 1) // stride * stride
        image = tf.gather(image, tf.minimum(tf.range(padded), size - 1), axis=axis)
    return image


def _flipper(augment: bool) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """A function that mirrors the images of a batch where bool [B] says so, by keras-cv.

    keras-cv's layer draws from a generator whose state no seed and no checkpoint of ours restores;
    so it is handed the draws, which it compares with its rate.
    """
    if not augment:
        return lambda image, flips: image
    try:
        import keras_cv  # pylint: disable=import-outside-toplevel  # It takes seconds.
    except ImportError as error:
        raise ImportError(
            f"augmentation needs keras-cv, which cannot be imported ({error}): "
            "pip install 'tf_ipr[train]', or train without augmentation") from error
    layer = keras_cv.layers.RandomFlip("horizontal", rate=0.5)

    def flip(image: tf.Tensor, flips: tf.Tensor) -> tf.Tensor:
        draws = tf.cast(flips, tf.float32)[:, None]
        return layer.augment_images(image, transformations={
            "flip_horizontals": draws, "flip_verticals": tf.zeros_like(draws)})

    return flip


def _prefetched(batches: tf.data.Dataset, finish: Callable) -> tf.data.Dataset:
    return batches.map(finish, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(
        tf.data.AUTOTUNE)
