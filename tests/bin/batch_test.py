"""A tree of files goes through a process; what is finished, what fails, what is refused."""

from __future__ import annotations

import os
import pathlib

import pytest

from tf_ipr.bin import batch
from tf_ipr.files import atomic_file, file_list


def list_texts(folder: pathlib.Path):
    return file_list.list_files(folder, [".txt", ".md"], "text")


def make(folder: pathlib.Path, *names: str) -> pathlib.Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def outputs(folder: pathlib.Path):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")
                  if path.is_file() and path.name != ".tf_ipr.json")


class Capitals:
    """A process that writes the input in capitals and fails on request."""

    def __init__(self, failing=()):
        self.failing, self.done = failing, []

    def __call__(self, source, target) -> str:
        self.done.append(source.name)
        if source.name in self.failing:
            raise ValueError("no good")
        with atomic_file.writing(target, "w") as file:
            file.write(source.read_text().upper())
        return "written"


@pytest.fixture
def start(run_main):
    def call(source, target, process, settings=None, **values) -> int:
        return run_main(lambda argv: batch.plan(argv[1], argv[2], list_texts, ".out").run(
            process, settings or {}), source, target, **values)
    return call


def test_a_tree_keeps_its_form(tmp_path, start):
    make(tmp_path / "in", "a.txt", "b/c.txt", "b/d/e.f.txt")
    assert start(tmp_path / "in", tmp_path / "out", Capitals()) == 0
    assert outputs(tmp_path / "out") == ["a.out", "b/c.out", "b/d/e.f.out"]
    assert (tmp_path / "out" / "b" / "c.out").read_text() == "B/C.TXT"


def test_inputs_that_differ_in_their_suffix_get_outputs_of_their_own(tmp_path, start):
    make(tmp_path / "in", "a.txt", "a.md", "b.txt")
    assert start(tmp_path / "in", tmp_path / "out", Capitals()) == 0
    assert outputs(tmp_path / "out") == ["a.md.out", "a.txt.out", "b.out"]


def test_a_bad_file_does_not_stop_the_rest_and_is_listed(tmp_path, start, capsys):
    make(tmp_path / "in", "a.txt", "b.txt", "c.txt")
    assert start(tmp_path / "in", tmp_path / "out", Capitals(failing=["b.txt"])) == 1
    assert outputs(tmp_path / "out") == ["a.out", "c.out"]
    assert capsys.readouterr().err.endswith(
        f"2 done, 1 failed:\n  {tmp_path}/in/b.txt: no good\n")


def test_finished_files_are_skipped_and_failed_ones_tried_again(tmp_path, start, capsys):
    make(tmp_path / "in", "a.txt", "b.txt")
    start(tmp_path / "in", tmp_path / "out", Capitals(failing=["b.txt"]))
    process = Capitals()
    assert start(tmp_path / "in", tmp_path / "out", process) == 0
    assert process.done == ["b.txt"]
    assert "1 done, 1 skipped because finished before\n" in capsys.readouterr().err


def test_an_interrupted_run_goes_on_where_it_was(tmp_path, start):
    make(tmp_path / "in", "a.txt", "b.txt", "c.txt")

    def interrupted(source, target):
        if source.name == "b.txt":
            raise KeyboardInterrupt
        return Capitals()(source, target)

    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "in", tmp_path / "out", interrupted)
    process = Capitals()
    assert start(tmp_path / "in", tmp_path / "out", process) == 0
    assert process.done == ["b.txt", "c.txt"]


def test_files_of_other_settings_do_not_pass_for_finished(tmp_path, start):
    make(tmp_path / "in", "a.txt")
    assert start(tmp_path / "in", tmp_path / "out", Capitals(), {"quality": 30}) == 0
    with pytest.raises(ValueError, match='other settings.*"quality": 30.*now.*"quality": 50'):
        start(tmp_path / "in", tmp_path / "out", Capitals(), {"quality": 50})
    process = Capitals()
    assert start(tmp_path / "in", tmp_path / "out", process, {"quality": 50}, overwrite=True) == 0
    assert process.done == ["a.txt"]
    assert start(tmp_path / "in", tmp_path / "out", process, {"quality": 50}) == 0
    assert process.done == ["a.txt"]


def test_what_overwrite_did_not_reach_is_not_finished(tmp_path, start):
    make(tmp_path / "in", "a.txt", "b.txt")
    assert start(tmp_path / "in", tmp_path / "out", Capitals(), {"quality": 30}) == 0
    assert start(tmp_path / "in", tmp_path / "out", Capitals(failing=["b.txt"]), {"quality": 50},
                 overwrite=True) == 1
    process = Capitals()
    assert start(tmp_path / "in", tmp_path / "out", process, {"quality": 50}) == 0
    assert process.done == ["b.txt"]


def test_one_file_is_always_done_and_its_line_shown(tmp_path, start, capsys):
    make(tmp_path, "a.txt")
    for _ in range(2):
        assert start(tmp_path / "a.txt", tmp_path / "new" / "b.out", Capitals()) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        f"{tmp_path}/a.txt -> {tmp_path}/new/b.out: written")
    assert outputs(tmp_path / "new") == ["b.out"]


def test_one_file_into_a_folder_keeps_its_name(tmp_path, start):
    make(tmp_path, "a.txt")
    (tmp_path / "out").mkdir()
    assert start(tmp_path / "a.txt", tmp_path / "out", Capitals()) == 0
    assert outputs(tmp_path / "out") == ["a.out"]


def test_an_output_folder_within_the_input_is_not_read(tmp_path):
    make(tmp_path, "a.txt", "out/old.txt")
    plan = batch.plan(tmp_path, tmp_path / "out", list_texts, ".out")
    assert [source.name for source, _ in plan.pairs] == ["a.txt"]


def test_an_input_is_never_overwritten(tmp_path):
    make(tmp_path, "a.txt")
    for source in (tmp_path, tmp_path / "a.txt"):
        with pytest.raises(ValueError, match="a.txt would overwrite an input"):
            batch.plan(source, tmp_path, list_texts, ".txt")
    with pytest.raises(ValueError, match="would overwrite an input"):
        batch.plan(tmp_path / "a.txt", tmp_path / "a.txt", list_texts, ".out")


def test_missing_inputs_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        batch.plan(tmp_path / "absent", tmp_path / "out", list_texts, ".out")
    with pytest.raises(FileNotFoundError, match="holds no text"):
        batch.plan(tmp_path, tmp_path / "out", list_texts, ".out")


def test_a_folder_does_not_go_into_a_file(tmp_path):
    make(tmp_path, "in/a.txt", "out")
    with pytest.raises(ValueError, match="is a folder and .*out a file"):
        batch.plan(tmp_path / "in", tmp_path / "out", list_texts, ".out")


def test_an_output_folder_that_cannot_be_made_stops_at_once(tmp_path, start):
    make(tmp_path, "in/a.txt", "file")
    process = Capitals()
    with pytest.raises(atomic_file.OutputError, match="file/out cannot be made"):
        start(tmp_path / "in", tmp_path / "file" / "out", process)
    assert not process.done
    assert os.listdir(tmp_path / "in") == ["a.txt"]
