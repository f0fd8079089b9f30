"""Labeled Faces in the Wild with its official View 1 split, the paper's training and test data.

Huang, Ramesh, Berg, Learned-Miller: "Labeled Faces in the Wild: A Database for Studying Face
Recognition in Unconstrained Environments", 2007. View 1 divides the people: 4,038 of them (9,525
images) are for training, the 1,711 others (3,708 images) for testing. Its lists,
`peopleDevTrain.txt` and `peopleDevTest.txt`, give in the first line the number of people, then one
line per person: name, tab, number of images. Image n of a person is `Name/Name_000n.jpg`, counted
from 1.

    faces = lfw.train("lfw_protocol", "lfw")
    identities = {face.identity for face in faces}

View 2 (`pairs.txt`) is for reporting verification: ten folds of 300 pairs of one person and 300 of
two. Its people overlap with both halves of View 1. The first line gives the number of folds and of
pairs of each kind; then, for each fold, lines `name, n1, n2` and then lines `name1, n1, name2, n2`.
"""

from __future__ import annotations

import dataclasses
import pathlib

from tf_ipr.datasets import tfds_files
from tf_ipr.files.atomic_file import PathLike

TRAIN_LIST = "peopleDevTrain.txt"
TEST_LIST = "peopleDevTest.txt"
PAIRS_LIST = "pairs.txt"


@dataclasses.dataclass(frozen=True)
class Face:
    """One image of one person."""
    identity: str  # The person's name, the same in all images of the person.
    path: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two images of View 2."""
    fold: int  # 0..9
    first: pathlib.Path
    second: pathlib.Path
    same: bool  # Whether they show one person.


class ProtocolError(ValueError):
    """A list of people or pairs does not have the official form."""


def train(protocol_dir: PathLike, data_dir: PathLike | None = None) -> list[Face]:
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


def test(protocol_dir: PathLike, data_dir: PathLike | None = None) -> list[Face]:
    """The test images of View 1; arguments, order and errors as for `train`."""
    return _faces(protocol_dir, TEST_LIST, data_dir)


def view2(protocol_dir: PathLike, data_dir: PathLike) -> list[Pair]:
    """The pairs of View 2 in the order of the list; arguments and errors as for `train`.

    `data_dir` is needed: the list names images by numbers that TensorFlow Datasets does not keep.
    """
    root = _root(data_dir)
    pairs = read_pairs(pathlib.Path(protocol_dir) / PAIRS_LIST, root)
    _require(dict.fromkeys(path for pair in pairs for path in (pair.first, pair.second)),
             PAIRS_LIST, root)
    return pairs


def _faces(protocol_dir: PathLike, list_name: str, data_dir: PathLike | None) -> list[Face]:
    people = read_people(pathlib.Path(protocol_dir) / list_name)
    root = _root(data_dir)
    faces = [Face(name, _image(root, name, number))
             for name, count in people for number in range(1, count + 1)]
    _require([face.path for face in faces], list_name, root)
    return faces


def _root(data_dir: PathLike | None) -> pathlib.Path:
    root = tfds_files.export("lfw", "train", "images", _write_example, skip_decoding="image") \
        if data_dir is None else pathlib.Path(data_dir)
    if not root.is_dir():
        raise FileNotFoundError(f"the folder of LFW images {root} does not exist (--data_dir)")
    return root


def _image(root: pathlib.Path, name: str, number: int) -> pathlib.Path:
    return root / name / f"{name}_{number:04d}.jpg"


def _require(paths, list_name: str, root: pathlib.Path) -> None:
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(paths)} images that {list_name} names are missing in "
            f"{root}: {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}. "
            "--data_dir must be the folder that holds one folder per person")


def read_people(path: PathLike) -> list[tuple[str, int]]:
    """Reads an official list.

    Returns:
      (name, number of images) per person, in the order of the file.

    Raises:
      FileNotFoundError: no such file.
      ProtocolError: the file is malformed, or does not hold as many people as its first line says.
    """
    lines = _lines(path)
    people = {}
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("\t")
        if len(fields) != 2 or not _names(fields[:1]) or not _numbers(fields[1:]):
            raise ProtocolError(
                f"{path}, line {number} is {line!r}; a name, a tab and a number of images are "
                "needed")
        if fields[0] in people:
            raise ProtocolError(f"{path}, line {number}: {fields[0]} is listed twice; an identity "
                                "must have one line")
        people[fields[0]] = int(fields[1])
    if not lines or lines[0].strip() != str(len(people)):
        raise ProtocolError(
            f"{path} says {lines[0] if lines else ''!r} people in its first line and lists "
            f"{len(people)}; the file is cut or is another list")
    return list(people.items())


def read_pairs(path: PathLike, root: pathlib.Path) -> list[Pair]:
    """Reads `pairs.txt`; `root` is put before the images' paths. Errors as for `read_people`."""
    lines = _lines(path)
    head = lines[0].split("\t") if lines else []
    if len(head) != 2 or not _numbers(head):
        raise ProtocolError(f"{path}, line 1 is {lines[0] if lines else ''!r}; the number of folds "
                            "and of pairs are needed")
    folds, count = map(int, head)
    if len(lines) != 1 + 2 * folds * count:
        raise ProtocolError(f"{path} holds {len(lines) - 1} pairs, but says {2 * folds * count} in "
                            "its first line; the file is cut or is another list")
    pairs = []
    for number, line in enumerate(lines[1:]):
        fields, same = line.split("\t"), number % (2 * count) < count
        if len(fields) != (3 if same else 4) or not _names(fields[:1] if same else fields[::2]) \
                or not _numbers(fields[1:] if same else fields[1::2]):
            raise ProtocolError(f"{path}, line {number + 2} is {line!r}; "
                                f"{'name, n1, n2' if same else 'name1, n1, name2, n2'} is needed")
        first, second = fields[0], fields[0 if same else 2]
        pairs.append(Pair(number // (2 * count), _image(root, first, int(fields[1])),
                          _image(root, second, int(fields[-1])), same))
    return pairs


def _lines(path: PathLike) -> list[str]:
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"LFW's list {path} does not exist; --protocol_dir must hold {TRAIN_LIST}, "
            f"{TEST_LIST} and {PAIRS_LIST}, which are at http://vis-www.cs.umass.edu/lfw/")
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _names(fields) -> bool:
    """A name becomes a path; anything but one plain component could lead out of the folder."""
    return all(field not in ("", ".", "..") and not set("/\\") & set(field) for field in fields)


def _numbers(fields) -> bool:
    return all(field.isdigit() and int(field) >= 1 for field in fields)


def _write_example(folder: pathlib.Path, number: int, example) -> None:
    del number  # Images are counted per person.
    person = folder / example["label"].decode("utf-8")
    person.mkdir(exist_ok=True)
    count = 1 + sum(1 for _ in person.iterdir())
    (person / f"{person.name}_{count:04d}.jpg").write_bytes(example["image"])
