"""What was made from which bytes with which settings: a journal in the folder of outputs.

`OUT/.tf_ipr.jsonl` has a line for every output that was made:

    {"verb": "compress", "output": "a/b.ipr", "sha256": "…", "size": 812,
     "input": "a/b.jpg", "input_sha256": "…", "input_size": 9504, "settings": {…}}

A line is written before its output takes its name. So after a kill at any moment each output has its
line, and a line without its output means nothing: what counts as finished is checked by the content of
both files, never by names or times. Lines are only ever added, each in one write, so that several
runs may write into one folder; what a kill left of a last line is skipped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from tf_ipr.files.atomic_file import OutputError

FILE_NAME = ".tf_ipr.jsonl"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line, see above; hashes in hexadecimal, paths relative and with slashes, sizes in bytes.

    A line may lack the last three: sizes came later, and few runs look at identity.
    """

    verb: str
    output: str
    sha256: str
    input: str
    input_sha256: str
    settings: Mapping[str, Any]
    size: int | None = None
    input_size: int | None = None
    cosine: float | None = None

    @classmethod
    def of_line(cls, line: bytes) -> Entry | None:
        """None for the rest of a line, or one of a later release."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            return None

    @property
    def line(self) -> bytes:
        """With its end."""
        facts = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return json.dumps(facts, sort_keys=True).encode("ascii") + b"\n"

    def is_of(self, content: bytes, settings: Mapping[str, Any]) -> bool:
        """Whether it was made from this input with these settings."""
        return self.settings == settings and self.input_sha256 == sha256(content)


def sha256(content: bytes) -> str:
    """Of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Manifest:
    """The journal of one folder of outputs."""

    def __init__(self, folder: pathlib.Path):
        """Reads it, if there is one; raises OSError where it cannot be read."""
        self._path = folder / FILE_NAME
        self._entries: dict[str, list[Entry]] = {}
        self._torn = False
        self.last_settings: Mapping[str, Any] | None = None  # Of the last line: whose run it was.
        if self._path.exists():
            content = self._path.read_bytes()
            self._torn = bool(content) and not content.endswith(b"\n")
            for line in content.splitlines():
                entry = Entry.of_line(line)
                if entry is not None:  # Else what it is about is not known to be finished.
                    self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        self._entries.setdefault(entry.output, []).append(entry)
        self.last_settings = entry.settings

    def latest(self, output: str) -> Entry | None:
        """The last line of an output, or None."""
        return self._entries.get(output, [None])[-1]

    def made(self, output: str, content_sha256: str) -> Entry | None:
        """The line of an output of just this content: None if it is somebody else's, or was changed."""
        return next((entry for entry in reversed(self._entries.get(output, []))
                     if entry.sha256 == content_sha256), None)

    def names(self, verb: str) -> dict:
        """input -> its output, of every input that a verb ever had."""
        return {entries[-1].input: output for output, entries in self._entries.items()
                if entries[-1].verb == verb}

    @property
    def outputs(self) -> set:
        """Every output that ever was made, by whatever verb."""
        return set(self._entries)

    def add(self, entry: Entry) -> None:
        """Adds a line, before the output that it is about takes its name.

        Raises:
          OutputError: the folder cannot be made or written.
        """
        line = entry.line
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                written = os.write(descriptor, b"\n" + line if self._torn else line)
                self._torn = written < len(line)
                if self._torn:
                    raise OSError(28, "No space left on device")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written ({error.strerror}); choose another "
                              "output folder or change its permissions") from error
        self._remember(entry)
