"""A package that is missing is one line that says how to get it, or why it cannot be had."""

import sys

import pytest

from tf_ipr.bin import missing_package


@pytest.mark.parametrize("version, name, text", [
    ((3, 11), "tensorflow", "needs tensorflow: pip install 'tf_ipr[train]'"),
    ((3, 13), "tensorflow.keras", "for Python 3.10 and 3.11 alone; here is Python 3.13"),
    ((3, 13), "mtcnn", "for Python 3.10 and 3.11 alone"),
    ((3, 13), "matplotlib", "pip install 'tf_ipr[evaluation]'"),
    ((3, 12), "ai_edge_litert", "pip install 'tf_ipr'"),
    ((3, 12), "something_else", "No module named 'something_else'")])
def test_what_is_missing_is_said(monkeypatch, version, name, text):
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    message = missing_package.explain(
        ModuleNotFoundError(f"No module named {name!r}", name=name))
    assert text in message and "\n" not in message


def test_every_package_named_belongs_to_an_extra_that_exists():
    import configparser
    import pathlib

    setup = configparser.ConfigParser()
    setup.read(pathlib.Path(__file__).resolve().parents[2] / "setup.cfg")
    extras = setup["options.extras_require"]
    assert {extra for extra in missing_package._EXTRAS.values() if extra} <= set(extras)
