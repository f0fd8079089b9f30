"""The binaries as processes: pipes, closed streams, signals, and what is answered at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

import tf_ipr
from tf_ipr.files import file_kind

BINARIES = ("align", "compress", "convert_recognizer", "decompress", "demo", "evaluate", "export",
            "identity", "info", "interop", "report", "train")


@pytest.fixture
def folder(tmp_path):
    """Three small pictures in `in`; the tests run there."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate("abc"):
        Image.new("RGB", (32, 24), (80 * number, 90, 200)).save(tmp_path / f"in/{name}.png")
    return tmp_path


def shell(folder, script: str, **environment) -> subprocess.CompletedProcess:
    """Runs a line of shell in which `compress` and so on are the binaries."""
    functions = "".join(f'{name}() {{ "{sys.executable}" -m tf_ipr.bin.{name} "$@"; }}\n'
                        for name in BINARIES)
    checkout = os.path.dirname(os.path.dirname(tf_ipr.__file__))
    return subprocess.run(["bash", "-c", functions + script], cwd=folder, capture_output=True,
                          timeout=300, check=False,
                          env={**os.environ, "PYTHONPATH": checkout, **environment})


def test_a_pipe_there_and_on(folder):
    done = shell(folder, "compress in/a.png a.ipr && compress - - < in/a.png | tee b.ipr | info - "
                         "&& compress <(cat in/a.png) c.ipr && info < /dev/null")
    assert (folder / "a.ipr").read_bytes() == (folder / "b.ipr").read_bytes()
    assert (folder / "a.ipr").read_bytes() == (folder / "c.ipr").read_bytes()
    assert b'"width": 32' in done.stdout and done.returncode == 2
    done = shell(folder, "decompress - - < a.ipr")
    assert file_kind.of_bytes(done.stdout) == file_kind.PNG and not done.stderr
    done = shell(folder, "compress - - < /dev/null")
    assert done.returncode == 1 and not done.stdout and b"standard input is empty" in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter_to_a_folder(folder, closed):
    assert shell(folder, f"compress in out {closed}").returncode == 0
    assert len(list((folder / "out").glob("*.ipr"))) == 3
    assert {file_kind.of_file(path) for path in (folder / "out").glob("*.ipr")} == {file_kind.STREAM}


def test_a_result_that_cannot_be_written_is_a_failure(folder):
    assert shell(folder, "compress in/a.png a.ipr >/dev/full").returncode == 0  # The stream is written.
    for script in ("info a.ipr >&-", "info a.ipr >/dev/full", "compress in/a.png - >&-",
                   "compress in/a.png - >/dev/full"):
        done = shell(folder, script)
        assert done.returncode == 1, script
        assert b"standard output cannot be written" in done.stderr and b"Traceback" not in done.stderr
    done = shell(folder, "set -o pipefail; info a.ipr a.ipr a.ipr | true; compress in out 2>&1 | true")
    assert not done.stderr and len(list((folder / "out").glob("*.ipr"))) == 3


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_with_one_line(folder, number, code):
    for copy in range(400):
        (folder / f"in/{copy}.png").symlink_to("a.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "tf_ipr.bin.compress", "in", "out"], cwd=folder, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(tf_ipr.__file__))}, text=True,
        # A shell that runs the tests in the background has made them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    while not list(folder.glob("out/*.ipr")):
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    last = errors.splitlines()[-1]
    assert process.returncode == code and "Traceback" not in errors
    assert last.startswith("tf_ipr_compress: stopped: ")
    assert last.endswith(" done, of 403; the same command goes on from here")
    assert not list(folder.glob("out/.tf_ipr-*"))


def test_names_that_are_no_text_or_look_like_flags(folder):
    os.rename(folder / "in/a.png", os.fsencode(folder) + b"/in/\xff\n.png")
    os.rename(folder / "in/b.png", folder / "-b.png")
    done = shell(folder, "compress in out; compress -b.png b.ipr", LC_ALL="C")
    assert os.path.exists(os.fsencode(folder) + b"/out/\xff\n.ipr") and b"Traceback" not in done.stderr
    assert done.returncode == 2 and b"is given as ./-b.png" in done.stderr
    assert shell(folder, "compress --quality=5 -- -b.png b.ipr").returncode == 0
    assert shell(folder, "compress ./-b.png c.ipr --quality=5").returncode == 0  # Flags may come last.
    assert (folder / "b.ipr").read_bytes() == (folder / "c.ipr").read_bytes()


@pytest.mark.parametrize("binary", BINARIES)
def test_version_and_wrong_flags(folder, binary):
    done = shell(folder, f"{binary} --version")
    assert done.stdout.decode() == f"tf_ipr_{binary} {tf_ipr.__version__}\n"
    done = shell(folder, f"{binary} --no_such_flag")
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"tf_ipr_{binary}: Unknown command line")
    assert done.stderr.count(b"\n") == 1


def test_what_is_answered_at_once_loads_nothing_large(folder):
    shell(folder, "compress in/a.png a.ipr")
    script = ("import sys\nfrom tf_ipr.bin import {0}, start\n"
              "code = start.call({0}.main, {1})\n"
              "heavy = {{'numpy', 'PIL', 'tensorflow', 'tqdm', 'ai_edge_litert'}} & set(sys.modules)\n"
              "print(code, sorted(heavy), file=sys.stderr)")
    for binary in BINARIES:
        for arguments, code in ((["x", "--help"], 0), (["x", "--version"], 0), (["x", "--what"], 2)):
            done = shell(folder, f'"{sys.executable}" -c "{script.format(binary, arguments)}"')
            assert done.stderr.decode().splitlines()[-1] == f"{code} []", (binary, arguments)
    for binary, arguments, code in (("info", ["x", "a.ipr"], 0), ("compress", ["x", "a"], 2),
                                    ("decompress", ["x", "a.ipr", "a.jpg"], 2)):
        done = shell(folder, f'"{sys.executable}" -c "{script.format(binary, arguments)}"')
        assert done.stderr.decode().splitlines()[-1] == f"{code} []", (binary, arguments)


def test_compressing_needs_no_tensorflow(folder):
    script = ("import sys\nfrom tf_ipr.bin import compress, start\n"
              "start.call(compress.main, ['x', 'in', 'out', '--max_bytes=200'])\n"
              "print('tensorflow' in sys.modules)")
    done = shell(folder, f'"{sys.executable}" -c "{script}"')
    assert done.stdout == b"False\n" and len(list((folder / "out").glob("*.ipr"))) == 3
