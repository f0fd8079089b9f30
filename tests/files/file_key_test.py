"""One key names an image file in every cache, and caches that exist hold it."""

import pytest

from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.files.file_key import file_key


def test_keys_depend_on_content_alone(tmp_path):
    for name, content in (("a", b"abc"), ("b", b"abc"), ("c", b"abd")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (file_key(tmp_path / name) for name in "abc")
    assert a == b != c
    # SHA-256 of "abc", FIPS 180-2, appendix B.1.
    assert a == "ba7816bf8f01cfea414140de5dae2223"


def test_a_file_that_is_not_there_has_no_key(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with pytest.raises(OSError):
        file_key(tmp_path / "none")
    paths = [tmp_path / "a", tmp_path / "none"]
    assert EvaluationSet("two", paths).keys == [file_key(paths[0]), None]
