"""Where inputs and outputs lie, and how they are read and written there."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("apache_beam")

from tests.pipeline.beam_store import MemoryFileSystem  # noqa: E402
from tf_ipr.files.atomic_file import OutputError  # noqa: E402
from tf_ipr.pipeline import beam_files  # noqa: E402


@pytest.mark.parametrize("pattern, base, absolute", [
    ("gs://b/a/**.jpg", "gs://b/a/", "gs://b/a/**.jpg"),
    ("gs://b/a/x?/*", "gs://b/a/", "gs://b/a/x?/*"),
    ("gs://b/a/one.jpg", "gs://b/a/", "gs://b/a/one.jpg"),
    ("in/**", "{here}/in/", "{here}/in/**"),
    ("in", "{here}/in/", "{here}/in/**"),
    ("in/", "{here}/in/", "{here}/in/**"),
    ("*.jpg", "{here}/", "{here}/*.jpg"),
    ("odd[1]", "{here}/odd[1]/", "{here}/odd[[]1]/**"),
])
def test_a_pattern_begins_with_the_folder_of_its_files(tmp_path, monkeypatch, pattern, base, absolute):
    monkeypatch.chdir(tmp_path)
    here = os.path.realpath(tmp_path)
    for name in ("in", "odd[1]"):
        (tmp_path / name).mkdir()
    assert beam_files.split(pattern) == (base.format(here=here), absolute.format(here=here))


def test_a_folder_of_any_name_means_all_its_files(tmp_path):
    for name in ("odd[1]", "*"):
        (tmp_path / name / "deep").mkdir(parents=True)
        _, pattern = beam_files.split(str(tmp_path / name))
        assert not beam_files.any_of(pattern)
        (tmp_path / name / "deep" / "a.jpg").write_bytes(b"a")
        assert beam_files.any_of(pattern)


def test_a_pipe_makes_nobody_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(OSError, match="it is a named pipe"):
        beam_files.head(str(tmp_path / "pipe.jpg"))
    with pytest.raises(OSError, match="a named pipe"):
        beam_files.read(str(tmp_path / "pipe.jpg"), 0, 100)


def test_what_cannot_be_read_says_why(tmp_path):
    (tmp_path / "empty").touch()
    for path, size, reason in (("gone", 1, "it cannot be read .No such file"), ("empty", 0, "is empty"),
                               ("huge", 101, "101 bytes; at most 100")):
        with pytest.raises(OSError, match=reason):
            beam_files.read(str(tmp_path / path), size, 100)
    with pytest.raises(OSError, match="it cannot be read .no object memory://x/gone"):
        beam_files.read("memory://x/gone", 1, 100)


def test_a_write_is_whole_or_not_at_all(tmp_path):
    folder = str(tmp_path / "out")
    beam_files.write(folder, "a/b.ipr", b"one")
    beam_files.write(folder, "a/b.ipr", b"two", replaces=True)
    assert beam_files.read_if_there(folder + "/a/b.ipr") == b"two"
    (tmp_path / "out/a/c.ipr").mkdir()
    with pytest.raises(OutputError, match="c.ipr cannot be written"):
        beam_files.write(folder, "a/c.ipr", b"one")
    with pytest.raises(OutputError, match="is a folder"):
        beam_files.read_if_there(folder + "/a/c.ipr")
    os.symlink("b.ipr", tmp_path / "out/a/link.ipr")
    with pytest.raises(OutputError, match="link.ipr is a link"):
        beam_files.read_if_there(folder + "/a/link.ipr")


def test_a_store_of_objects_is_written_too(monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "files", {})
    for content in (b"one", b"two"):
        there = beam_files.read_if_there("memory://out/a/b.ipr")
        beam_files.write("memory://out", "a/b.ipr", content, there is not None)
    assert MemoryFileSystem.files == {"memory://out/a/b.ipr": b"two"}
    assert beam_files.names_in("memory://out") == {"a/b.ipr"}
