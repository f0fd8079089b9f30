"""The manifest of a folder that many workers write into, on a file system where nothing is appended.

A worker writes a part, `OUT/.tf_ipr.parts/….jsonl`, before the outputs that its lines are about take
their names. `settle` makes of the manifest and all parts one manifest, sorted by output: at the beginning,
for what a killed run left, and at the end. So `OUT/.tf_ipr.jsonl` is the one of `manifest.py`: a folder's
run goes on where a pipeline ended, and the reverse; and two ways to the same outputs leave the same
manifest. One run at a time writes into a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from tf_ipr.pipeline import beam_files, file_run, manifest
from tf_ipr.pipeline.manifest import Entry


def add(folder: str, entries: Iterable[Entry]) -> None:
    """Writes a part; raises OutputError."""
    beam_files.write(folder, f"{beam_files.PARTS}/{os.urandom(8).hex()}.jsonl",
                     b"".join(entry.line for entry in entries))


def settle(folder: str) -> Sequence[Entry]:
    """Writes the manifest of a folder, which is made if it does not exist, and removes the parts.

    Returns:
      A line for each output that is there, sorted by output.

    Raises:
      OutputError: the folder cannot be written.
    """
    names = beam_files.names_in(folder)
    before = beam_files.read_if_there(beam_files.join(folder, manifest.FILE_NAME))
    parts = sorted(name for name in names if name.startswith(beam_files.PARTS + "/"))
    lines = (before or b"").splitlines()
    for part in parts:
        if part.endswith(".jsonl"):
            lines += (beam_files.read_if_there(beam_files.join(folder, part)) or b"").splitlines()
    entries = _of_what_is_there(folder, filter(None, map(Entry.of_line, lines)), names)
    content = b"".join(entry.line for entry in entries)
    if content != before:
        beam_files.write(folder, manifest.FILE_NAME, content, before is not None)
    beam_files.remove(folder, parts)
    return entries


def _of_what_is_there(folder: str, entries: Iterable[Entry], names: set) -> Sequence[Entry]:
    """A line for each output; of several the one of its content, for a kill leaves lines without outputs."""
    by_output: dict[str, dict[bytes, Entry]] = {}
    for entry in entries:
        if entry.output in names:
            by_output.setdefault(entry.output, {})[entry.line] = entry
    return [_the_one(folder, list(by_output[output].values())) for output in sorted(by_output)]


def _the_one(folder: str, entries: Sequence[Entry]) -> Entry:
    if len(entries) == 1:
        return entries[0]
    content = beam_files.read_if_there(beam_files.join(folder, entries[0].output))
    there = manifest.sha256(content or b"")
    return next((entry for entry in reversed(entries) if entry.sha256 == there), entries[-1])


def require_settings(folder: str, entries: Iterable[Entry], settings: Mapping) -> None:
    """Raises ValueError if there are outputs of other settings."""
    for entry in entries:
        if entry.settings != settings:
            raise file_run.other_settings(folder, entry.settings, settings)
