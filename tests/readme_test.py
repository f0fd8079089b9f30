"""The README's example runs as written, and its commands and files exist."""

import pathlib
import re

import numpy as np

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_TEXT = (_ROOT / "README.md").read_text()


def test_the_python_example_runs(monkeypatch):
    monkeypatch.chdir(_ROOT)
    names = {}
    exec(re.search(r"```python\n(.*?)```", _TEXT, re.S).group(1), names)
    assert names["decoded"].shape == names["image"].shape
    assert names["decoded"].dtype == np.uint8


def test_every_binary_it_names_is_installed():
    installed = set(re.findall(r"^    (tf_ipr_\w+) =", (_ROOT / "setup.cfg").read_text(), re.M))
    named = set(re.findall(r"^    (tf_ipr_\w+)", _TEXT, re.M))
    assert named and named <= installed


def test_every_path_it_names_exists():
    paths = re.findall(r"`((?:docs|tests|flags|tf_ipr|benchmarks|savedmodels)/[\w./]*)`", _TEXT)
    paths += re.findall(r"\]\((docs/[\w.]+)\)", _TEXT)
    missing = [path for path in paths if not (_ROOT / path).exists()]
    assert paths and not missing
