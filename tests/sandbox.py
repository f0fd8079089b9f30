"""A folder in which commands of documents and benchmarks find what they name, made small."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
_PORTRAIT = ROOT / "tf_ipr" / "assets" / "astronaut.png"
_LINKED = ("savedmodels", "tf_ipr", "flags", "examples", "benchmarks", "experiments")
_PEOPLE = ("Ada_Lovelace", "Grace_Hopper", "Joan_Clarke", "Mary_Jackson")


class Sandbox:
    """The folder, and a shell in it whose `tf_ipr_…` and `python` are this checkout's."""

    def __init__(self, folder: pathlib.Path, recognizer: pathlib.Path):
        """Fills the folder; `recognizer` is the folder of a small one."""
        self.folder = folder
        self._make_programs(folder / "bin")
        for name in _LINKED:
            (folder / name).symlink_to(ROOT / name)
        for name in ("face.jpg", "bob.jpg", "a.jpg", "b.jpg"):
            Image.open(_PORTRAIT).convert("RGB").save(folder / name, quality=95)
        for name in ("recognizers/of_the_loss", "recognizers/unseen", "FOLDER"):
            shutil.copytree(recognizer, folder / name)
            facts = folder / name / "recognizer.json"
            facts.write_text(json.dumps(dict(json.loads(facts.read_text()), name=facts.parent.name)))
        for half in ("encoder.tflite", "decoder.tflite"):
            if (ROOT / "savedmodels" / "lfw_l2_rec" / half).is_file():
                shutil.copy(ROOT / "savedmodels" / "lfw_l2_rec" / half, folder)
        self._make_faces("lfw", "lfw_protocol")
        self._make_faces("LFW", "LISTS")

    def run(self, command: str, timeout_s: float = 300) -> subprocess.CompletedProcess:
        """Types the command; output and errors are in `stdout`."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )

    def start(self, command: str) -> subprocess.Popen:
        """Types a command that goes on until it is ended; its output can be read from `stdout`."""
        return subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self._environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def make_pictures(self, name: str, count: int, side: int) -> None:
        """A folder of the portrait, shrunk, each time in other light."""
        portrait = np.asarray(Image.open(_PORTRAIT).convert("RGB").resize((side, side)))
        (self.folder / name).mkdir()
        for number in range(count):
            Image.fromarray(portrait - portrait // (4 + number)).save(
                self.folder / name / f"{number}.png"
            )

    def _environment(self) -> dict:
        return dict(
            os.environ,
            PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}",
            PYTHONPATH=str(ROOT),
            XDG_CACHE_HOME=str(self.folder / "cache"),
        )

    @staticmethod
    def _make_programs(folder: pathlib.Path) -> None:
        folder.mkdir()
        programs = {
            f"tf_ipr_{path.stem}": f"-c 'from tf_ipr.bin import {path.stem}; {path.stem}.run()'"
            for path in (ROOT / "tf_ipr" / "bin").glob("[a-z]*.py")
        }
        for name, module in {**programs, "python": ""}.items():
            program = folder / name
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def _make_faces(self, images: str, lists: str) -> None:
        """LFW's layout: two pictures each of a few people, all of them the portrait in other light."""
        portrait = np.asarray(Image.open(_PORTRAIT).convert("RGB").resize((250, 250)))
        for number, person in enumerate(_PEOPLE):
            for copy in (1, 2):
                picture = np.clip(portrait * (0.6 + 0.1 * number) + 10 * copy, 0, 255).astype(np.uint8)
                path = self.folder / images / person / f"{person}_{copy:04d}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(path, quality=90)
        (self.folder / lists).mkdir()
        for name in ("peopleDevTrain.txt", "peopleDevTest.txt"):
            (self.folder / lists / name).write_text(
                f"{len(_PEOPLE)}\n" + "".join(f"{person}\t2\n" for person in _PEOPLE)
            )
