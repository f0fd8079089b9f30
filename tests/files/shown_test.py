"""Names in messages stay on one line."""

import os
import pathlib

from tf_ipr.files.shown import shown


def test_printable_names_stay_as_they_are():
    assert shown(pathlib.Path("a b/\u9854.jpg")) == "a b/\u9854.jpg"


def test_line_ends_controls_and_bytes_become_escapes():
    assert shown("a\nb\x1b[31m\t") == r"a\nb\x1b[31m\t"
    assert shown(os.fsdecode(b"a\xff.jpg")) == r"a\udcff.jpg"
