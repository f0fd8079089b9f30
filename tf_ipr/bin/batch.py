"""One file or a whole tree of files through the same process: for binaries with IN and OUT.

    plan = batch.plan(source, target, list_inputs, suffix)       # checks IN and OUT, cheap
    ...                                                          # load models
    return plan.run(process, settings)                           # the exit code, 0 or 1

`process(input path, output path) -> str` writes the output (atomically) and returns one line about
it, which is shown when IN is a file. Whatever it raises is the failure of that one file: the rest
is still done, and the failures are listed at the end.

A tree keeps its form: `IN/a/b.jpg` becomes `OUT/a/b.ipr`; where two inputs differ in their suffix
only, the outputs keep it (`b.jpg.ipr`, `b.png.ipr`). An output that exists is finished, because
outputs appear whole, and is skipped. So that no output of other settings passes for finished, OUT
remembers its settings in `.tf_ipr.json`, and a run with others is refused; --overwrite deletes what
they made and starts anew.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
import sys
from typing import Any, Callable, Mapping, Optional, Sequence

import tqdm
from absl import flags

from tf_ipr.files import atomic_file
from tf_ipr.files.atomic_file import PathLike

FLAGS = flags.FLAGS
flags.DEFINE_bool("overwrite", False,
                  "For folders: does finished files again instead of skipping them.")

_SETTINGS_FILE = ".tf_ipr.json"


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which file becomes which.

    Attributes:
      pairs: (input, output) of every file.
      folder: the output folder, or None if IN is a file.
    """
    pairs: Sequence[tuple[pathlib.Path, pathlib.Path]]
    folder: Optional[pathlib.Path]

    @property
    def open_pairs(self) -> list[tuple[pathlib.Path, pathlib.Path]]:
        """The pairs still to do: a single file always, of a folder what is not finished."""
        return [pair for pair in self.pairs
                if self.folder is None or FLAGS.overwrite or not pair[1].exists()]

    def run(self, process: Callable[[pathlib.Path, pathlib.Path], str],
            settings: Mapping[str, Any]) -> int:
        """Does what is not done yet; shows progress, then failures, on stderr.

        Args:
          process: see the head of this file.
          settings: everything that decides the content of an output, of JSON's types.

        Returns:
          The exit code: 0, or 1 if any file failed.

        Raises:
          ValueError: the output folder holds files of other settings.
          atomic_file.OutputError: the output folder cannot be written.
        """
        if self.folder is None:
            (source, target), = self.pairs
            print(f"{source} -> {target}: {process(source, target)}")
            return 0
        self._remember(settings)
        open_pairs = self.open_pairs
        failures = []
        # A terminal is kept up to date; a log gets a line every half minute.
        for source, target in tqdm.tqdm(open_pairs, unit="file", dynamic_ncols=True,
                                        mininterval=0.5 if sys.stderr.isatty() else 30):
            try:
                process(source, target)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(f"{source}: {str(error) or type(error).__name__}")
        self._report(len(open_pairs), failures)
        return 1 if failures else 0

    def _remember(self, settings: Mapping[str, Any]) -> None:
        path = self.folder / _SETTINGS_FILE
        text = json.dumps(dict(settings), indent=1, sort_keys=True)
        old = path.read_text(encoding="utf-8") if path.is_file() else text
        if old != text:
            if not FLAGS.overwrite:
                raise ValueError(
                    f"{self.folder} holds files made with other settings ({' '.join(old.split())}, "
                    f"now {' '.join(text.split())}); choose another output folder or --overwrite")
            # Before the new settings are known: a run that is stopped must not leave old files that
            # pass for new ones.
            for _, target in self.pairs:
                target.unlink(missing_ok=True)
        with atomic_file.writing(path, "w") as file:
            file.write(text)

    def _report(self, num_open: int, failures: Sequence[str]) -> None:
        skipped = len(self.pairs) - num_open
        print(f"{num_open - len(failures)} done"
              + (f", {skipped} skipped because finished before" if skipped else "")
              + (f", {len(failures)} failed:" if failures else ""), file=sys.stderr)
        for failure in failures:
            print(f"  {failure}", file=sys.stderr)


def plan(source: PathLike, target: PathLike,
         list_inputs: Callable[[pathlib.Path], Sequence[pathlib.Path]], suffix: str) -> Plan:
    """Maps an input file or tree to outputs.

    Args:
      source: IN, a file or a folder.
      target: OUT; for a file a file, or a folder that exists, which gets one of the input's name.
      list_inputs: lists the inputs of a folder, or raises OSError if there are none.
      suffix: of the outputs, with the dot.

    Raises:
      FileNotFoundError: IN does not exist or holds no input.
      ValueError: an output would overwrite an input, or OUT is a file and IN a folder.
    """
    source, target = pathlib.Path(source), pathlib.Path(target)
    if not source.exists():
        raise FileNotFoundError(f"{source} does not exist")
    if source.is_dir():
        if target.exists() and not target.is_dir():
            raise ValueError(f"{source} is a folder and {target} a file; OUT must be a folder too")
        result = Plan(_tree(source, target, list_inputs(source), suffix), target)
    else:
        output = target / source.with_suffix(suffix).name if target.is_dir() else target
        result = Plan([(source, output)], None)
    inputs = {source.resolve() for source, _ in result.pairs}
    for _, output in result.pairs:
        if output.resolve() in inputs:
            raise ValueError(f"the output {output} would overwrite an input; choose another OUT")
    return result


def _tree(source, target, inputs, suffix) -> list[tuple[pathlib.Path, pathlib.Path]]:
    if source.resolve() in target.resolve().parents:
        # What an earlier run wrote inside of IN is no input.
        inputs = [path for path in inputs if target.resolve() not in path.resolve().parents]
    relative = [path.relative_to(source) for path in inputs]
    uses = collections.Counter(path.with_suffix("") for path in relative)
    outputs = [target / (path.with_suffix(suffix) if uses[path.with_suffix("")] == 1
                         else path.with_name(path.name + suffix)) for path in relative]
    return list(zip(inputs, outputs))
