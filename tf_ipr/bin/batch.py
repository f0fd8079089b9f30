"""IN... OUT: one file, or many into a folder, through the same process.

    job = batch.job(argv, verb.COMPRESS, FLAGS.overwrite)    # checks IN and OUT, cheap
    ...                                                      # load models
    return job.run(process, settings)                        # the exit code

    IN OUT              a file becomes a file
    IN... FOLDER        each file, and each folder's files, become files in a folder that exists or whose
                        name ends with a slash; `tf_ipr.pipeline.file_run` says what is finished
    IN                  a folder alone becomes a folder
    -                   standard input or output, of a single file

Files say on stdout what became of them, folders on stderr; nothing but the output goes to stdout where
OUT is `-`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from tf_ipr.bin import start
from tf_ipr.files import atomic_file, file_kind, regular_file
from tf_ipr.files.shown import shown
from tf_ipr.pipeline import targets
from tf_ipr.pipeline.verb import Verb

if TYPE_CHECKING:
    from tf_ipr.pipeline.file_run import FileRun, Process, Summary

# A descriptor that is open already does not make anybody wait, unlike a named pipe.
_OPEN_DESCRIPTOR = re.compile(r"/dev/stdin|/dev/fd/\d+|/proc/self/fd/\d+")
_FEW = 20  # Left-out files that are named one by one.


def define(values: flags.FlagValues) -> None:
    """Adds --overwrite to the flags of a binary."""
    flags.DEFINE_bool("overwrite", False, "Makes finished files again, and replaces files of the kind "
                      "that is written which other settings, or somebody else, made. Files of another "
                      "kind are never replaced.", flag_values=values)


def job(argv: Sequence[str], verb: Verb, overwrite: bool):
    """What is to be done: `FileJob` or `FolderJob`.

    Raises:
      UsageError: too few arguments, or an OUT that cannot be meant.
      OSError: IN does not exist, or OUT is another's.
    """
    if len(argv) < 3:
        raise start.UsageError(f"IN and OUT are needed, {len(argv) - 1} arguments given")
    *sources, output = argv[1:]
    if "" in argv[1:]:
        raise start.UsageError("a name is empty; IN and OUT are names of files or folders")
    if "-" in sources and (len(sources) > 1 or _is_folder(output)):
        raise start.UsageError("- is standard input, one file; give it alone, and a file or - as OUT")
    if len(sources) == 1 and not os.path.isdir(sources[0]) and not _is_folder(output):
        return FileJob(sources[0], output, verb, overwrite)
    if output == "-":
        raise start.UsageError("- is standard output, one file; give one file as IN")
    if len(sources) > 1 and not _is_folder(output):
        raise start.UsageError(
            f"of several files the last is the folder that the others go into, and {shown(output)} is "
            "none; give a folder that exists, or end its name with a slash")
    if not os.path.isdir(output) and not _ends_in_slash(output) and file_kind.of_suffix(output):
        raise start.UsageError(f"{shown(sources[0])} is a folder and {shown(output)} looks like a file; "
                               "give a folder, or end its name with a slash")
    if len(sources) == 1 and not os.path.lexists(sources[0]):
        raise FileNotFoundError(f"{sources[0]} does not exist")
    from tf_ipr.pipeline.file_run import FileRun  # pylint: disable=import-outside-toplevel  # Not for usage errors.

    return FolderJob(FileRun([pathlib.Path(source) for source in sources], pathlib.Path(output), verb,
                             overwrite))


def _ends_in_slash(name: str) -> bool:
    return name.endswith(("/", os.sep))


def _is_folder(name: str) -> bool:
    return name != "-" and (_ends_in_slash(name) or os.path.isdir(name))


class FileJob:
    """One file, which is always done."""

    def __init__(self, source: str, output: str, verb: Verb, overwrite: bool):
        self._source, self._output, self._verb, self._overwrite = source, output, verb, overwrite
        if source != "-" and not os.path.lexists(source):
            raise FileNotFoundError(f"{source} does not exist")
        self._check()
        if output != "-" and not verb.fits(output):
            raise start.UsageError(
                f"what is written is {verb.writes}, and {shown(output)} is the name of "
                f"{file_kind.of_suffix(output)}; give OUT the suffix {verb.suffix}")
        if output == "-" and sys.stdout.isatty():
            raise start.UsageError("the output is binary and standard output a terminal; redirect it or "
                                   "name a file")
        if source == "-" and sys.stdin.isatty():
            raise start.UsageError("standard input is a terminal; redirect it or name a file")

    def _check(self) -> None:
        if self._output != "-":
            target = pathlib.Path(self._output)
            if self._source != "-":
                targets.Inputs([pathlib.Path(self._source)]).require_none_at(target)
            targets.require_ours(target, self._verb, self._overwrite)

    def run(self, process: Process, settings: Mapping[str, Any], ahead: int = 1) -> int:
        """Reads, makes, writes; the exit code, 0. Raises what goes wrong."""
        del settings, ahead  # Of what is not skipped and stands alone.
        from tf_ipr.pipeline.file_run import Item  # pylint: disable=import-outside-toplevel

        (made,) = process([Item("standard input" if self._source == "-" else self._source,
                                self._read())])
        if isinstance(made, Exception):
            raise made
        if self._output == "-":
            start.binary_result(made.content)
            return 0
        self._check()  # Models take their time to load; what is there may have changed.
        with atomic_file.writing(self._output) as file:
            file.write(made.content)
        start.say(f"{shown(self._source)} -> {shown(self._output)}: {shown(made.note)}")
        return 0

    def _read(self) -> bytes:
        if self._source == "-":
            content = sys.stdin.buffer.read()
        elif _OPEN_DESCRIPTOR.fullmatch(self._source):
            content = pathlib.Path(self._source).read_bytes()
        else:
            return regular_file.read(self._source, self._verb.largest)
        if not content:
            raise OSError(f"{'standard input' if self._source == '-' else self._source} is empty")
        return content


class FolderJob:
    """Many files into a folder."""

    def __init__(self, run: FileRun):
        self._run = run

    def run(self, process: Process, settings: Mapping[str, Any], ahead: int = 1) -> int:
        """Does what is not finished; the exit code, 1 if anything that was meant is missing."""
        summary = self._run.summary
        try:
            with _progress(summary) as watch:
                self._run.run(process, settings, ahead, watch)
        except (KeyboardInterrupt, start.Terminated) as stop:
            stop.args = (f"stopped: {_counts(summary)}, of {summary.total}; the same command goes on "
                         "from here",)
            raise
        _report(summary)
        return 0 if summary.complete else 1


@contextlib.contextmanager
def _progress(summary: Summary) -> Iterator:
    """Gives what is to be called after every file. A terminal is kept up to date; a log gets a line
    every half minute."""
    import tqdm  # pylint: disable=import-outside-toplevel  # Not for help and usage errors.

    with tqdm.tqdm(total=summary.total, unit="file", dynamic_ncols=True, delay=1,
                   mininterval=0.5 if sys.stderr.isatty() else 30) as bar:
        yield lambda source, note: bar.update()


def _counts(summary: Summary) -> str:
    return (f"{summary.done} done"
            + (f", {summary.skipped} skipped because finished before" if summary.skipped else "")
            + (f", {len(summary.failures)} failed" if summary.failures else ""))


def _report(summary: Summary) -> None:
    start.note(_counts(summary) + (":" if summary.failures else ""))
    for path, reason in summary.failures:
        start.note(f"  {shown(path)}: {shown(reason)}")
    if summary.left_out:
        start.note(f"{len(summary.left_out)} left out:")
        for path, reason, _ in summary.left_out[:_FEW]:
            start.note(f"  {shown(path)}: {shown(reason)}")
        if len(summary.left_out) > _FEW:
            start.note("  and more: " + _by_suffix(summary.left_out[_FEW:]))


def _by_suffix(left_out: Sequence) -> str:
    counts: dict = {}
    for path, reason, _ in left_out:
        what = f"*{path.suffix}" if path.suffix else "without a suffix"
        counts[f"{what}, {reason}"] = counts.get(f"{what}, {reason}", 0) + 1
    return "; ".join(f"{number} {shown(what)}" for what, number in sorted(counts.items()))
