"""Names of outputs where no machine sees all inputs: folder by folder, as `output_names` gives them.

An output lies beside its input's place, so it can meet no name but those of its folder: of other files
there, of folders that other outputs need, and of what runs have made there before.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tf_ipr.pipeline import output_names
from tf_ipr.pipeline.manifest import Entry
from tf_ipr.pipeline.verb import Verb


class Found(NamedTuple):
    """An input: its path, the same relative to the folder of inputs, and its bytes as listed."""
    path: str
    relative: str
    size: int


class Task(NamedTuple):
    """An input, its output relative to the folder of outputs, and that output's line of an earlier run."""
    found: Found
    output: str
    before: Entry | None


def folders(relative: str) -> Iterator[tuple[str, str]]:
    """Of an input: each folder that it lies in, with the key of the folder that this one lies in."""
    for parent in pathlib.PurePosixPath(relative).parents:
        if str(parent) != ".":
            yield output_names.folder_key(str(parent)), str(parent)


def tasks(found: Iterable[Found], inner: Iterable[str], entries: Iterable[Entry],
          verb: Verb) -> Sequence[Task]:
    """Names the outputs of one folder, by `output_names.folder_key`.

    Args:
      found: the inputs in it.
      inner: the folders in it, as `folders` gives them.
      entries: what was made in it, one for each output.
      verb: knows the suffixes.
    """
    by_relative = {one.relative: one for one in found}
    known: Mapping[str, Entry] = {entry.output: entry for entry in entries}
    before = {entry.input: entry.output for entry in known.values() if entry.verb == verb.name}
    names = output_names.assign(by_relative, verb, before, [*known, *inner])
    return [Task(by_relative[relative], names[relative], known.get(names[relative]))
            for relative in sorted(by_relative)]
