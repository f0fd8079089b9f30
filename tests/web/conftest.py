"""The page, built once, and its answers in headless Chromium."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

from tests.web import cases

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
HALVES = pathlib.Path(os.environ.get("TF_IPR_WEB_HALVES", ROOT / "savedmodels" / "lfw_align112_l2_ip"))
BROWSERS = "chromium", "chromium-browser", "google-chrome"


def bytes_of(text: str) -> bytes:
    return base64.b64decode(text)


def picture_of(text: str, size: int = 112) -> np.ndarray:
    return np.frombuffer(bytes_of(text), np.uint8).reshape(size, size, 3)


@pytest.fixture(scope="session")
def halves() -> pathlib.Path:
    """The folder of both halves for crops of 112x112 (`TF_IPR_WEB_HALVES` overrides)."""
    for name in ("encoder.tflite", "decoder.tflite"):
        if not (HALVES / name).is_file():
            pytest.skip(f"needs {HALVES / name}: tf_ipr_export --target=tflite --image_size=112x112")
    return HALVES


@pytest.fixture(scope="session")
def browser() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}, or set CHROMIUM to its path")
    return found


@pytest.fixture(scope="session")
def page_folder(halves, tmp_path_factory) -> pathlib.Path:
    """The page as `make web` builds it."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    if not (WEB / "node_modules").is_dir():
        installed = subprocess.run(["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"], cwd=WEB,
                                   capture_output=True, text=True, check=False)
        if installed.returncode:
            pytest.skip(f"needs web/node_modules: npm ci in {WEB} failed: {installed.stderr[-300:]}")
    folder = tmp_path_factory.mktemp("page") / "dist"
    run_node("build.mjs", f"--output={folder}", f"--halves={halves}")
    return folder


def run_node(script, *arguments, browser: str = "") -> str:
    """What a script in web/ or tests/web/ prints."""
    done = subprocess.run(["node", str(WEB / script), *map(str, arguments)], capture_output=True,
                          text=True, check=False, env={**os.environ, "CHROMIUM": browser}, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def answers(page_folder, browser, halves, tmp_path_factory) -> dict:
    """What the browser answers to all questions of `cases.job`, by one start of Chromium."""
    job = tmp_path_factory.mktemp("job") / "job.json"
    job.write_text(json.dumps(cases.job(halves)))
    return json.loads(run_node("../tests/web/answers.mjs", page_folder, job, browser=browser))
