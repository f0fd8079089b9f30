"""Files are listed by suffix, in one order everywhere."""

from __future__ import annotations

import os

import pytest

from tf_ipr.files import file_list


def test_files_are_listed_in_order_without_other_and_hidden_ones(tmp_path):
    for name in ("b/2.IPR", "b/1.ipr", "a.ipr", "b/notes.txt", ".b/3.ipr", ".a.ipr", "c/d/e.ipr"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    paths = file_list.list_files(tmp_path, [".ipr"], "stream")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "a.ipr", "b/1.ipr", "b/2.IPR", "c/d/e.ipr"]


def test_a_missing_or_empty_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        file_list.list_files(tmp_path / "absent", [".ipr"], "stream")
    (tmp_path / "notes.txt").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="holds no stream; known suffixes: .ipr"):
        file_list.list_files(tmp_path, [".ipr"], "stream")
    with pytest.raises(NotADirectoryError, match="notes.txt is a file"):
        file_list.list_files(tmp_path / "notes.txt", [".ipr"], "stream")


def test_links_are_followed_and_loops_end(tmp_path):
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    for name in ("in/a.ipr", "in/sub/b.ipr", "out/c.ipr"):
        (tmp_path / name).write_bytes(b"")
    for link, target in [("in/d.ipr", "a.ipr"), ("in/up", ".."), ("in/sub/again", "../sub"),
                         ("in/there", "../out")]:
        (tmp_path / link).symlink_to(target)
    tree = file_list.walk(tmp_path / "in")
    assert [path.relative_to(tmp_path / "in").as_posix() for path in tree.files] == [
        "a.ipr", "d.ipr", "sub/b.ipr", "there/c.ipr"]
    assert [(path.relative_to(tmp_path / "in").as_posix(), failure)
            for path, _, failure in tree.left_out] == [
                ("sub/again", False), ("up/in", False), ("up/out", False)]


def test_what_cannot_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.ipr").write_bytes(b"")
    (tmp_path / "broken.ipr").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / ".hidden").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.ipr")
    scandir = os.scandir

    def closed(path):  # Whoever runs the tests may be allowed to read everything.
        if path == tmp_path / "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = {path.name: (reason, failure) for path, reason, failure in file_list.walk(tmp_path).left_out}
    assert found[".hidden"] == ("hidden", False)
    assert found["closed"] == ("the folder cannot be read (Permission denied)", True)
    assert found["broken.ipr"][0].startswith("the link leads nowhere")
    assert found["loop"][1] and found["pipe.ipr"] == ("it is a named pipe", True)
    with pytest.raises(OSError, match="broken.ipr: the link leads nowhere"):
        file_list.list_files(tmp_path, [".ipr"], "stream")
    (tmp_path / "broken.ipr").unlink()
    with pytest.raises(OSError, match="closed: the folder cannot be read"):
        file_list.list_files(tmp_path, [".ipr"], "stream")


def test_folders_may_lie_deep(tmp_path):
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "a.ipr").write_bytes(b"")
    assert len(file_list.walk(tmp_path).files) == 1
