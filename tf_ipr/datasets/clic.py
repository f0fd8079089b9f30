"""Patches of CLIC, the Challenge on Learned Image Compression 2020, to train general models.

Toderici et al., http://www.compression.cc, through TensorFlow Datasets. The photographs have
several million pixels, too many to be decoded for each small crop of a training; so each is cut
once into square patches, which the pipeline then crops at random.
"""

from __future__ import annotations

import pathlib

import numpy as np

from tf_ipr.datasets import tfds_files
from tf_ipr.files import image_file

SPLITS = ("train", "validation", "test")


def patches(split: str = "train", patch_size: int = 512) -> list[pathlib.Path]:
    """Files of the patches of one split.

    Args:
      split: one of `SPLITS`.
      patch_size: edge in pixels. The right and lower rest of an image that fills no patch is left
        out, and so is an image smaller than a patch.

    Returns:
      PNG files of patch_size × patch_size RGB pixels, sorted by image, row and column.

    Raises:
      ValueError: an unknown split, or a patch size below 16.
      tfds_files.DatasetError: TensorFlow Datasets cannot provide the images.
    """
    if split not in SPLITS:
        raise ValueError(f"CLIC's split is {split!r}; it must be one of {', '.join(SPLITS)}")
    if patch_size < 16:
        raise ValueError(f"patch_size is {patch_size}; it must be at least 16, the models' stride")

    def write_patches(folder: pathlib.Path, number: int, example) -> None:
        for (row, column), patch in cut(example["image"], patch_size).items():
            image_file.write_png(folder / f"{number:05d}_{row:02d}_{column:02d}.png", patch)

    return image_file.list_images(
        tfds_files.export("clic", split, f"{split}-{patch_size}", write_patches))


def cut(image: np.ndarray, patch_size: int) -> dict[tuple[int, int], np.ndarray]:
    """Cuts an image (H, W, 3) into its whole patches, by (row, column) from the top left."""
    rows, columns = image.shape[0] // patch_size, image.shape[1] // patch_size
    return {(row, column): image[row * patch_size:(row + 1) * patch_size,
                                 column * patch_size:(column + 1) * patch_size]
            for row in range(rows) for column in range(columns)}
