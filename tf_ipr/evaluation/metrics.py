"""Rate and quality of one coded image: bits per pixel, PSNR, MS-SSIM.

All are per image; a data set's figure is the mean over its images, as in the paper. PSNR of
identical images is infinite, and so is then the mean: nothing is capped or dropped here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_ipr.datasets.shape_batches import batches_of_one_shape
from tf_ipr.losses import ms_ssim as ms_ssim_loss

_BATCH = 8


def bits_per_pixel(num_bytes: int, image_u8: np.ndarray) -> float:
    """8 · bytes / (width · height): the whole file, header included, over the real pixels."""
    height, width = image_u8.shape[:2]
    return 8.0 * num_bytes / (height * width)


def psnr_db(original_u8: np.ndarray, decoded_u8: np.ndarray) -> float:
    """Peak signal-to-noise ratio, 10 log10(255² / MSE), over all pixels and the three colours.

    Args:
      original_u8, decoded_u8: uint8 [H, W, 3].

    Returns:
      Decibels; `math.inf` for identical images.

    Raises:
      ValueError: other types, or shapes that differ.
    """
    _check_pair(original_u8, decoded_u8)
    difference = original_u8.astype(np.int32) - decoded_u8
    mean_square = float(np.mean(np.square(difference), dtype=np.float64))
    return 10.0 * math.log10(255.0**2 / mean_square) if mean_square else math.inf


def ms_ssim(original_u8: np.ndarray, decoded_u8: np.ndarray) -> float:
    """Multi-scale structural similarity; see `tf_ipr.losses.ms_ssim` for its definition.

    Args:
      original_u8, decoded_u8: uint8 [H, W, 3], at least 11×11; five scales from 161 pixels on.

    Returns:
      0..1, 1 for identical images.

    Raises:
      ValueError: other types, shapes that differ, or an image below 11×11.
    """
    return float(ms_ssim_batch([original_u8], [decoded_u8])[0])


def ms_ssim_batch(originals_u8: Sequence[np.ndarray], decoded_u8: Sequence[np.ndarray]
                  ) -> np.ndarray:
    """`ms_ssim` of each pair, float32 [N]; faster than one by one where many share a size."""
    for pair in zip(originals_u8, decoded_u8):
        _check_pair(*pair)
    values = np.empty([len(originals_u8)], np.float32)
    for members in batches_of_one_shape(originals_u8, _BATCH):
        values[members] = _compiled_ms_ssim(originals_u8[members[0]].shape)(*(
            np.stack([images[index] for index in members]) for images in (originals_u8, decoded_u8)))
    return values


@functools.lru_cache(maxsize=16)
def _compiled_ms_ssim(shape: tuple[int, int, int]):
    """A graph per image size, and no more of them than a folder of many sizes needs."""
    spec = tf.TensorSpec([None, *shape], tf.uint8)

    @tf.function(input_signature=[spec, spec])
    def value(original, decoded):
        return ms_ssim_loss.ms_ssim(tf.cast(original, tf.float32), tf.cast(decoded, tf.float32))

    return value


def _check_pair(original_u8: np.ndarray, decoded_u8: np.ndarray) -> None:
    for name, image in (("original", original_u8), ("decoded", decoded_u8)):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f"the {name} image must be uint8 of shape (H, W, 3), given {image.dtype} of shape "
                f"{image.shape}; round and convert it first")
    if original_u8.shape != decoded_u8.shape:
        raise ValueError(
            f"the images must have one size, given {original_u8.shape} and {decoded_u8.shape}; "
            "compare images before any resizing or cropping")
