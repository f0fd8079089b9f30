"""Pictures per second of the pipeline on Apache Beam, beside the plain binary, with damaged ones among them.

    python -m benchmarks.pipeline_speed --data_dir=LFW                 all of LFW
    python -m benchmarks.pipeline_speed --data_dir=LFW --pictures=300

Copies pictures into a folder, cuts one of a hundred short, and compresses the folder by tf_ipr_compress, and by
tf_ipr_pipeline with each number of --workers, each into a new folder. `seconds` are of the whole command; `start`
are those of the same command on two pictures, which a long run forgets; `pictures/s` leaves them out.
Then a run with the most workers is killed (kill -9) in its middle and started again.

Promised: every damaged picture is a dead letter; every way leaves the same outputs; a worker of the pipeline is
at most a tenth slower than the binary.

Needs pip install 'tf_ipr[beam]'.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from absl import app, flags

from tf_ipr.files import image_file
from tf_ipr.pipeline.beam_work import LETTERS

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "Folder of pictures.", required=True)
flags.DEFINE_integer("pictures", None, "So many of them, evenly spread. Default: all.", 100)
flags.DEFINE_list("workers", ["1", "2"], "Numbers of worker processes of the pipeline.")
flags.DEFINE_float("quality", 30.0, "Of the streams.", 1.0, 100.0)
flags.DEFINE_integer("runs", 1, "Runs of each; the fastest counts.", 1)

_DAMAGED_EVERY = 100


def _copy(target: pathlib.Path) -> tuple[int, set]:
    """Copies pictures; returns how many, and the names of those that are cut short."""
    source = pathlib.Path(FLAGS.data_dir)
    paths = image_file.list_images(source)
    paths = paths[::max(1, len(paths) // FLAGS.pictures)][:FLAGS.pictures] if FLAGS.pictures else paths
    damaged = set()
    for number, path in enumerate(paths):
        name = path.relative_to(source)
        content = path.read_bytes()
        if number % _DAMAGED_EVERY == min(_DAMAGED_EVERY, len(paths)) // 2:
            content = content[:len(content) // 3]
            damaged.add(name.as_posix())
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return len(paths), damaged


def _binary(source: pathlib.Path, out: pathlib.Path) -> list:
    return [sys.executable, "-m", "tf_ipr.bin.compress", f"--quality={FLAGS.quality}", str(source), str(out)]


def _pipeline(source: pathlib.Path, out: pathlib.Path, workers: str) -> list:
    return [sys.executable, "-m", "tf_ipr.bin.pipeline", "compress", f"--quality={FLAGS.quality}",
            f"--input={source}", f"--output={out}", f"--direct_num_workers={workers}"]


def _seconds(command: list, expected: int) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode != expected:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return time.perf_counter() - begin


def _fastest(command_into, root: pathlib.Path, expected: int) -> tuple[float, pathlib.Path]:
    """Runs a command into new folders; the least seconds, and the last folder."""
    seconds = []
    for run in range(FLAGS.runs):
        out = root / f"out{len(list(root.iterdir()))}_{run}"
        seconds.append(_seconds(command_into(out), expected))
    return min(seconds), out


def _outputs(folder: pathlib.Path) -> dict:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.ipr")}


def _letters(folder: pathlib.Path, source: pathlib.Path) -> set:
    return {pathlib.Path(json.loads(line)["file"]).relative_to(source.resolve()).as_posix()
            for line in (folder / LETTERS).read_text().splitlines()}


def _killed(source: pathlib.Path, out: pathlib.Path, total: int) -> tuple[int, pathlib.Path]:
    """Kills a run when a third is done, and starts it again; how many there were at the kill."""
    command = _pipeline(source, out, FLAGS.workers[-1])
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(out.rglob("*.ipr"))) < total // 3:
        time.sleep(0.1)
    process.kill()
    process.wait()
    time.sleep(2)  # The workers end by themselves.
    made = len(list(out.rglob("*.ipr")))
    _seconds(command, 1)
    return made, out


def main(_) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        source, few, outs = root / "in", root / "few", root / "outs"
        for folder in (source, few, outs):
            folder.mkdir()
        total, damaged = _copy(source)
        whole = sorted(path for path in source.rglob("*") if path.is_file()
                       and path.relative_to(source).as_posix() not in damaged)
        for path in whole[:2]:
            shutil.copy(path, few)
        rows = [("tf_ipr_compress", lambda folder: lambda out: _binary(folder, out))]
        rows += [(f"tf_ipr_pipeline, workers: {number}",
                  lambda folder, number=number: lambda out: _pipeline(folder, out, number))
                 for number in FLAGS.workers]
        print(f"{total} pictures, {len(damaged)} of them damaged, quality {FLAGS.quality:g}\n")
        print("| | seconds | of these start | pictures/s | beside the binary |\n|---|---|---|---|---|")
        results = []
        for label, command in rows:
            start, _ = _fastest(command(few), outs, 0)
            seconds, out = _fastest(command(source), outs, 1)
            rate = total / (seconds - start)
            results.append((rate, out))
            print(f"| {label} | {seconds:.1f} | {start:.1f} | {rate:.1f} | {rate / results[0][0]:.2f} |",
                  flush=True)
        expected = _outputs(results[0][1])
        same = all(_outputs(out) == expected for _, out in results[1:])
        letters = all(_letters(out, source) == damaged for _, out in results[1:])
        print(f"\nevery way leaves the same {len(expected)} streams: {same}")
        print(f"the dead letters are the {len(damaged)} damaged pictures: {letters}")
        made, out = _killed(source, outs / "killed", total)
        again = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        first = results[-1][1]
        unstopped = {path.relative_to(first).as_posix(): path.read_bytes() for path in first.rglob("*")
                     if path.is_file()}
        print(f"killed with {made} streams made and started again, the folder is the same, manifest and dead "
              f"letters, too: {again == unstopped}")


if __name__ == "__main__":
    app.run(main)
