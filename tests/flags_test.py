"""Every recipe in flags/ is taken by its binary, and every line of one matters."""

from __future__ import annotations

import pathlib

import pytest
from absl.testing import flagsaver

from tf_ipr.bin import evaluate, train

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_RECIPES = sorted((_ROOT / "flags").glob("*.cfg"))
_BASES = sorted((_ROOT / "flags" / "base").glob("*.cfg"))
_NAMES = {path.stem for path in _RECIPES}
_PAPERS_DATA_SETS = ("celeba_hq_", "clic_")


def _flags(path):
    return (evaluate if path.name.startswith("eval_") else train).FLAGS


def _lines(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def _parsed(path, lines) -> dict:
    """The values of all flags after these lines."""
    flags = _flags(path)
    saved = flagsaver.save_flag_values(flags)
    try:
        flags.unparse_flags()
        flags(["binary", *lines])
        return {name: value for name, value in flags.flag_values_dict().items() if name != "flagfile"}
    finally:
        flagsaver.restore_flag_values(saved, flags)


@pytest.fixture(autouse=True)
def from_the_repository(monkeypatch):
    monkeypatch.chdir(_ROOT)


@pytest.mark.parametrize("path", _RECIPES + _BASES, ids=lambda path: path.stem)
def test_a_recipe_is_understood_and_each_of_its_lines_changes_something(path):
    lines = _lines(path)
    whole = _parsed(path, [f"--flagfile={path}"])
    assert whole == _parsed(path, lines)
    for number, line in enumerate(lines):
        assert _parsed(path, lines[:number] + lines[number + 1 :]) != whole, (
            f"{line} repeats what holds anyway"
        )


@pytest.mark.parametrize("path", _RECIPES, ids=lambda path: path.stem)
def test_a_training_runs_in_a_folder_of_its_name(path):
    if not path.name.startswith("eval_"):
        assert _parsed(path, _lines(path))["run_dir"] == f"runs/{path.stem}"


def test_there_is_a_recipe_for_every_shipped_model():
    assert {path.name for path in (_ROOT / "savedmodels").iterdir() if path.is_dir()} <= _NAMES


def test_every_other_recipe_has_a_result_or_is_of_the_papers_data_sets():
    shipped = {path.name for path in (_ROOT / "savedmodels").iterdir()}
    documents = "".join(path.read_text() for path in _ROOT.glob("*/*.md"))
    for name in _NAMES - shipped:
        assert name.startswith(_PAPERS_DATA_SETS + ("eval_",)) or f"{name}" in documents, name
