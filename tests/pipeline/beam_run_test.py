"""Runs of the pipeline on Beam's local runner, in this process: what is made, skipped, refused and left."""

from __future__ import annotations

import json
import os
import pathlib

import pytest
from PIL import Image

pytest.importorskip("apache_beam")

from apache_beam.options.pipeline_options import PipelineOptions  # noqa: E402

from tests.pipeline.beam_picture import picture  # noqa: E402
from tests.pipeline.beam_store import MemoryFileSystem  # noqa: E402
from tf_ipr.files.atomic_file import OutputError  # noqa: E402
from tf_ipr.pipeline import manifest, verb  # noqa: E402
from tf_ipr.pipeline.beam_run import BeamRun  # noqa: E402
from tf_ipr.pipeline.beam_work import LETTERS, Work  # noqa: E402
from tf_ipr.pipeline.file_run import FileRun, each  # noqa: E402
from tf_ipr.pipeline.transcode import Rate  # noqa: E402


def compressing(quality: float = 30.0) -> Work:
    return Work("compress", None, 1 << 20, Rate(quality))


def go(pattern, out, work=None, overwrite=False):
    return BeamRun(str(pattern), str(out), work or compressing(), overwrite).run(
        PipelineOptions(["--runner=FnApiRunner"]))


def letters(folder):
    return [json.loads(line) for line in (folder / LETTERS).read_text().splitlines()]


def files(folder: pathlib.Path) -> dict:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}


@pytest.fixture
def pictures(tmp_path):
    """Names that meet, a folder in the folder, one that is damaged, one that is none."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for seed, name in enumerate(["a.png", "b.png", "deep/c.png"]):
        (folder / name).write_bytes(picture(seed))
    (folder / "a.jpg").write_bytes(picture(5, "jpeg"))
    (folder / "without_suffix").write_bytes(picture(6))
    (folder / "bad.png").write_bytes(picture(7)[:200])
    (folder / "empty.png").touch()
    (folder / "readme.txt").write_text("read me")
    (folder / ".hidden.png").write_bytes(picture(8))
    return folder


def test_outputs_and_manifest_are_those_of_a_folders_run(pictures, tmp_path):
    outcome = go(pictures, tmp_path / "beam")
    ready = compressing().load()
    summary = FileRun([pictures], tmp_path / "folder", verb.COMPRESS, False).run(
        each(ready.function), ready.settings)
    made, expected = files(tmp_path / "beam"), files(tmp_path / "folder")
    made.pop(LETTERS)
    lines = [sorted(content.pop(manifest.FILE_NAME).splitlines()) for content in (made, expected)]
    assert made == expected and len(made) == 5
    assert lines[0] == lines[1]
    assert outcome.counts == {"found": 7, "done": 5, "failed": 2, "left out": 2}
    assert [(os.path.basename(letter["file"]), letter["stage"]) for letter in letters(tmp_path / "beam")] == [
        ("bad.png", "compress"), ("empty.png", "read")]
    assert {letter["reason"] for letter in letters(tmp_path / "beam")} == {
        reason for _, reason in summary.failures}
    # And that run goes on where the pipeline ended.
    again = FileRun([pictures], tmp_path / "beam", verb.COMPRESS, False).run(
        each(ready.function), ready.settings)
    assert (again.done, again.skipped) == (0, 5)


def test_metrics_say_sizes_and_times(pictures, tmp_path):
    spreads = go(pictures, tmp_path / "out").spreads
    sizes = [len(content) for name, content in files(tmp_path / "out").items() if name.endswith(".ipr")]
    spread = spreads["bytes out"]
    assert (spread.count, spread.sum, spread.least, spread.greatest) == (
        5, sum(sizes), min(sizes), max(sizes))
    assert spreads["bytes in"].count == spreads["milliseconds"].count == 5


def test_a_second_run_does_what_is_missing_and_leaves_the_same(pictures, tmp_path):
    go(pictures, tmp_path / "out")
    before = files(tmp_path / "out")
    (tmp_path / "out/b.ipr").unlink()
    (tmp_path / "out/.tf_ipr.parts").mkdir()
    (tmp_path / "out/.tf_ipr.parts/0.tmp").write_bytes(b"half")  # As a kill leaves it.
    counts = go(pictures, tmp_path / "out").counts
    assert (counts["done"], counts["finished before"]) == (1, 4)
    assert files(tmp_path / "out") == before
    (pictures / "b.png").write_bytes(picture(50))
    assert go(pictures, tmp_path / "out").counts["done"] == 1
    assert files(tmp_path / "out")["b.ipr"] != before["b.ipr"]


def test_streams_become_pictures(pictures, tmp_path):
    go(pictures, tmp_path / "streams")
    counts = go(f"{tmp_path}/streams/**", tmp_path / "out", Work("decompress", None, 1 << 20)).counts
    assert counts == {"found": 5, "done": 5, "left out": 2}
    assert Image.open(tmp_path / "out/deep/c.png").size == (32, 32)


def test_other_settings_are_refused_and_made_on_demand(pictures, tmp_path):
    go(pictures, tmp_path / "out")
    with pytest.raises(ValueError, match="other settings"):
        go(pictures, tmp_path / "out", compressing(90.0))
    assert go(pictures, tmp_path / "out", compressing(90.0), overwrite=True).counts["done"] == 5
    go(pictures, tmp_path / "new", compressing(90.0))
    assert files(tmp_path / "out") == files(tmp_path / "new")


def test_an_output_that_is_something_else_is_refused(pictures, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is a file; the outputs need a folder"):
        go(pictures, tmp_path / "file")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("Dear")
    with pytest.raises(OutputError, match="holds other files .a.txt. and no manifest of tf_ipr"):
        go(pictures, tmp_path / "letters")
    with pytest.raises(OutputError, match="the inputs .* lie in the folder of outputs"):
        go(f"{pictures}/deep/*", pictures)
    assert files(tmp_path / "letters") == {"a.txt": b"Dear"}


def test_what_lies_in_an_outputs_place_stays(pictures, tmp_path):
    go(pictures / "b.png", tmp_path / "out")
    (tmp_path / "out/b.ipr").write_bytes(b"\xfb changed by somebody")
    (tmp_path / "out/a.png.ipr").write_text("a letter")
    (tmp_path / "out/a.jpg.ipr").mkdir()
    go(pictures / "*", tmp_path / "out")
    assert {os.path.basename(letter["file"]): letter["stage"] for letter in letters(tmp_path / "out")} == {
        "bad.png": "compress", "empty.png": "read", "a.png": "write", "a.jpg": "write", "b.png": "write"}
    assert files(tmp_path / "out")["b.ipr"] == b"\xfb changed by somebody"
    go(pictures / "*", tmp_path / "out", overwrite=True)
    assert (tmp_path / "out/a.png.ipr").read_text() == "a letter"  # Of another kind: never.
    assert [os.path.basename(letter["file"]) for letter in letters(tmp_path / "out")] == [
        "a.jpg", "a.png", "b.png", "bad.png", "empty.png"]


def test_a_pattern_without_a_file_or_a_picture_says_so(pictures, tmp_path):
    for pattern in ("nothing/**", f"{pictures}/*.webp", "memory://nowhere/*"):
        with pytest.raises(FileNotFoundError, match=r"matches no file; \* stands for"):
            go(pattern, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="matches 1 files, and no picture is among them"):
        go(pictures / "*.txt", tmp_path / "out")


def test_a_file_that_vanishes_in_between_is_a_dead_letter(monkeypatch, tmp_path):
    monkeypatch.setattr(MemoryFileSystem, "files", {
        f"memory://in/{name}.png": picture(seed) for seed, name in enumerate("abc")})
    run = BeamRun("memory://in/**", str(tmp_path / "out"), compressing(), False)
    monkeypatch.setattr(MemoryFileSystem, "vanishing", {"memory://in/b.png"})
    outcome = run.run(PipelineOptions(["--runner=FnApiRunner"]))
    assert (outcome.counts["done"], outcome.complete) == (2, False)
    assert letters(tmp_path / "out") == [{"file": "memory://in/b.png", "stage": "read", "reason":
                                          "it cannot be read (no object memory://in/b.png)"}]


def test_both_ends_may_be_stores_of_objects(monkeypatch, tmp_path):
    monkeypatch.setattr(MemoryFileSystem, "files", {
        "memory://in/x/a.png": picture(1), "memory://in/x/deep/b.png": picture(2)})
    go("memory://in/x/**", "memory://out/y")
    first = dict(MemoryFileSystem.files)
    assert set(first) - {"memory://in/x/a.png", "memory://in/x/deep/b.png"} == {
        f"memory://out/y/{name}" for name in (".tf_ipr.jsonl", LETTERS, "a.ipr", "deep/b.ipr")}
    assert go("memory://in/x/**", "memory://out/y").counts == {"found": 2, "finished before": 2}
    assert go("memory://in/x/**", "memory://out/y", overwrite=True).counts["done"] == 2
    assert MemoryFileSystem.files == first
