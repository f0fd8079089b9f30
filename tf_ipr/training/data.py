"""What a run trains on and what it is validated on.

The validation images are held out of the training images by a hash of their names (of the person's
name for faces), so they are the same in every run, and no test image is ever among them.
"""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from tf_ipr.datasets import celeba_hq, clic, folder, lfw, pipeline
from tf_ipr.files import image_file

DATASETS = ("lfw", "celeba_hq", "folder", "clic")
_MAX_VALIDATION_IMAGES = 48


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """A dataset and where it lies.

    Attributes:
      dataset: "lfw" (View 1 training people), "celeba_hq" (its training people), "folder" (any
        folder of images) or "clic".
      data_dir: folder of images; None lets TensorFlow Datasets fetch "lfw" or "clic".
      protocol_dir: folder of the official lists of "lfw" or "celeba_hq".
      validation_share: share of the images (of the people where they are known) held out.
    """

    dataset: str = "lfw"
    data_dir: str | None = None
    protocol_dir: str | None = None
    validation_share: float = 0.01

    def __post_init__(self):
        if self.dataset not in DATASETS:
            raise ValueError(f"dataset is {self.dataset!r}; it must be one of "
                             f"{', '.join(DATASETS)}.")
        if self.dataset == "lfw" and self.protocol_dir is None:
            raise ValueError("The dataset lfw needs --protocol_dir, the folder of "
                             f"{lfw.TRAIN_LIST} and {lfw.TEST_LIST}.")
        if self.dataset == "celeba_hq" and self.protocol_dir is None:
            raise ValueError("The dataset celeba_hq needs --protocol_dir, the folder of "
                             f"{celeba_hq.MAPPING} and {celeba_hq.IDENTITIES}.")
        if self.dataset in ("folder", "celeba_hq") and self.data_dir is None:
            raise ValueError(f"The dataset {self.dataset} needs --data_dir, a folder of images.")

    def split(self) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
        """(training files, validation files); raises as the datasets do."""
        if self.dataset in ("lfw", "celeba_hq"):
            dataset = lfw if self.dataset == "lfw" else celeba_hq
            faces = dataset.train(self.protocol_dir, self.data_dir)
            kept, held = folder.held_out(faces, self.validation_share, lambda f: f.identity)
            return [f.path for f in kept], [f.path for f in held]
        if self.dataset == "clic" and self.data_dir is None:
            return clic.patches("train"), clic.patches("validation")
        return folder.split(self.data_dir, self.validation_share)


def batches(paths, batch_size: int, crop_size: int | None, seed: int):
    """Batches for REC: first batch -> endless dataset of dict(image=float32 [B,h,w,3], 0..255)."""
    def start(first_batch: int):
        return pipeline.training_batches(
            paths, batch_size, crop_size, seed=seed,
            first_batch=first_batch).map(lambda image: dict(image=image))
    return start


def validation_sample(paths) -> list:
    """Up to 48 of `paths`, evenly spread; raises ValueError if there are none."""
    if not paths:
        raise ValueError("No validation image: the dataset is too small for --validation_share. "
                         "Raise it, or add images.")
    step = max(1, len(paths) // _MAX_VALIDATION_IMAGES)
    return list(paths[::step][:_MAX_VALIDATION_IMAGES])


def validation_images(paths, size: int | None = None) -> np.ndarray:
    """Reads up to 48 images, evenly spread, cut to their common size.

    Args:
      paths: image files; at least one.
      size: largest edge of the centre cut; None keeps what all images share.

    Returns:
      uint8 [N,H,W,3].
    """
    images = [image_file.read_image(path) for path in validation_sample(paths)]
    largest = [] if size is None else [size]
    height = min(largest + [image.shape[0] for image in images])
    width = min(largest + [image.shape[1] for image in images])
    return np.stack([_centre(i, height, width) for i in images])


def _centre(image: np.ndarray, height: int, width: int) -> np.ndarray:
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top:top + height, left:left + width]
