"""Any folder of images as a dataset, with a validation share that stays put.

Whether an item is held out depends on a hash of its name alone: adding or removing other items, the
order of the file system and the machine change nothing, so no training image ever slips into the
validation set of a later run.
"""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from tf_ipr.files import image_file
from tf_ipr.files.atomic_file import PathLike

Item = TypeVar("Item")


def held_out(items: Sequence[Item], share: float,
             name: Callable[[Item], str] = str) -> tuple[list[Item], list[Item]]:
    """Splits items by the hash of their names.

    Args:
      items: what to split, in any order.
      share: expected part held out, 0..1. With 0 nothing is.
      name: gives the name of an item. Items of one name fall on the same side: with the identity as
        the name no person is on both.

    Returns:
      (kept, held out), each in the order of `items`.

    Raises:
      ValueError: the share is not within 0..1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share is {share}; it must lie within 0..1")
    kept, out = [], []
    for item in items:
        digest = hashlib.sha256(name(item).encode("utf-8")).digest()
        (out if int.from_bytes(digest[:6], "big") < share * 2 ** 48 else kept).append(item)
    return kept, out


def split(data_dir: PathLike, validation_share: float = 0.05
          ) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """The images of a folder and its subfolders: (for training, held out), each sorted.

    Raises:
      OSError: the folder does not exist or holds no image.
      ValueError: the share is not within 0..1.
    """
    return held_out(image_file.list_images(data_dir), validation_share,
                    name=lambda path: path.relative_to(data_dir).as_posix())
