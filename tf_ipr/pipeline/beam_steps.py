"""The steps of the pipeline on Beam.

    match --> read --> find --+--> group by folder --> name --> transcode --+--> outputs, parts of the manifest
                              |                                             |
                              +-------------------> dead letters <----------+

A file that fails becomes a dead letter, with its reason and the stage where it failed, and fails no bundle.
Outputs are written by the dozen, a part of the manifest before them: so a kill loses little, and what has
its name has its line.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.io import fileio
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.shared import Shared

from tf_ipr.files import file_kind
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import beam_files, beam_journal, beam_names, file_run, manifest, output_names
from tf_ipr.pipeline.beam_names import Found, Task
from tf_ipr.pipeline.beam_work import Work
from tf_ipr.pipeline.file_run import Item
from tf_ipr.pipeline.manifest import Entry
from tf_ipr.pipeline.verb import Verb

NAMESPACE = "tf_ipr"
_LETTERS, _FOLDERS = "letters", "folders"
_AHEAD_FILES, _AHEAD_BYTES = 32, 1 << 25  # Of outputs that wait to be written.


def _count(name: str, number: int = 1) -> None:
    Metrics.counter(NAMESPACE, name).inc(number)


def _spread(name: str, value: float) -> None:
    Metrics.distribution(NAMESPACE, name).update(int(value))


def _letter(path: str, stage: str, error: Exception) -> beam.pvalue.TaggedOutput:
    _count("failed")
    line = {"file": path, "stage": stage, "reason": str(error) or type(error).__name__}
    return beam.pvalue.TaggedOutput(_LETTERS, json.dumps(line, sort_keys=True))


class _Find(beam.DoFn):
    """ReadableFile -> (folder, Found) of what is meant to be read; by name, or else by content."""

    def __init__(self, base: str, outputs: str, verb: Verb):
        self._base, self._outputs = base, outputs.rstrip("/") + "/"
        self._is_input = verb.is_input

    def process(self, element: fileio.ReadableFile):
        path = element.metadata.path
        relative = path[len(self._base):]
        try:
            # What a run has made lies in its folder and is not missed.
            wanted = (not path.startswith(self._outputs)
                      and not any(part.startswith(".") for part in relative.split("/"))
                      and (self._is_input(file_kind.of_suffix(relative))
                           or self._is_input(file_kind.of_bytes(beam_files.head(path)))))
        except OSError as error:
            yield _letter(path, "find", error)
        else:
            _count("found" if wanted else "left out")
            if wanted:
                yield output_names.folder_key(relative), Found(path, relative, element.metadata.size_in_bytes)
                for folder in beam_names.folders(relative):
                    yield beam.pvalue.TaggedOutput(_FOLDERS, folder)


class _Known(beam.DoFn):
    """The path of a manifest -> (folder, Entry) of each line."""

    def process(self, element: str):
        for entry in filter(None, map(Entry.of_line, (beam_files.read_if_there(element) or b"").splitlines())):
            yield output_names.folder_key(entry.output), entry


class _Name(beam.DoFn):
    """All of one folder -> Task."""

    def __init__(self, work: Work):
        self._work = work

    def process(self, element):
        _, groups = element
        yield from beam_names.tasks(groups["found"], groups["folders"], groups["known"], self._work.verb)


class _Transcode(beam.DoFn):
    """Task -> an output, unless it is finished. The models are loaded once in a process."""

    def __init__(self, work: Work, outputs: str, settings: Mapping[str, Any], overwrite: bool):
        self._work, self._outputs, self._settings = work, outputs, settings
        self._overwrite = overwrite
        self._shared = Shared()

    def setup(self):
        self._ready = self._shared.acquire(self._work.load)

    def start_bundle(self):
        self._waiting: list = []

    def process(self, element: Task):
        stage = "read"
        try:
            content = beam_files.read(element.found.path, element.found.size, self._work.verb.largest)
            stage = "write"
            there = beam_files.read_if_there(beam_files.join(self._outputs, element.output))
            if there is not None and self._is_finished(element, content, there):
                _count("finished before")
            else:
                stage, begin = self._work.verb_name, time.perf_counter()
                made = self._ready.function(Item(element.found.path, content))
                _spread("milliseconds", 1000 * (time.perf_counter() - begin))
                self._waiting.append((element, content, made, there is not None))
        except Exception as error:  # pylint: disable=broad-except  # Of this file alone.
            yield _letter(element.found.path, stage, error)
        if (len(self._waiting) >= _AHEAD_FILES
                or sum(len(made.content) for _, _, made, _ in self._waiting) >= _AHEAD_BYTES):
            yield from self._write()

    def finish_bundle(self):
        for letter in self._write():
            yield beam.pvalue.TaggedOutput(letter.tag, GlobalWindows.windowed_value(letter.value))

    def _is_finished(self, task: Task, content: bytes, there: bytes) -> bool:
        """As of a folder's run; OutputError if something is there that must stay."""
        target = beam_files.join(self._outputs, task.output)
        known = task.before if task.before and task.before.sha256 == manifest.sha256(there) else None
        if known is None and there and not self._overwrite:
            raise OutputError(file_run.NOT_KNOWN.format(target))
        if there and file_kind.of_bytes(there[:file_kind.HEAD_BYTES]) != self._work.verb.writes:
            raise OutputError(f"{target} exists and is not {self._work.verb.writes}, so it is not replaced; "
                              "move it away or choose another output path")
        return not self._overwrite and known is not None and known.is_of(content, self._settings)

    def _write(self) -> Iterable[beam.pvalue.TaggedOutput]:
        """Writes what waits; yields letters."""
        waiting, self._waiting = self._waiting, []
        entries = [file_run.entry_of(self._work.verb, task.output, task.found.relative, content, made,
                                     self._settings) for task, content, made, _ in waiting]
        try:
            if entries:
                beam_journal.add(self._outputs, entries)
        except OutputError as error:
            yield from (_letter(task.found.path, "write", error) for task, _, _, _ in waiting)
            return
        for task, content, made, replaces in waiting:
            try:
                beam_files.write(self._outputs, task.output, made.content, replaces)
            except OutputError as error:
                yield _letter(task.found.path, "write", error)
                continue
            _count("done")
            _spread("bytes in", len(content))
            _spread("bytes out", len(made.content))
            if made.cosine is not None:
                _spread("cosine, thousandths", round(1000 * made.cosine))


class _WriteLetters(beam.DoFn):
    """All dead letters -> one file, sorted; an empty one where there are none."""

    def __init__(self, outputs: str, name: str):
        self._outputs, self._name = outputs, name

    def process(self, element: list):
        there = beam_files.read_if_there(beam_files.join(self._outputs, self._name))
        beam_files.write(self._outputs, self._name,
                         "".join(line + "\n" for line in sorted(element)).encode("ascii"), there is not None)


def build(pipeline: beam.Pipeline, base: str, pattern: str, outputs: str, letters_name: str, work: Work,
          settings: Mapping[str, Any], overwrite: bool) -> None:
    """Puts the steps together.

    Args:
      pipeline: gets them.
      base: folder of all inputs, with a slash; pattern: of inputs (`beam_files.split`).
      outputs: folder of outputs (`beam_files.absolute`), whose manifest is settled.
      letters_name: of the file of dead letters in it.
      work: what becomes of each file; settings: those that it has when it is loaded.
      overwrite: makes finished outputs again, too, and replaces those of the same kind.
    """
    # pylint: disable=expression-not-assigned
    found = (pipeline
             | "match" >> fileio.MatchFiles(pattern, fileio.EmptyMatchTreatment.ALLOW)
             | "read" >> fileio.ReadMatches(CompressionTypes.UNCOMPRESSED)
             | "spread files" >> beam.Reshuffle()
             | "find" >> beam.ParDo(_Find(base, outputs, work.verb)).with_outputs(
                 _LETTERS, _FOLDERS, main="found"))
    known = (pipeline
             | "manifest" >> beam.Create([beam_files.join(outputs, manifest.FILE_NAME)])
             | "known" >> beam.ParDo(_Known()))
    made = ({"found": found["found"], "folders": found[_FOLDERS] | beam.Distinct(), "known": known}
            | "group by folder" >> beam.CoGroupByKey()
            | "name" >> beam.ParDo(_Name(work))
            | "spread tasks" >> beam.Reshuffle()
            | "transcode" >> beam.ParDo(_Transcode(work, outputs, settings, overwrite)).with_outputs(
                _LETTERS, main="nothing"))
    ((found[_LETTERS], made[_LETTERS])
     | "all letters" >> beam.Flatten()
     | "gather letters" >> beam.combiners.ToList()
     | "write letters" >> beam.ParDo(_WriteLetters(outputs, letters_name)))
