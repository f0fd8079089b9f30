"""How tests of binaries run them, in this process with flags set for one call, and a recogniser."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from absl.testing import flagsaver

from tf_ipr.bin import start


@pytest.fixture
def run_main() -> Callable[..., int]:
    """Runs a binary: run_main(main, "IN", "OUT", quality=30) -> exit code; errors go to stderr."""
    def call(main, *arguments, **values) -> int:
        flags = sys.modules[main.__module__].FLAGS
        saved = flagsaver.save_flag_values(flags)
        try:
            for name, value in values.items():
                flags[name].value = value
                flags[name].using_default_value = False
            return start.call(main, ["binary", *map(str, arguments)])
        finally:
            flagsaver.restore_flag_values(saved, flags)
    return call


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    """Folder of a small frozen recogniser with random weights."""
    from tests import tiny_recognizer  # pylint: disable=import-outside-toplevel  # Needs TensorFlow.

    return str(tiny_recognizer.write(tmp_path_factory))
