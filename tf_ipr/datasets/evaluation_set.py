"""Datasets by name as an evaluation needs them: images, and who is on them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import pathlib
from collections import Counter
from collections.abc import Sequence

from tf_ipr.datasets import celeba_hq, lfw, people
from tf_ipr.files import image_file
from tf_ipr.files.file_key import file_key

ONE_PICTURE_EACH = ("none of the {people} people of {name} has more than {gallery} picture{s}; people "
                    "of one picture can "
                    "only be enrolled, and nobody be recognised: use several pictures of a person, or "
                    "--dataset=folder")
NAMES = ("lfw", "lfw_view2", "celeba_hq", "people", "folder")


@dataclasses.dataclass(frozen=True)
class EvaluationSet:
    """Images and their identities.

    Attributes:
      name: for results.
      paths: image files.
      identities: who is on each, or None where nobody knows.
      pairs: LFW's View 2, or None.
      gallery_size: images per identity that are enrolled.
    """

    name: str
    paths: Sequence[pathlib.Path]
    identities: Sequence[str] | None = None
    pairs: Sequence[lfw.Pair] | None = None
    gallery_size: int = 1

    @property
    def rule(self) -> str:
        """How the set is used, in a sentence."""
        count = f"{len(self.paths):,} pictures"
        if self.pairs is not None:
            return f"{count}; the {len(self.pairs):,} pairs of the official list"
        if self.identities is None:
            return f"{count} of nobody in particular; cosines only"
        queries = sum(max(0, count - self.gallery_size) for count in Counter(self.identities).values())
        first = "picture" if self.gallery_size == 1 else f"{self.gallery_size} pictures"
        return (f"{count} of {len(set(self.identities)):,} people; gallery: the first {first} of each "
                f"person in the "
                f"order of the list or of the paths; queries: the {queries:,} others; verification: "
                f"all pairs")

    @functools.cached_property
    def keys(self) -> list[str | None]:
        """`file_key` of each file; None for one that cannot be read."""
        return [_key(path) for path in self.paths]

    def digest(self) -> str:
        """16 hex digits of all images, their order and identities."""
        content = repr((self.keys, self.identities, self.pairs, self.gallery_size))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def load(name: str, data_dir: str | None, protocol_dir: str | None = None, every: int = 1,
         gallery_size: int | None = None) -> EvaluationSet:
    """The test images of a dataset.

    Args:
      name: "lfw" (View 1 test people), "lfw_view2" (the pairs of View 2), "celeba_hq" (test
        people), "people" (a folder per person) or "folder" (images of nobody in particular).
      data_dir: folder of the images; None lets TensorFlow Datasets fetch LFW.
      protocol_dir: folder of the official lists of LFW and CelebA-HQ.
      every: take every N-th person (without people: image) only.
      gallery_size: pictures of each person that are enrolled; None takes 1, of CelebA-HQ 3.

    Raises:
      ValueError: an unknown name, a missing folder, lists that are malformed, two folders of one person,
        or people of whom nobody has a picture beside the gallery's.
      FileNotFoundError: folders, lists or images are absent.
    """
    if name not in NAMES:
        raise ValueError(f"dataset {name!r} is unknown; it must be one of {', '.join(NAMES)}")
    if data_dir is None and name == "lfw_view2":
        raise ValueError("dataset lfw_view2 needs --data_dir: its pairs are of images by their official "
                         "numbers (Name/Name_0001.jpg), which TensorFlow Datasets does not keep")
    if data_dir is None and name != "lfw":
        raise ValueError(f"dataset {name} needs --data_dir, the folder of its images")
    if protocol_dir is None and name in ("lfw", "lfw_view2", "celeba_hq"):
        raise ValueError(f"dataset {name} needs --protocol_dir, the folder of its official lists")
    if name == "folder":
        stem = pathlib.Path(data_dir).resolve().name
        return EvaluationSet(stem, image_file.list_images(data_dir)[::every])
    if name == "lfw_view2":
        return _view2(protocol_dir, data_dir, every)
    faces = {"lfw": lambda: lfw.test(protocol_dir, data_dir),
             "celeba_hq": lambda: celeba_hq.test(protocol_dir, data_dir),
             "people": lambda: people.faces(data_dir)}[name]()
    number = {who: n for n, who in enumerate(dict.fromkeys(face.identity for face in faces))}
    faces = [face for face in faces if number[face.identity] % every == 0]
    identities = [face.identity for face in faces]
    size = gallery_size or (celeba_hq.GALLERY_SIZE if name == "celeba_hq" else 1)
    # Two folders of people must be told apart in the results.
    title = pathlib.Path(data_dir).resolve().name if name == "people" else name
    if max(Counter(identities).values()) <= size:
        raise ValueError(ONE_PICTURE_EACH.format(people=len(set(identities)), name=title, gallery=size,
                                                 s="" if size == 1 else "s"))
    return EvaluationSet(title, [face.path for face in faces], identities, gallery_size=size)


def _view2(protocol_dir, data_dir, every: int) -> EvaluationSet:
    pairs = lfw.view2(protocol_dir, data_dir)[::every]
    paths = list(dict.fromkeys(path for pair in pairs for path in (pair.first, pair.second)))
    return EvaluationSet("lfw_view2", paths, pairs=pairs)


def _key(path: pathlib.Path) -> str | None:
    try:
        return file_key(path)
    except OSError:
        return None
