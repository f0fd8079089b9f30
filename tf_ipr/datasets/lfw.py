"""Labeled Faces in the Wild with its official View 1 split, the paper's training and test data.

Huang, Ramesh, Berg, Learned-Miller: "Labeled Faces in the Wild: A Database for Studying Face
Recognition in Unconstrained Environments", 2007. View 1 divides the people: 4,038 of them (9,525
images) are for training, the 1,711 others (3,708 images) for testing. Its lists,
`peopleDevTrain.txt` and `peopleDevTest.txt`, give in the first line the number of people, then one
line per person: name, tab, number of images. Image n of a person is `Name/Name_000n.jpg`, counted
from 1.

    faces = lfw.train("lfw_protocol", "lfw")
    identities = {face.identity for face in faces}
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Optional

from tf_ipr.atomic_file import PathLike
from tf_ipr.datasets import tfds_files

TRAIN_LIST = "peopleDevTrain.txt"
TEST_LIST = "peopleDevTest.txt"


@dataclasses.dataclass(frozen=True)
class Face:
    """One image of one person."""
    identity: str  # The person's name, the same in all images of the person.
    path: pathlib.Path


class ProtocolError(ValueError):
    """A list of people does not have the official form."""


def train(protocol_dir: PathLike, data_dir: Optional[PathLike] = None) -> list[Face]:
    """The training images of View 1.

    Args:
      protocol_dir: folder of the official lists.
      data_dir: folder of the images (`Name/Name_0001.jpg`), any of LFW's alignments. None:
        TensorFlow Datasets' `lfw` (the original, unaligned images, numbered in its own order).

    Returns:
      Faces in the order of the list.

    Raises:
      FileNotFoundError: the list or images that it names are absent.
      ProtocolError: the list is malformed.
      tfds_files.DatasetError: without `data_dir`, if TensorFlow Datasets cannot provide the images.
    """
    return _faces(protocol_dir, TRAIN_LIST, data_dir)


def test(protocol_dir: PathLike, data_dir: Optional[PathLike] = None) -> list[Face]:
    """The test images of View 1; arguments, order and errors as for `train`."""
    return _faces(protocol_dir, TEST_LIST, data_dir)


def _faces(protocol_dir: PathLike, list_name: str, data_dir: Optional[PathLike]) -> list[Face]:
    people = read_people(pathlib.Path(protocol_dir) / list_name)
    root = tfds_files.export("lfw", "train", "images", _write_example, skip_decoding="image") \
        if data_dir is None else pathlib.Path(data_dir)
    if not root.is_dir():
        raise FileNotFoundError(f"the folder of LFW images {root} does not exist (--data_dir)")
    faces = [Face(name, root / name / f"{name}_{number:04d}.jpg")
             for name, count in people for number in range(1, count + 1)]
    missing = [face.path.name for face in faces if not face.path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(faces)} images that {list_name} names are missing in "
            f"{root}: {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}. "
            "--data_dir must be the folder that holds one folder per person")
    return faces


def read_people(path: PathLike) -> list[tuple[str, int]]:
    """Reads an official list.

    Returns:
      (name, number of images) per person, in the order of the file.

    Raises:
      FileNotFoundError: no such file.
      ProtocolError: the file is malformed, or does not hold as many people as its first line says.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"LFW's list {path} does not exist; --protocol_dir must hold {TRAIN_LIST} and "
            f"{TEST_LIST}, which are at http://vis-www.cs.umass.edu/lfw/")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    people = []
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("\t")
        # A name becomes a path; anything but one plain component could lead out of the folder.
        if len(fields) != 2 or not fields[1].isdigit() or int(fields[1]) < 1 \
                or fields[0] in ("", ".", "..") or set("/\\") & set(fields[0]):
            raise ProtocolError(
                f"{path}, line {number} is {line!r}; a name, a tab and a number of images are "
                "needed")
        people.append((fields[0], int(fields[1])))
    if not lines or lines[0].strip() != str(len(people)):
        raise ProtocolError(
            f"{path} says {lines[0] if lines else ''!r} people in its first line and lists "
            f"{len(people)}; the file is cut or is another list")
    return people


def _write_example(folder: pathlib.Path, number: int, example) -> None:
    del number  # Images are counted per person.
    person = folder / example["label"].decode("utf-8")
    person.mkdir(exist_ok=True)
    count = 1 + sum(1 for _ in person.iterdir())
    (person / f"{person.name}_{count:04d}.jpg").write_bytes(example["image"])
