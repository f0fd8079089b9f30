"""A run over files that may be killed at any moment, started again, and trusted.

    run = FileRun(sources, folder, verb, overwrite)      # lists, names, checks: cheap
    ...                                                  # load models
    run.run(process, settings, ahead, watch)             # run.summary says what became of each

Finished is an output that the manifest knows to be made from these very bytes with these very settings,
and that is unchanged since; everything else is made, so far as nothing of another's is in its place.
A file that fails does not stop the others.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tf_ipr.files import atomic_file, regular_file
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.files.file_list import LeftOut
from tf_ipr.pipeline import inputs as inputs_module
from tf_ipr.pipeline import manifest as manifest_module
from tf_ipr.pipeline import output_names, targets
from tf_ipr.pipeline.inputs import Input
from tf_ipr.pipeline.verb import Verb

NOT_KNOWN = ("the output {} exists and is not known from an earlier run, or was changed since; move it away "
             "or --overwrite")


class Item(NamedTuple):
    """An input for a process: its name, for messages, and its bytes."""
    name: str
    content: bytes


class Made(NamedTuple):
    """An output of a process: its bytes, what to say about it, and the cosine where faces are compared."""
    content: bytes
    note: str = ""
    cosine: float | None = None


# Items -> for each of them, in order, an output or why there is none.
Process = Callable[[Sequence[Item]], Iterable[Made | Exception]]


def each(function: Callable[[Item], Made]) -> Process:
    """A process that treats every item by itself."""
    def process(items: Sequence[Item]) -> Iterator[Made | Exception]:
        for item in items:
            try:
                yield function(item)
            except Exception as error:  # pylint: disable=broad-except  # Of this item alone.
                yield error
    return process


@dataclasses.dataclass
class Summary:
    """What became of each: done, finished before, failed or left out with a reason."""

    total: int
    left_out: Sequence[LeftOut]
    done: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing that was meant is missing."""
        return not self.failures


class FileRun:
    """See the head of this file.

    Attributes:
      folder: of the outputs.
      summary: grows as the run goes on.
    """

    def __init__(self, sources: Sequence[pathlib.Path], folder: pathlib.Path, verb: Verb,
                 overwrite: bool):
        """Lists inputs and names outputs.

        Args:
          sources: files and folders.
          folder: of the outputs; made when the run begins.
          verb: what is read and written.
          overwrite: makes finished outputs again, replaces those of other settings, and those of the
            same kind that are another's.

        Raises:
          FileNotFoundError: there is no input.
          OSError: the folder is a file, or its manifest cannot be read.
        """
        self.folder = folder
        self._verb, self._overwrite = verb, overwrite
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"{folder} is a file; the last argument must be a folder")
        self._manifest = manifest_module.Manifest(folder)
        before = self._manifest.names(verb.name)
        gathered = inputs_module.gather(sources, verb, folder, set(before.values()))
        names = output_names.assign([entry.relative for entry in gathered.inputs], verb, before,
                                    self._manifest.outputs)
        self._pairs = [(entry, names[entry.relative]) for entry in gathered.inputs]
        self._inputs = targets.Inputs(entry.path for entry in gathered.inputs)
        self.summary = Summary(len(self._pairs),
                               [entry for entry in gathered.left_out if not entry.failure])
        self.summary.failures += [(entry.path, entry.reason) for entry in gathered.left_out
                                  if entry.failure]

    def run(self, process: Process, settings: Mapping[str, Any], ahead: int = 1,
            watch: Callable[[Input, str], None] = lambda source, note: None) -> Summary:
        """Does what is not finished.

        Args:
          process: makes outputs.
          settings: everything that decides the content of an output, of JSON's types.
          ahead: how many items the process is given together.
          watch: is called after every input, with what there is to say about it.

        Raises:
          ValueError: there are outputs of other settings.
          OutputError: the folder cannot be written.
        """
        settings = json.loads(json.dumps(dict(settings)))
        self._require_settings(settings)
        self._require_folder()
        waiting: list = []
        for source, output in self._pairs:
            try:
                content = read(source.path, self._verb.largest)
                finished = self._is_finished(source, output, content, settings)
            except (OSError, MemoryError) as error:
                self._fail(source, error, watch)
                continue
            if finished:
                self.summary.skipped += 1
                watch(source, "finished before")
                continue
            waiting.append((source, output, content))
            if len(waiting) == ahead:
                self._make(waiting, process, settings, watch)
                waiting = []
        self._make(waiting, process, settings, watch)
        return self.summary

    def _require_settings(self, settings: Mapping[str, Any]) -> None:
        """A slip of the hand must not replace a folder. The last line tells whose run this goes on."""
        if self._overwrite or self._manifest.last_settings == settings:
            return
        for _, output in self._pairs:
            entry = self._manifest.latest(output)
            if entry and entry.settings != settings and (self.folder / output).exists():
                raise other_settings(self.folder, entry.settings, settings)

    def _require_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {self.folder} cannot be made ({error.strerror}); choose "
                              "another output path") from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise OutputError(f"the folder {self.folder} cannot be written (Permission denied); choose "
                              "another output path or change its permissions")

    def _is_finished(self, source: Input, output: str, content: bytes, settings) -> bool:
        """Whether the output is there already; OutputError if something is that must stay."""
        target = self.folder / output
        self._inputs.require_none_at(target)
        if target.is_symlink():
            raise OutputError(f"the output {target} is a link, through which nothing is written; move "
                              "it away or choose another output path")
        if not target.exists():
            return False
        targets.require_ours(target, self._verb, True)
        entry = self._manifest.made(output, manifest_module.sha256(regular_file.read(target)))
        if entry is None and not self._overwrite and target.stat().st_size:
            raise OutputError(NOT_KNOWN.format(target))
        return not self._overwrite and entry is not None and entry.is_of(content, settings)

    def _make(self, waiting: Sequence[tuple], process: Process, settings, watch) -> None:
        if not waiting:
            return
        items = [Item(str(source.path), content) for source, _, content in waiting]
        for (source, output, content), made in zip(waiting, process(items)):
            try:
                if isinstance(made, Exception):
                    raise made
                self._manifest.add(entry_of(self._verb, output, source.relative, content, made, settings))
                with atomic_file.writing(self.folder / output) as file:
                    file.write(made.content)
            except Exception as error:  # pylint: disable=broad-except  # Of this file alone.
                self._fail(source, error, watch)
            else:
                self.summary.done += 1
                watch(source, made.note)

    def _fail(self, source: Input, error: Exception, watch) -> None:
        reason = str(error) or type(error).__name__
        self.summary.failures.append((source.path, reason))
        watch(source, reason)


def entry_of(verb: Verb, output: str, source: str, content: bytes, made: Made,
             settings: Mapping[str, Any]) -> manifest_module.Entry:
    """The manifest's line of an output, made from an input of this content."""
    return manifest_module.Entry(
        verb=verb.name, output=output, sha256=manifest_module.sha256(made.content), size=len(made.content),
        input=source, input_sha256=manifest_module.sha256(content), input_size=len(content),
        settings=settings, cosine=made.cosine)


def read(path: pathlib.Path, largest: int) -> bytes:
    """An input's content; raises OSError in a user's words."""
    try:
        content = regular_file.read(path, largest)
    except OSError as error:
        if error.strerror is None:
            raise
        raise OSError(f"it cannot be read ({error.strerror})") from error
    if not content:
        raise OSError("the file is empty")
    return content


def other_settings(folder, before: Mapping[str, Any], now: Mapping[str, Any]) -> ValueError:
    """What is raised where a folder's outputs would become a mixture."""
    return ValueError(f"{folder} holds files made with other settings ({_shown(before)}; now {_shown(now)}); "
                      "choose another output folder or --overwrite")


def _shown(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, sort_keys=True)
