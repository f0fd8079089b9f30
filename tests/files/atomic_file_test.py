"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from tf_ipr.files import atomic_file


def test_a_finished_file_holds_what_was_written_and_nothing_else_stays(tmp_path):
    with atomic_file.writing(tmp_path / "new" / "a.bin") as file:
        file.write(b"\x00\xff")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"\x00\xff"
    assert os.listdir(tmp_path / "new") == ["a.bin"]


def test_text_is_utf8_with_line_ends_as_given(tmp_path):
    with atomic_file.writing(tmp_path / "a.txt", "w") as file:
        file.write("λ\n")
    assert (tmp_path / "a.txt").read_bytes() == "λ\n".encode("utf-8")


def test_an_error_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        with atomic_file.writing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_file_has_no_name_before_the_end(tmp_path):
    with atomic_file.writing(tmp_path / "a.bin") as file:
        file.write(b"x")
        assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin").exists()


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    with atomic_file.writing(tmp_path / "a.bin") as file:
        file.write(b"x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "a.bin")]
    assert modes[0] == modes[1]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with atomic_file.writing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("make", [atomic_file.writing, atomic_file.folder])
def test_a_folder_that_cannot_be_made_is_named(tmp_path, make):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(atomic_file.OutputError, match="the folder .*file/sub cannot be made"):
        with make(tmp_path / "file" / "sub" / "out"):
            pass


def test_a_folder_or_a_device_is_not_overwritten_by_a_file(tmp_path):
    for path in (tmp_path, os.devnull):
        with pytest.raises(atomic_file.OutputError, match="not a regular file"):
            with atomic_file.writing(path):
                pass
    assert not os.path.isfile(os.devnull)


def test_a_file_is_not_overwritten_by_a_folder(tmp_path):
    (tmp_path / "a").write_bytes(b"kept")
    with pytest.raises(atomic_file.OutputError, match="not a folder"):
        with atomic_file.folder(tmp_path / "a"):
            pass
    assert (tmp_path / "a").read_bytes() == b"kept"


def test_other_modes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="mode is 'a'"):
        with atomic_file.writing(tmp_path / "a", "a"):
            pass


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "stale").write_bytes(b"")
    with atomic_file.folder(tmp_path / "model") as temporary:
        (temporary / "fresh").write_bytes(b"")
        assert os.listdir(tmp_path / "model") == ["stale"]
    assert os.listdir(tmp_path / "model") == ["fresh"]
    assert os.listdir(tmp_path) == ["model"]


def test_an_error_leaves_the_old_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_bytes(b"")
    with pytest.raises(RuntimeError):
        with atomic_file.folder(tmp_path / "model") as temporary:
            (temporary / "half").write_bytes(b"")
            raise RuntimeError
    assert os.listdir(tmp_path / "model") == ["old"]
    assert os.listdir(tmp_path) == ["model"]
