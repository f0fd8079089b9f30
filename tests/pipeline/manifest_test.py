"""The journal of a folder of outputs outlives kills."""

from __future__ import annotations

import os

import pytest

from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline.manifest import FILE_NAME, Entry, Manifest


def entry(output="a.ipr", sha256="1", settings=None, source="a.jpg") -> Entry:
    return Entry("compress", output, sha256, source, "0", settings or {"quality": 5.0})


def test_what_was_added_is_known_to_the_next_run(tmp_path):
    manifest = Manifest(tmp_path / "new")
    manifest.add(entry())
    manifest.add(entry(sha256="2", settings={"quality": 9}))
    for known in (manifest, Manifest(tmp_path / "new")):
        assert known.latest("a.ipr").sha256 == "2" and known.latest("b.ipr") is None
        assert known.made("a.ipr", "1") == entry() and known.made("a.ipr", "3") is None
        assert known.names("compress") == {"a.jpg": "a.ipr"} and known.names("align") == {}
        assert known.outputs == {"a.ipr"} and known.last_settings == {"quality": 9}


def test_a_torn_line_is_skipped_and_does_not_spoil_the_next(tmp_path):
    Manifest(tmp_path).add(entry())
    content = (tmp_path / FILE_NAME).read_bytes()
    for cut in range(len(content)):
        (tmp_path / FILE_NAME).write_bytes(content + content[:cut])
        Manifest(tmp_path).add(entry("b.ipr"))
        assert Manifest(tmp_path).outputs == {"a.ipr", "b.ipr"}


def test_foreign_lines_are_skipped(tmp_path):
    (tmp_path / FILE_NAME).write_text('[]\n{"output": "a"}\nnull\n\n\x00\n{"quality": 3}\n')
    assert Manifest(tmp_path).outputs == set()


def test_two_runs_may_write_into_one_folder(tmp_path):
    one, other = Manifest(tmp_path), Manifest(tmp_path)
    for number in range(20):
        (one if number % 2 else other).add(entry(f"{number}.ipr"))
    assert len(Manifest(tmp_path).outputs) == 20


def test_names_that_are_no_text_come_back(tmp_path):
    name = os.fsdecode(b"\xff\n.ipr")
    Manifest(tmp_path).add(entry(name))
    assert Manifest(tmp_path).outputs == {name}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="jsonl cannot be written"):
        Manifest(tmp_path / "file").add(entry())
