"""Files and folders that a user names -> what is read, and what is left out with its reason."""

from __future__ import annotations

import collections
import hashlib
import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from tf_ipr.files import file_list
from tf_ipr.files.file_list import LeftOut
from tf_ipr.pipeline.verb import Verb


class Input(NamedTuple):
    """A file to read.

    Attributes:
      path: where it is.
      relative: the same within the run, with slashes: what names the output, and what the manifest
        knows it by. Distinct within a run.
    """
    path: pathlib.Path
    relative: str


class Gathered(NamedTuple):
    """What a run reads and what it does not; the two hold every entry of every folder."""
    inputs: Sequence[Input]
    left_out: Sequence[LeftOut]


def gather(sources: Sequence[pathlib.Path], verb: Verb, outputs: pathlib.Path | None,
           made: set) -> Gathered:
    """Lists inputs.

    A folder alone is a tree whose form the outputs keep. Of several sources each folder becomes a
    folder of its name, and each file a file.

    Args:
      sources: files and folders. A file that is named is an input whatever it is; of a folder, what is
        one by its suffix or by its content.
      verb: what is an input.
      outputs: the folder of outputs, which may lie among the inputs or be their folder; None: nothing is
        written.
      made: paths in it, relative and with slashes, that runs have made: these are no inputs.

    Raises:
      FileNotFoundError: there is no input at all.
    """
    # A file that is named twice is done once.
    sources = list({os.path.abspath(source): source for source in reversed(sources)}.values())[::-1]
    inputs: list[Input] = []
    left_out: list[LeftOut] = []
    for source, name in zip(sources, _names(sources)):
        if source.is_dir():
            listed = file_list.walk(source)
            left_out += listed.left_out
            for path in listed.files:
                reason = _why_not(path, verb, _within(path, outputs), source, outputs, made)
                if reason is None:
                    inside = path.relative_to(source)
                    inputs.append(Input(path, (pathlib.PurePath(name) / inside).as_posix()))
                elif reason.reason:
                    left_out.append(reason)
        elif os.path.lexists(source):
            inputs.append(Input(source, name))
        else:
            left_out.append(LeftOut(source, "it does not exist", True))
    if not inputs and not any(entry.failure for entry in left_out):
        few = "; ".join(f"{entry.path.name}: {entry.reason}" for entry in left_out[:3])
        raise FileNotFoundError(f"{sources[0]} holds no {verb.reads}"
                                + (f" ({len(left_out)} left out: {few})" if left_out else ""))
    return Gathered(inputs, left_out)


def _why_not(path: pathlib.Path, verb: Verb, inside: str | None, source: pathlib.Path,
             outputs: pathlib.Path | None, made: set) -> LeftOut | None:
    """None for an input; with an empty reason for what a run has made, which nobody misses."""
    if inside in made:
        return LeftOut(path, "", False)
    try:
        wanted = verb.wants(path)
    except OSError as error:
        return LeftOut(path, f"it cannot be read ({error.strerror})", True)
    if not wanted:
        return LeftOut(path, f"it is no {verb.reads}", False)
    if inside is not None and not os.path.samefile(source, outputs):
        return LeftOut(path, "it lies in the folder of outputs, where nothing is read", True)
    return None


def _within(path: pathlib.Path, folder: pathlib.Path | None) -> str | None:
    """The path relative to a folder that it lies in, with slashes, or None."""
    if folder is None:
        return None
    try:
        return path.resolve().parent.relative_to(folder.resolve()).joinpath(path.name).as_posix()
    except ValueError:
        return None


def _names(sources: Sequence[pathlib.Path]) -> list[str]:
    """What each source is called within the run: nothing for a folder alone."""
    if len(sources) == 1 and sources[0].is_dir():
        return [""]
    names = [source.resolve().name if source.is_dir() else source.name for source in sources]
    uses = collections.Counter(names)
    return [name if uses[name] == 1 else _told_apart(name, source)
            for name, source in zip(names, sources)]


def _told_apart(name: str, source: pathlib.Path) -> str:
    token = hashlib.sha256(os.fsencode(os.path.realpath(source))).hexdigest()[:8]
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}~{token}.{suffix}" if dot and stem else f"{name}~{token}"
