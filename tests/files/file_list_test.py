"""Files are listed by suffix, in one order everywhere."""

from __future__ import annotations

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
