"""Datasets of TensorFlow Datasets (TFDS) as folders of image files.

The pipelines read files; TFDS gives records. So a split is written out once, beside the records
and under their version (`…/lfw/0.1.1-files/images`), and taken from there afterwards. The folder
appears only when it is complete. TFDS is imported when it is needed, not before: it takes seconds
and belongs to the extra `train`.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from tf_ipr.files import atomic_file

# Writes one example, given with NumPy values, into the folder; the number counts from 0.
WriteExample = Callable[[pathlib.Path, int, Mapping[str, Any]], None]


class DatasetError(OSError):
    """TensorFlow Datasets is not installed, or cannot get the dataset."""


def export(name: str, split: str, variant: str, write_example: WriteExample,
           skip_decoding: str | None = None) -> pathlib.Path:
    """Downloads a dataset if need be and writes one split as files.

    Args:
      name: of the dataset in TFDS.
      split: a split's name.
      variant: name of the folder; it must differ when `write_example` writes other files.
      write_example: makes the file or files of one example.
      skip_decoding: a feature that is handed over as the stored bytes, so that an image file stays
        what it was.

    Returns:
      The folder.

    Raises:
      DatasetError: TFDS is not installed, or the dataset cannot be had.
    """
    try:
        import tensorflow_datasets as tfds  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise DatasetError(
            f"the dataset {name!r} needs TensorFlow Datasets, which cannot be imported ({error}): "
            "pip install 'tf_ipr[train]', or give a folder of images (--data_dir)") from error
    try:
        builder = tfds.builder(name)
        folder = pathlib.Path(f"{builder.data_dir}-files") / variant
        if folder.is_dir():
            return folder
        builder.download_and_prepare()
        decoders = {skip_decoding: tfds.decode.SkipDecoding()} if skip_decoding else None
        examples = tfds.as_numpy(builder.as_dataset(split=split, decoders=decoders))
    except Exception as error:  # pylint: disable=broad-except
        # Downloads fail in many ways: no network, moved files, a full disk, wrong checksums.
        raise DatasetError(
            f"the dataset {name!r} ({split}) cannot be had through TensorFlow Datasets: {error}. "
            "Give a folder of images instead (--data_dir)") from error
    with atomic_file.folder(folder) as temporary:
        for number, example in enumerate(examples):
            write_example(temporary, number, example)
    return folder
