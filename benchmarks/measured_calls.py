"""What a process of its own reports of one call: milliseconds, peak memory, bytes; as a line of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np

from benchmarks import peak_memory


def report(call: Callable[[], object], runs: int, num_bytes: int, before_mib: float) -> None:
    """Calls `runs` times and prints medians.

    Args:
      call: what is measured; it was called once before, so that first-time work is not counted.
      runs: how often.
      num_bytes: of the stream, for the record.
      before_mib: peak memory of the process before it had what `call` needs.
    """
    wall, cpu = [], []
    for _ in range(runs):
        start = time.perf_counter(), time.process_time()
        call()
        wall.append(1e3 * (time.perf_counter() - start[0]))
        cpu.append(1e3 * (time.process_time() - start[1]))
    peak_mib = peak_memory.mebibytes()
    print(json.dumps(dict(bytes=num_bytes, wall_ms=float(np.median(wall)),
                          cpu_ms=float(np.median(cpu)), peak_mib=peak_mib,
                          added_mib=peak_mib - before_mib)))
