"""A name of its own for every output of a run.

`a/b.jpg` becomes `a/b.ipr`. Where that would not be the only one (`b.jpg` and `b.png`), outputs keep the
whole name, `b.jpg.ipr` and `b.png.ipr`; where even that would not (`B.jpg` and `b.jpg`, of which many
file systems make one), or the name is longer than names can be, a few digits of a hash tell them apart.

Names are compared as the least able file system does: without letter case and in one Unicode form. They
depend on the set of inputs, not on its order. What was named before keeps its name, and no other input
ever gets it: so `a.ipr`, made from `a.jpg`, stays what it is when `a.png` comes along.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import unicodedata
from collections.abc import Iterable, Mapping

from tf_ipr.pipeline.verb import Verb

_LONGEST = 255  # Bytes of one name, on nearly every file system.


def assign(inputs: Iterable[str], verb: Verb, before: Mapping[str, str],
           others: Iterable[str] = ()) -> dict:
    """Names outputs.

    Args:
      inputs: paths relative to the folder of inputs, with slashes; distinct.
      verb: knows the suffixes.
      before: input -> output of earlier runs into the same folder.
      others: further names in it that are taken.

    Returns:
      input -> output, a path relative to the folder of outputs.
    """
    names = {path: before[path] for path in inputs if path in before}
    new = sorted(set(inputs) - set(names))
    taken = {_key(output) for output in (*before.values(), *others)}
    # An output cannot have the name of a folder that other outputs need.
    taken.update(_key(str(parent)) for path in inputs for parent in pathlib.PurePosixPath(path).parents)
    short = {path: _beside(path, verb.stem(_name(path)) + verb.suffix) for path in new}
    whole = {path: _beside(path, _name(path) + verb.suffix) for path in new}
    # The names of those that need the whole one go first: `a.jpg` and `a.png` before `a.jpg.webp`.
    for candidates, allowed in ((whole, _shared(short)), (short, set(new)), (whole, set(new))):
        unique = allowed - _shared({path: candidates[path] for path in allowed})
        for path in new:
            output = candidates[path]
            if path in unique and path not in names and _key(output) not in taken and _fits(output):
                names[path] = output
                taken.add(_key(output))
    for path in new:
        digits = 8
        while path not in names:
            output = _hashed(path, verb, digits)
            if _key(output) not in taken:
                names[path] = output
                taken.add(_key(output))
            digits += 4
    return names


def folder_key(path: str) -> str:
    """Equal for paths whose folders are one on the least able file system: only their names may meet."""
    return _key(path.rpartition("/")[0])


def _shared(candidates: Mapping[str, str]) -> set:
    """The inputs whose candidate another one has too."""
    owners: dict = {}
    for path, output in candidates.items():
        owners.setdefault(_key(output), []).append(path)
    return {path for paths in owners.values() if len(paths) > 1 for path in paths}


def _hashed(path: str, verb: Verb, digits: int) -> str:
    token = hashlib.sha256(os.fsencode(path)).hexdigest()[:digits]
    ending = f"~{token}{verb.suffix}"
    stem = _name(path)
    while len(os.fsencode(stem + ending)) > _LONGEST:
        stem = stem[:-1]
    return _beside(path, stem + ending)


def _fits(output: str) -> bool:
    return len(os.fsencode(_name(output))) <= _LONGEST


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name
