"""CelebA-HQ with identities, in the layout of CelebAMask-HQ.

Karras et al., "Progressive Growing of GANs", ICLR 2018: 30,000 faces of CelebA at 1024×1024. Lee et
al., "MaskGAN", CVPR 2020, publish them as CelebAMask-HQ: `CelebA-HQ-img/0.jpg` to `29999.jpg` and
`CelebA-HQ-to-CelebA-mapping.txt` (a line of headings; then index in CelebA-HQ, index and file in
CelebA). Who is on a file says CelebA's `identity_CelebA.txt` (file, number of the person), which
its authors give on request (Liu et al., ICCV 2015).

The split, which no list fixes: the people are put in order of the SHA-256 of their numbers, written
in decimal; the first half is for training, the second half for testing, and of an odd number of
people the last one is left out. So there are as many train as test identities, no person is
in both, and the split depends on the official lists alone.
"""

from __future__ import annotations

import hashlib
import pathlib

from tf_ipr.datasets.lfw import Face, ProtocolError
from tf_ipr.files.atomic_file import PathLike

MAPPING = "CelebA-HQ-to-CelebA-mapping.txt"
IDENTITIES = "identity_CelebA.txt"
IMAGE_FOLDER = "CelebA-HQ-img"
GALLERY_SIZE = 3  # Enrolled images per identity, as in the paper.


def train(protocol_dir: PathLike, data_dir: PathLike) -> list[Face]:
    """The training images.

    Args:
      protocol_dir: folder of the two official lists.
      data_dir: folder of CelebAMask-HQ, or the folder of the images itself: `0.jpg` or, made by
        tf_ipr_align, `0.png`.

    Returns:
      Faces by their number in CelebA-HQ; the identity is CelebA's number as text.

    Raises:
      FileNotFoundError: a list or images that it names are absent.
      ProtocolError: a list is malformed.
    """
    return _faces(protocol_dir, data_dir, 0)


def test(protocol_dir: PathLike, data_dir: PathLike) -> list[Face]:
    """The test images; arguments, order and errors as for `train`."""
    return _faces(protocol_dir, data_dir, 1)


def _faces(protocol_dir: PathLike, data_dir: PathLike, half: int) -> list[Face]:
    person = read_identities(pathlib.Path(protocol_dir) / IDENTITIES)
    source = read_mapping(pathlib.Path(protocol_dir) / MAPPING)
    unknown = sorted(set(source.values()) - set(person))
    if unknown:
        raise ProtocolError(f"{IDENTITIES} lacks {len(unknown)} files that {MAPPING} names, first "
                            f"{unknown[0]}; the two must be of one release")
    chosen = set(split({person[file] for file in source.values()})[half])
    root = pathlib.Path(data_dir)
    if (root / IMAGE_FOLDER).is_dir():
        root = root / IMAGE_FOLDER
    if not root.is_dir():
        raise FileNotFoundError(f"the folder of CelebA-HQ images {root} does not exist (--data_dir)")
    faces, missing = [], []
    for number, file in sorted(source.items()):
        if person[file] in chosen:
            path = _image(root, number)
            faces.append(Face(person[file], path or root / f"{number}.jpg"))
            if path is None:
                missing.append(f"{number}.jpg")
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(faces)} images that {MAPPING} names are missing in {root}: "
            f"{', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}")
    return faces


def split(identities) -> tuple[list[str], list[str]]:
    """(train people, test people), as many of each; the rule stands at the top of this file."""
    order = sorted(identities, key=lambda name: hashlib.sha256(name.encode()).digest())
    half = len(order) // 2
    return order[:half], order[half:2 * half]


def read_mapping(path: PathLike) -> dict[int, str]:
    """The CelebA file of each number in CelebA-HQ."""
    mapping = {}
    for line, fields in _rows(path, 3, headings=1):
        if not fields[0].isdigit() or int(fields[0]) in mapping:
            raise ProtocolError(f"{path}, line {line}: {fields[0]!r} is not a number, or comes twice")
        mapping[int(fields[0])] = fields[2]
    return mapping


def read_identities(path: PathLike) -> dict[str, str]:
    """The person's number, as text, of each CelebA file."""
    people = {}
    for line, (file, person) in _rows(path, 2, headings=0):
        if not person.isdigit() or file in people:
            raise ProtocolError(f"{path}, line {line}: {person!r} is not a number, or {file} comes "
                                "twice")
        people[file] = person
    return people


def _rows(path: PathLike, columns: int, headings: int):
    """(line number, fields) of each line."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"CelebA-HQ's list {path} does not exist; --protocol_dir must hold {MAPPING} (of "
            f"CelebAMask-HQ) and {IDENTITIES} (of CelebA)")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines[headings:], start=1 + headings):
        fields = line.split()
        if len(fields) != columns:
            raise ProtocolError(f"{path}, line {number} is {line!r}; {columns} fields are needed")
        yield number, fields


def _image(root: pathlib.Path, number: int) -> pathlib.Path | None:
    for suffix in (".jpg", ".png"):
        if (root / f"{number}{suffix}").is_file():
            return root / f"{number}{suffix}"
    return None
