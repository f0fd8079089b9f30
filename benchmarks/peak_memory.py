"""Peak memory of this process since it began to run its own program."""

from __future__ import annotations

import pathlib
import re


def mebibytes() -> float:
    """The largest resident set so far, in MiB (Linux).

    Not `resource.ru_maxrss`: that is inherited from the process that started this one.
    """
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024
