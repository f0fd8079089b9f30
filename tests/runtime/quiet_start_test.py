"""A line is left out, whatever else is written to the standard error stream comes through."""

import subprocess
import sys

_WRITE = """
import os
from tf_ipr.runtime import quiet_start
os.write(2, b"before\\n")
with quiet_start.without_line(b"delegate"):
    os.write(2, b"INFO: a delegate\\nwarning\\n")
os.write(2, b"after\\n")
"""
_CODEC = "import numpy, tf_ipr; tf_ipr.Codec.load().compress(numpy.zeros([16, 16, 3], numpy.uint8))"


def _stderr(script):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr


def test_one_line_is_left_out():
    assert _stderr(_WRITE) == "before\nwarning\nafter\n"


def test_the_codec_says_nothing():
    assert _stderr(_CODEC) == ""


def test_a_closed_stream_stays_closed():
    assert _stderr("import os; os.close(2)\n" + _CODEC) == ""
