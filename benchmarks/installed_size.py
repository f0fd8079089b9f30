"""What an installation takes on disk: the base on this Python, and with --extras what it grows to.

    python -m benchmarks.installed_size --python=python3.13

Makes an environment in a temporary folder, installs the wheel of this checkout by pip, and adds up the
files. Needs a package index.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("python", sys.executable, "The Python to install for.")
flags.DEFINE_string("extras", "", "Extras beside the base, e.g. train,evaluation.")

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_SHOWN = 8


def mebibytes(path: pathlib.Path) -> float:
    """Of all files below."""
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file()) / 2 ** 20


def main(argv) -> int:
    del argv
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        # Through PYTHONPATH pip would find this checkout, and leave the wheel out.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

        def run(*command):
            subprocess.run(
                [*map(str, command)], check=True, stdout=subprocess.DEVNULL, env=environment
            )

        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "wheel", _ROOT)
        wheel, = (folder / "wheel").glob("*.whl")
        run(FLAGS.python, "-m", "venv", folder / "venv")
        site, = (folder / "venv").glob("lib/python3*/site-packages")
        empty = mebibytes(site)  # pip itself
        wanted = f"{wheel}[{FLAGS.extras}]" if FLAGS.extras else wheel
        run(folder / "venv" / "bin" / "pip", "install", "--quiet", wanted)
        total = mebibytes(site) - empty
        print(f"wheel {wheel.stat().st_size / 2 ** 20:.1f} MiB; installed "
              f"{'with ' + FLAGS.extras if FLAGS.extras else 'base'} {total:.0f} MiB\n")
        print("| package folder | MiB |\n|---|---|")
        sizes = {path.name: mebibytes(path) for path in site.iterdir() if path.is_dir()}
        for package, size in sorted(sizes.items(), key=lambda item: -item[1])[:_SHOWN]:
            print(f"| {package} | {size:.1f} |")
    return 0


if __name__ == "__main__":
    app.run(main)
