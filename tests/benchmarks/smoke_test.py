"""Every benchmark runs through with little data and prints its tables."""

from __future__ import annotations

import importlib.util
import pathlib

import pytest

from tests.sandbox import ROOT, Sandbox

_PICTURES = "--dataset=folder --data_dir=pictures"
_ENCODER = "--encoder=savedmodels/lfw_l2_rec/encoder.tflite"

# Module -> flags that make it short, and what its output must hold.
SMOKE = {
    "agreement": (f"{_PICTURES} --qualities=50", "2 streams"),
    "card_reading": (
        "--data_dir=LFW --protocol_dir=LISTS --recognizers=FOLDER --faces=2 --versions=18 --widths=900",
        "| 18-M | 2 of 2 |",
    ),
    "coder_overhead": (f"{_PICTURES} --qualities=50 --timed_images=1", "rANS"),
    "decode_speed": (
        f"{_PICTURES} --decoder=savedmodels/lfw_l2_rec/decoder --batches=1 --threads=1 --rates=5 "
        "--seconds=0.2",
        "pictures/s",
    ),
    "encode_speed": (
        f"{_ENCODER} --sizes=64x64 --qualities=50 --others=jpeg:20 --nohyperprior --runs=1",
        "| jpeg | 20 | 64x64 |",
    ),
    "evaluation_speed": (
        "--data_dir=LFW --protocol_dir=LISTS --recognizers=FOLDER --counts=2 --codecs=jpeg:50",
        "images",
    ),
    "exactness": ("--latents=8 --side=2", "largest possible sum"),
    "exactness_matrix": ("--images=5 --qualities=50 --only=LiteRT", "| LiteRT "),
    "fuzz_header": ("-runs=200 found", "Done 200 runs"),
    "growth": (f"{_ENCODER} --sides=64 --plot=growth.svg", "| 64x64 |"),
    "interval_coverage": ("--sets=10 --resamples=50 --people=20 --fmr=0.01", "| 20 |"),
    "mutations": (f"{_PICTURES} --count=40 --streams=2", "|"),
    "pipeline_speed": ("--data_dir=pictures --workers=1", "manifest and dead letters, too: True"),
    "runtime_speed": ("--runs=1 --nosavedmodel", "1024x1024"),
    "serving_mutations": (
        f"{_PICTURES} --count=20 --batch=5 --decoder=savedmodels/lfw_l2_rec/decoder/1 "
        "--state=state.json",
        "|",
    ),
    "startup": ("--runs=1", "Pillow"),
}

WITHOUT = {
    "browser_landmarks": "needs a browser and npm; tests of the page are in web/",
    "installed_size": "needs a package index",
}
_NEEDS = {
    "fuzz_header": "atheris",
    "decode_speed": "tensorflow_serving",
    "pipeline_speed": "apache_beam",
}


def test_every_benchmark_has_one():
    programs = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if 'if __name__ == "__main__"' in path.read_text()
        and not path.stem.endswith(("_process", "_worker"))
    }
    assert programs == SMOKE.keys() | WITHOUT.keys()


@pytest.mark.parametrize("name", SMOKE)
def test_it_runs_through(name, frozen_recognizer, tmp_path):
    if name in _NEEDS and not importlib.util.find_spec(_NEEDS[name]):
        pytest.skip(f"needs {_NEEDS[name]}")
    sandbox = Sandbox(tmp_path, frozen_recognizer)
    sandbox.make_pictures("pictures", 2, 64)
    flags, expected = SMOKE[name]
    done = sandbox.run(f"python -m benchmarks.{name} {flags}")
    assert done.returncode == 0, done.stdout[-3000:]
    assert expected in done.stdout, done.stdout[-3000:]


def test_the_readme_has_every_benchmark():
    text = pathlib.Path(ROOT / "benchmarks" / "README.md").read_text()
    assert all(f"benchmarks.{name}" in text for name in SMOKE.keys() | WITHOUT.keys())
