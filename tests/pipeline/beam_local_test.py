"""Workers that are processes: one that is killed ends the run, and the next run ends its work."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("apache_beam")

from tests.pipeline.beam_picture import picture  # noqa: E402
from tests.pipeline.beam_run_test import files  # noqa: E402

_PICTURES = 320  # Each worker writes 32 of them together.


@pytest.fixture
def command(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(_PICTURES):
        (folder / f"{number}.png").write_bytes(picture(number))
    return [sys.executable, "-m", "tf_ipr.bin.pipeline", "compress", f"--input={folder}",
            "--max_bytes=600", "--direct_num_workers=2"]  # Searches for a quality: slow enough to be hit.


def start(command, out, others=0):
    """Starts a run; gives it when more than so many of its outputs are there."""
    process = subprocess.Popen([*command, f"--output={out}"], text=True, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while process.poll() is None and len(list(out.glob("*.ipr"))) <= others:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def workers_of(process) -> list:
    """Process ids."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in found.splitlines()]
    return [int(pid) for pid, parent in pairs
            if int(parent) == process.pid and b"beam_worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def gone(pids) -> bool:
    deadline = time.monotonic() + 15
    while any(map(is_there, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(is_there, pids))


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks for processes in /proc")
def test_after_kills_the_same_command_leaves_the_same(command, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    subprocess.run([*command, f"--output={whole}"], check=True, capture_output=True)

    process = start(command, out)
    workers = workers_of(process)
    assert len(workers) == 2
    os.kill(workers[-1], signal.SIGKILL)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert error.startswith("tf_ipr_pipeline: the runner gave up (a worker died:") and error.count("\n") == 1
    assert gone(workers)
    made = len(list(out.glob("*.ipr")))
    assert 0 < made < _PICTURES

    process = start(command, out, made)
    workers = workers_of(process)
    process.kill()
    process.communicate(timeout=60)
    assert gone(workers)  # They do not wait for a runner that is no more.

    process = start(command, out, len(list(out.glob("*.ipr"))))
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[1] == (
        "tf_ipr_pipeline: stopped; the same command goes on from here\n")
    assert process.returncode == 143

    subprocess.run([*command, f"--output={out}"], check=True, capture_output=True)
    assert files(out) == files(whole)
