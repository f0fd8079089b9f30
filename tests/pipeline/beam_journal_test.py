"""One manifest of many workers' parts: of what is there, and the same whatever way it came about."""

from __future__ import annotations

import pytest

pytest.importorskip("apache_beam")

from tf_ipr.files.atomic_file import OutputError  # noqa: E402
from tf_ipr.pipeline import beam_files, beam_journal, manifest  # noqa: E402
from tf_ipr.pipeline.manifest import Entry, Manifest, sha256  # noqa: E402


def entry(name, content=b"out", settings=None):
    return Entry("compress", f"{name}.ipr", sha256(content), f"{name}.jpg", sha256(b"in"),
                 settings or {"quality": 30}, len(content), 2)


def put(folder, name, content=b"out"):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.ipr").write_bytes(content)


def test_parts_become_one_sorted_manifest_that_a_folders_run_reads(tmp_path):
    for name in ("c", "a", "b"):
        beam_journal.add(str(tmp_path), [entry(name)])
        put(tmp_path, name)
    assert [one.output for one in beam_journal.settle(str(tmp_path))] == ["a.ipr", "b.ipr", "c.ipr"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        manifest.FILE_NAME, "a.ipr", "b.ipr", "c.ipr"]
    assert Manifest(tmp_path).names("compress") == {f"{name}.jpg": f"{name}.ipr" for name in "abc"}
    before = (tmp_path / manifest.FILE_NAME).read_bytes()
    beam_journal.settle(str(tmp_path))
    assert (tmp_path / manifest.FILE_NAME).read_bytes() == before


def test_what_a_kill_leaves_is_cleared(tmp_path):
    put(tmp_path, "a")
    beam_journal.add(str(tmp_path), [entry("a"), entry("never_made")])
    (tmp_path / beam_files.PARTS / "half.tmp").write_bytes(b"half an out")
    (tmp_path / beam_files.PARTS / "torn.jsonl").write_bytes(entry("b").line[:30])
    assert beam_journal.settle(str(tmp_path)) == [entry("a")]
    assert not (tmp_path / beam_files.PARTS).exists()


@pytest.mark.parametrize("there", [b"old", b"new"])
def test_of_two_lines_the_one_of_the_content_counts(tmp_path, there):
    put(tmp_path, "a", there)
    beam_journal.add(str(tmp_path), [entry("a", b"old")])
    beam_journal.settle(str(tmp_path))
    beam_journal.add(str(tmp_path), [entry("a", b"new")])
    assert beam_journal.settle(str(tmp_path)) == [entry("a", there)]


def test_a_manifest_is_made_before_the_work_or_the_reason_said(tmp_path):
    assert beam_journal.settle(str(tmp_path / "new")) == []
    assert (tmp_path / "new" / manifest.FILE_NAME).read_bytes() == b""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        beam_journal.settle(str(tmp_path / "file"))


def test_other_settings_are_refused():
    beam_journal.require_settings("out", [entry("a")], {"quality": 30})
    with pytest.raises(ValueError, match='out holds files made with other settings .*30.*; now .*50.*--overwrite'):
        beam_journal.require_settings("out", [entry("a")], {"quality": 50})
