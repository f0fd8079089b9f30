"""The commands and the Python of the project's Markdown."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "experiments/*.md")
    for path in ROOT.glob(pattern)
)
CARDS = sorted(ROOT.glob("savedmodels/*/README.md"))

# How a line begins that is typed into a shell.
_COMMAND = re.compile(
    r"(?:[A-Z]\w*=\S+ )*(?:tf_ipr_\w+|python|pip|make|npm|docker|curl|unzip)\b|[A-Z]\w*=[\"'\w/]"
)
_INLINE = re.compile(r"`((?:python -m|tf_ipr_\w+ )[^`]+)`")


class Command(NamedTuple):
    """One command, its lines joined, without the comment behind it."""

    document: str
    text: str


def blocks(path: pathlib.Path) -> Iterator[tuple[str, str]]:
    """(language, text) of each block, fenced or indented by four spaces; the latter have no language."""
    lines = path.read_text().splitlines() + [""]
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("```"):
            end = lines.index("```", number + 1)
            yield line[3:], "\n".join(lines[number + 1 : end])
            number = end + 1
        elif line.startswith("    ") and not lines[number - 1].strip():
            end = next(i for i in range(number, len(lines)) if not lines[i].startswith("    "))
            yield "", "\n".join(text[4:] for text in lines[number:end])
            number = end
        else:
            number += 1


def commands(path: pathlib.Path) -> list[Command]:
    """The commands of a document's blocks, in order."""
    found = []
    for language, text in blocks(path):
        if language not in ("", "sh", "bash"):
            continue
        for line in re.sub(r"\\\n\s*", "", text).splitlines():
            if _COMMAND.match(line):
                found.append(Command(str(path.relative_to(ROOT)), re.sub(r"\s+# .*", "", line).strip()))
    return found


def named_in_prose(path: pathlib.Path) -> list[Command]:
    """Commands in the running text and in tables."""
    return [Command(str(path.relative_to(ROOT)), text) for text in _INLINE.findall(path.read_text())]


def python(path: pathlib.Path) -> list[str]:
    """The blocks of Python."""
    return [text for language, text in blocks(path) if language == "python"]
