"""A run of the pipeline: checked before it begins, settled when it ends.

    run = BeamRun(pattern, folder, work, overwrite)     # checks both ends, cheap
    outcome = run.run(options)                          # of Beam's PipelineOptions

What is finished, what must stay and how outputs are named is as in a folder's run (`file_run`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions

from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import beam_files, beam_journal, beam_steps, manifest
from tf_ipr.pipeline.beam_work import LETTERS, Work


@dataclasses.dataclass(frozen=True)
class Spread:
    """Of a number over files: how many, their sum, the least and the greatest."""
    count: int
    sum: int
    least: int
    greatest: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
      counts: files by what became of them: found, done, finished before, failed, left out.
      spreads: of bytes in and out, of milliseconds, and of cosines in thousandths.
      letters: path of the dead letters.
    """
    counts: Mapping[str, int]
    spreads: Mapping[str, Spread]
    letters: str

    @property
    def complete(self) -> bool:
        """Whether nothing that was meant is missing."""
        return not self.counts.get("failed", 0)


class BeamRun:
    """See the head of this file."""

    def __init__(self, pattern: str, folder: str, work: Work, overwrite: bool):
        """Checks the ends.

        Args:
          pattern: of inputs, of any file system that Beam knows; or a local folder.
          folder: of outputs, on any file system.
          work: what becomes of each file.
          overwrite: makes finished outputs again, and replaces those of other settings.

        Raises:
          FileNotFoundError: the pattern matches nothing.
          OutputError: the folder is something else, or the inputs lie in it.
        """
        self._given, self._work, self._overwrite = pattern, work, overwrite
        self._base, self._pattern = beam_files.split(pattern)
        self._folder = beam_files.absolute(folder)
        if not beam_files.any_of(self._pattern):
            raise FileNotFoundError(f"{pattern} matches no file; * stands for any name, ** for folders, too "
                                    "(folder/**), and a shell must be kept from it by quotes")
        if self._base.startswith(self._folder + "/"):
            raise OutputError(f"the inputs {pattern} lie in the folder of outputs, {folder}, where nothing is "
                              "read; choose another output folder")
        self._require_ours(folder)

    def _require_ours(self, folder: str) -> None:
        if not beam_files.is_folder(self._folder):
            raise OutputError(f"{folder} is a file; the outputs need a folder")
        names = beam_files.names_in(self._folder)
        ours = any(name == manifest.FILE_NAME or name.startswith(beam_files.PARTS) for name in names)
        if names and not ours:
            raise OutputError(
                f"the folder {folder} holds other files ({', '.join(sorted(names)[:3])}) and no manifest of "
                "tf_ipr; choose another output folder or empty it")

    def run(self, options: PipelineOptions) -> Outcome:
        """Does what is not finished, on the runner that the options name.

        Raises:
          ValueError: there are outputs of other settings.
          OutputError: the folder cannot be written.
          FileNotFoundError: no file of the pattern is one to read.
          CheckpointError: the model cannot be loaded.
        """
        settings = json.loads(json.dumps(dict(self._work.load().settings)))
        entries = beam_journal.settle(self._folder)
        if not self._overwrite:
            beam_journal.require_settings(self._folder, entries, settings)
        pipeline = beam.Pipeline(options=options)
        beam_steps.build(pipeline, self._base, self._pattern, self._folder, LETTERS, self._work, settings,
                         self._overwrite)
        result = pipeline.run()
        result.wait_until_finish()
        beam_journal.settle(self._folder)
        outcome = self._outcome(result)
        if not outcome.counts.get("found") and outcome.complete:
            raise FileNotFoundError(f"{self._given} matches {outcome.counts.get('left out', 0)} files, and no "
                                    f"{self._work.verb.reads} is among them")
        return outcome

    def _outcome(self, result: Any) -> Outcome:
        found = result.metrics().query(MetricsFilter().with_namespace(beam_steps.NAMESPACE))
        counts: dict = {}
        for counter in found["counters"]:
            name = counter.key.metric.name
            counts[name] = counts.get(name, 0) + (counter.result or 0)
        spreads = {one.key.metric.name: Spread(one.result.count, one.result.sum, one.result.min, one.result.max)
                   for one in found["distributions"] if one.result and one.result.count}
        return Outcome(counts, spreads, beam_files.join(self._folder, LETTERS))
