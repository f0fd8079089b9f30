"""How tests of binaries run them, in this process with flags set for one call, and a recogniser."""

from __future__ import annotations

from typing import Callable

import pytest
from absl import flags
from absl.testing import flagsaver

from tests import tiny_recognizer


@pytest.fixture
def run_main() -> Callable[..., int]:
    """Calls `main` of a binary: run_main(main, "IN", "OUT", quality=30) -> exit code."""
    def call(main, *arguments, **values) -> int:
        if not flags.FLAGS.is_parsed():
            flags.FLAGS.mark_as_parsed()
        with flagsaver.flagsaver(**values):
            return main(["binary", *map(str, arguments)])
    return call


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    """Folder of a small frozen recogniser with random weights."""
    return str(tiny_recognizer.write(tmp_path_factory))
