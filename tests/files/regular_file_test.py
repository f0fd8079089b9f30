"""Only regular files are read."""

from __future__ import annotations

import os
import socket

import pytest

from tf_ipr.files import regular_file


def test_a_file_and_a_link_to_it_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"\0x")
    (tmp_path / "b").symlink_to("a")
    assert regular_file.read(tmp_path / "b") == b"\0x"


def test_what_only_looks_like_a_file_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # The path of a socket is short.
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for path, kind in [("pipe", "a named pipe"), ("socket", "a socket"), (os.devnull, "a device"),
                           (tmp_path, "a folder")]:
            with pytest.raises(regular_file.NotRegularError, match=f"is {kind}; only regular"):
                regular_file.read(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(regular_file.NotRegularError, match="1099511627776 bytes; at most 10 are read"):
        regular_file.read(tmp_path / "a", 10)
