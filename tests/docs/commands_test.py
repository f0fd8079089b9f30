"""The commands and the Python of README and docs work as they stand there."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.docs import code_blocks
from tests.sandbox import Sandbox

_ROOT = code_blocks.ROOT
_DATA_SET = (
    "needs the whole data set and hours; the flags are checked, tests/evaluation/ runs the program"
)
_BENCHMARK = (
    "needs minutes or data sets; the flags are checked, tests/benchmarks/ runs it with little data"
)
_EXPERIMENT = "answered one question once; the flags are checked"
_CHECKPOINT = "needs a published checkpoint; tests/recognition/conversion/ runs it on small ones"
_EXPORT = "exports take a minute; the flags are checked, tests/export/ runs them"

# Commands that are not run, by document and beginning, each with the reason.
NOT_RUN = {
    ("README.md", "make run"): "installs packages",
    ("README.md", "make test"): "runs these tests",
    ("README.md", "pip install ."): "installs packages",
    ("docs/browser.md", "make web"): "serves until it is stopped; tests/web/ builds and visits the page",
    ("docs/browser.md", "python -m benchmarks."): "needs npm, a browser and minutes; tests/web/ finds the same faces",
    ("docs/card.md", "pip install"): "installs packages",
    ("docs/card.md", "python -m benchmarks."): _BENCHMARK,
    ("docs/device.md", "npm pack"): "downloads; tests/examples/device_test.py runs what comes of it",
    ("docs/device.md", "tf_ipr_export"): _EXPORT,
    ("docs/evaluation.md", "tf_ipr_report savedmodels"): _DATA_SET,
    ("docs/evaluation.md", "tf_ipr_report runs/evaluation/lfw --images"): _DATA_SET,
    ("docs/pipeline.md", "pip install"): "installs packages",
    ("docs/pipeline.md", "tf_ipr_pipeline"): "needs Beam; tests/bin/pipeline_test.py runs what runs here",
    ("docs/pipeline.md", "python -m benchmarks."): _BENCHMARK,
    ("docs/recognition.md", "tf_ipr_convert_recognizer --arch=onnx"): _CHECKPOINT,
    ("docs/recognition.md", "tf_ipr_convert_recognizer --arch=mobilefacenet_pytorch"): _CHECKPOINT,
    ("docs/recognition.md", "tf_ipr_convert_recognizer --arch=mobilefacenet_mxnet"): _CHECKPOINT,
    ("docs/recognition.md", "tf_ipr_convert_recognizer --arch=curricularface_ir101"): _CHECKPOINT,
    ("docs/recognition.md", "tf_ipr_convert_recognizer --arch=cosface20"): _CHECKPOINT,
    ("docs/recognition.md", "python -m experiments.identity_figure"): _EXPERIMENT,
    ("docs/results.md", "tf_ipr_evaluate"): _DATA_SET,
    ("docs/results.md", "python -m benchmarks."): _BENCHMARK,
    ("docs/results.md", "python -m experiments."): _EXPERIMENT,
    ("docs/serving.md", "docker run"): "needs Docker; tests/export/serving/ loads the same folder",
    ("docs/serving.md", "tf_ipr_export"): _EXPORT,
    (
        "docs/serving.md",
        "python examples/server/recognise.py",
    ): "needs a decoder with a recogniser; tests/export/serving/clients_test.py runs it",
    ("docs/speed.md", "python -m benchmarks."): _BENCHMARK,
    (
        "docs/training.md",
        "TF_CONFIG=",
    ): "two that wait for each other; tests/training/distribution_test.py runs both",
    ("experiments/README.md", "python -m experiments."): _EXPERIMENT,
    ("experiments/README.md", "tf_ipr_evaluate"): _DATA_SET,
}

# Flags on the page of the pipeline that are Beam's; tests/bin/pipeline_test.py lets Beam read them.
_OF_BEAM = {"runner", "direct_num_workers", "flink_master", "project", "region", "temp_location",
            "sdk_container_image"}  # fmt: skip

# What is added behind a command to make it short.
ADDED = {
    (
        "docs/training.md",
        "tf_ipr_train",
    ): "--steps=1 --validate_every=1 --validation_share=0.3 --crop_size=64",
    ("docs/evaluation.md", "tf_ipr_evaluate"): "--every=2 --processes=1 --noreport",
}

# What has to run meanwhile: command and the words by which it says that it is ready.
SERVED = {
    "docs/serving.md": (
        "python examples/server/local_server.py savedmodels/lfw_l2_rec/decoder",
        "serving ",
    )
}


def _entry(table: dict, command):
    return next(
        (
            value
            for (document, beginning), value in table.items()
            if document == command.document and command.text.startswith(beginning)
        ),
        None,
    )


def _runnable(path):
    every = dict.fromkeys(code_blocks.commands(path))  # Each once, in order.
    return [command for command in every if not _entry(NOT_RUN, command)]


_TO_RUN = [path for path in code_blocks.DOCUMENTS if _runnable(path)]
_WITH_PYTHON = [path for path in code_blocks.DOCUMENTS if code_blocks.python(path)]


@pytest.mark.parametrize("path", _TO_RUN, ids=lambda path: path.name)
def test_commands_run_as_typed(path, frozen_recognizer, tmp_path):
    sandbox = Sandbox(tmp_path, frozen_recognizer)
    for name in ("a", "b"):
        done = sandbox.run(f"tf_ipr_compress {name}.jpg {name}.ipr")
        assert done.returncode == 0, done.stdout
    server = _serve(sandbox, path)
    try:
        for command in _runnable(path):
            done = sandbox.run(f"{command.text} {_entry(ADDED, command) or ''}")
            assert done.returncode == 0, f"{command.text}\n{done.stdout[-3000:]}"
    finally:
        if server:
            server.terminate()
            server.wait()


def _serve(sandbox, path):
    served = SERVED.get(str(path.relative_to(_ROOT)))
    if not served:
        return None
    pytest.importorskip("tensorflow_serving")
    command, ready = served
    assert command in path.read_text()
    server = sandbox.start(command)
    for line in server.stdout:
        if ready in line:
            return server
        if "in use" in line:
            server.wait()
            pytest.skip(f"the documents' port is taken: {line}")
    pytest.fail(f"{command} ended")


@pytest.mark.parametrize("path", _WITH_PYTHON, ids=lambda path: path.name)
def test_python_runs_as_it_stands(path, monkeypatch):
    monkeypatch.chdir(_ROOT)
    for text in code_blocks.python(path):
        exec(compile(text, str(path), "exec"), {})  # pylint: disable=exec-used


def test_tables_of_exceptions_name_commands_that_are_there():
    every = [command for path in code_blocks.DOCUMENTS for command in code_blocks.commands(path)]
    for table in (NOT_RUN, ADDED):
        for entry in table:
            assert any(_entry({entry: True}, command) for command in every), f"{entry} is stale"


@pytest.mark.parametrize(
    "path", code_blocks.DOCUMENTS + code_blocks.CARDS, ids=lambda path: str(path.relative_to(_ROOT))
)
def test_programs_and_flags_exist(path):
    for command in code_blocks.commands(path) + code_blocks.named_in_prose(path):
        for text in re.split(r"\s*(?:&&|;)\s*", command.text):
            source = _source(text)
            if source is None:
                continue
            known = _flags(source) | (_OF_BEAM if source.stem == "pipeline" else set())
            for flag in re.findall(r"\s--(\w+)", text):
                assert {flag, flag.removeprefix("no")} & known, f"{text}: {source.name} has no --{flag}"


def _source(text: str):
    """The file of the program that a command starts; None for one that is not of this project."""
    found = re.match(
        r"(?:[A-Z]\w*=\S+ )*(tf_ipr_(\w+)|python -m ([\w.]+)|python ((?:examples|benchmarks)/\S+))", text
    )
    if not found or (found[3] or "").split(".")[0] not in ("", "benchmarks", "experiments"):
        return None
    path = _ROOT / (
        f"tf_ipr/bin/{found[2]}.py"
        if found[2]
        else found[3].replace(".", "/") + ".py"
        if found[3]
        else found[4]
    )
    assert path.is_file(), f"{text}: there is no {path.relative_to(_ROOT)}"
    return path


def _flags(path: pathlib.Path) -> set:
    """The flags that a program defines, itself or through modules that it shares with others."""
    sources, remaining = set(), [path]
    while remaining:
        source = remaining.pop()
        if source in sources:
            continue
        sources.add(source)
        imports = re.findall(r"^ *(?:from [\w.]+ )?import ([\w, ()]+)", source.read_text(), re.M)
        modules = set(re.findall(r"\w+", " ".join(imports)))
        remaining += [
            file
            for folder in ("tf_ipr/bin", "benchmarks", "experiments", "examples/server")
            for file in (_ROOT / folder).glob("*.py")
            if file.stem in modules
        ]
    return {"flagfile", "help", "version"}.union(
        *(
            re.findall(r"(?:DEFINE_\w+|add_argument)\(\s*\"(?:--)?(\w+)\"", source.read_text())
            for source in sources
        )
    )


def test_every_path_that_is_named_exists():
    named = re.compile(
        r"`((?:docs|tests|flags|tf_ipr|benchmarks|experiments|savedmodels|examples)/[\w./]*)`"
    )
    linked = re.compile(r"\]\((?!https?:)([\w./]+)\)")
    for path in code_blocks.DOCUMENTS + code_blocks.CARDS:
        text = path.read_text()
        for name in named.findall(text):
            assert (_ROOT / name).exists(), f"{path.name} names {name}"
        for name in linked.findall(text):
            assert (path.parent / name).exists(), f"{path.name} links to {name}"


def test_the_readme_is_short():
    assert len((_ROOT / "README.md").read_text().splitlines()) <= 130
