"""Any folder of faces with a folder for each person: `…/Name/*.jpg`."""

from __future__ import annotations

import pathlib
import unicodedata

from tf_ipr.datasets.lfw import Face
from tf_ipr.files import image_file
from tf_ipr.files.atomic_file import PathLike


class IdentityError(ValueError):
    """It is not clear who is on an image."""


def faces(data_dir: PathLike) -> list[Face]:
    """The images of a folder and its subfolders; the folder around an image names the person.

    Returns:
      Faces sorted by path.

    Raises:
      OSError: the folder does not exist or holds no image.
      IdentityError: two folders have one name (small and capital letters, forms of Unicode, blanks and
        underscores taken as equal), or an image lies in no person's folder.
    """
    root = pathlib.Path(data_dir)
    found, folders = [], {}
    for path in image_file.list_images(root):
        if path.parent == root:
            raise IdentityError(f"{path} lies in no person's folder; move it into one")
        one = _plain(path.parent.name)
        other = folders.setdefault(one, path.parent)
        if other != path.parent:
            raise IdentityError(
                f"{other} and {path.parent} are two folders of one identity; merge them, or "
                "rename one if they are two people")
        found.append(Face(path.parent.name, path))
    return found


def _plain(name: str) -> str:
    """What names of one person share: "José" in one character for é or in two, capitals, blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "_".join(folded.replace("_", " ").split())
