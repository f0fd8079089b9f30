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
    assert (tmp_path / "a.txt").read_bytes() == "λ\n".encode()


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


def make_folder(path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name)
    return path


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path):
    make_folder(tmp_path / "model", "mark.json", "1.bin")
    with atomic_file.folder(tmp_path / "model", "mark.json") as temporary:
        make_folder(temporary, "mark.json", "1.bin", "sub/2.bin")
        assert sorted(os.listdir(tmp_path / "model")) == ["1.bin", "mark.json"]
    assert sorted(os.listdir(tmp_path / "model")) == ["1.bin", "mark.json", "sub"]
    assert os.listdir(tmp_path) == ["model"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "model").mkdir()
    with atomic_file.folder(tmp_path / "model") as temporary:
        make_folder(temporary, "a")
    assert os.listdir(tmp_path / "model") == ["a"]


@pytest.mark.parametrize("old, message", [
    (["photo.jpg"], "holds other files .photo.jpg."),
    (["1.bin"], "holds other files"),
    (["mark.json", "photo.jpg"], "model holds photo.jpg, which is none of"),
    (["mark.json", "2.bin"], "model holds 2.bin, which is none of"),
    (["mark.json", "album/1.bin"], "model holds album, which is none of"),
    (["mark.json", "sub/notes.txt"], "model holds sub/notes.txt, which is none of"),
])
def test_a_folder_of_something_else_is_not_replaced(tmp_path, old, message):
    make_folder(tmp_path / "model", *old)
    with pytest.raises(atomic_file.OutputError, match=message):
        with atomic_file.folder(tmp_path / "model", "mark.json") as temporary:
            make_folder(temporary, "mark.json", "1.bin", "sub/2.bin")
    assert sorted(str(path.relative_to(tmp_path / "model")) for path in (tmp_path / "model").rglob("*")
                  if path.is_file()) == sorted(old)
    assert os.listdir(tmp_path) == ["model"]


def test_an_error_leaves_the_old_folder(tmp_path):
    make_folder(tmp_path / "model", "old")
    with pytest.raises(RuntimeError):
        with atomic_file.folder(tmp_path / "model", "old") as temporary:
            make_folder(temporary, "old", "half")
            raise RuntimeError
    assert os.listdir(tmp_path / "model") == ["old"]
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("old, new, kept", [
    (b"\xff\xd8\xff photograph", b"\x89PNG\r\n\x1a\n", True), (b"notes", b'{"a": 1}', True),
    (b"\0unknown", b"notes", True), (b"notes", b"other notes", False), (b"", b"\0\1", False),
    (b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n new", False)])
def test_only_a_file_of_the_same_kind_is_replaced(tmp_path, old, new, kept):
    (tmp_path / "real").write_bytes(old)
    (tmp_path / "link").symlink_to("real")
    try:
        with atomic_file.writing(tmp_path / "link") as file:
            file.write(new)
    except atomic_file.OutputError as error:
        assert kept and "so it is not replaced" in str(error)
    assert (tmp_path / "real").read_bytes() == (old if kept else new)
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    for name in ("\u9854" * 85, "a" * 255):
        with atomic_file.writing(tmp_path / name) as file:
            file.write(b"x")
        assert (tmp_path / name).read_bytes() == b"x"


def test_a_name_that_is_too_long_is_named(tmp_path):
    with pytest.raises(OSError, match="aaa"):
        with atomic_file.writing(tmp_path / ("a" * 256)) as file:
            file.write(b"x")
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_named_with_the_file(tmp_path, monkeypatch):
    full = open("/dev/full", "wb")
    monkeypatch.setattr(atomic_file, "open", lambda *_, **__: full, raising=False)
    with pytest.raises(atomic_file.OutputError, match="a.bin cannot be written .No space left"):
        with atomic_file.writing(tmp_path / "a.bin") as file:
            file.write(b"x")
    assert not os.listdir(tmp_path)
