"""IN... OUT: which command lines mean what, which are refused, and what a run says at its end."""

from __future__ import annotations

import json
import os

import pytest

from tf_ipr.bin import batch, start
from tf_ipr.files import file_kind
from tf_ipr.pipeline.file_run import Made, each
from tf_ipr.pipeline.verb import Verb

TEXTS = Verb("quote", "text", lambda kind: kind == file_kind.TEXT, file_kind.JSON, ".json",
             is_ours=lambda head: head.startswith(b'["ours'))


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def outputs(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")
                  if path.is_file() and not path.name.startswith("."))


class Quote:
    """Makes JSON of a text; fails on request, and remembers what it was asked for."""

    def __init__(self, failing=(), error=None):
        self.failing, self.error, self.done = failing, error or ValueError("no good"), []

    def __call__(self, item) -> Made:
        self.done.append(os.path.basename(item.name))
        if self.done[-1] in self.failing:
            raise self.error
        return Made(json.dumps(["ours", item.content.decode()]).encode(), "quoted")


@pytest.fixture
def go(capsys):
    """Runs a command line; gives the exit code and what was said on stderr."""
    def call(*arguments, process=None, settings=None, overwrite=False):
        job = batch.job(["binary", *map(str, arguments)], TEXTS, overwrite)
        code = job.run(each(process or Quote()), settings or {})
        return code, capsys.readouterr().err
    return call


def test_one_file_becomes_a_file_and_its_line_is_shown(tmp_path, capsys):
    make(tmp_path, "a.txt")
    for _ in range(2):  # It is always done.
        job = batch.job(["binary", f"{tmp_path}/a.txt", f"{tmp_path}/new/b.json"], TEXTS, False)
        assert job.run(each(Quote()), {}) == 0
        assert capsys.readouterr().out == f"{tmp_path}/a.txt -> {tmp_path}/new/b.json: quoted\n"
    assert outputs(tmp_path / "new") == ["b.json"]


def test_files_and_folders_go_into_a_folder(tmp_path, go):
    make(tmp_path, "a.txt", "in/b.txt", "in/sub/c.txt")
    (tmp_path / "out").mkdir()
    assert go(tmp_path / "a.txt", tmp_path / "in", tmp_path / "out")[0] == 0
    assert outputs(tmp_path / "out") == ["a.json", "in/b.json", "in/sub/c.json"]
    assert go(tmp_path / "a.txt", f"{tmp_path}/new/")[0] == 0  # A slash is as good as a folder.
    assert outputs(tmp_path / "new") == ["a.json"]
    assert go(tmp_path / "in", tmp_path / "tree")[0] == 0
    assert outputs(tmp_path / "tree") == ["b.json", "sub/c.json"]


def test_an_unquoted_star_does_not_make_the_last_file_the_output(tmp_path):
    make(tmp_path, "a.txt", "b.txt", "c.txt")
    three = [str(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt")]
    with pytest.raises(start.UsageError, match="c.txt is none; give a folder"):
        batch.job(["binary", *three], TEXTS, False)
    with pytest.raises(OSError, match="b.txt exists and is a file of the kind text"):
        batch.job(["binary", *three[:2]], TEXTS, True)


@pytest.mark.parametrize("arguments, message", [
    ([], "IN and OUT are needed, 0 arguments given"),
    (["in"], "IN and OUT are needed, 1 arguments given"),
    (["a.txt", ""], "a name is empty"),
    (["a.txt", "b.jpg"], "b.jpg is the name of JPEG; give OUT the suffix .json"),
    (["in", "new.json"], "new.json looks like a file"),
    (["-", "in"], "- is standard input, one file"),
    (["-", "a.txt", "in"], "- is standard input, one file"),
    (["in", "-"], "- is standard output, one file"),
    (["a.txt", "c.txt", "-"], "- is standard output, one file"),
    (["a.txt", "c.txt", "new"], "new is none; give a folder"),
])
def test_command_lines_that_cannot_be_meant(tmp_path, monkeypatch, arguments, message):
    make(tmp_path, "a.txt", "c.txt", "in/b.txt")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(start.UsageError, match=message):
        batch.job(["binary", *arguments], TEXTS, False)
    assert outputs(tmp_path) == ["a.txt", "c.txt", "in/b.txt"]


def test_what_is_missing_or_in_the_way_is_named(tmp_path):
    make(tmp_path, "a.txt", "empty/notes.bin", "file")
    (tmp_path / "empty/notes.bin").write_bytes(b"\0\1")

    def job(*arguments):
        return batch.job(["binary", *(str(tmp_path / name) for name in arguments)], TEXTS, False)

    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        job("absent", "out")
    with pytest.raises(FileNotFoundError, match="no text .1 left out: notes.bin: it is no text"):
        job("empty", "out")
    with pytest.raises(NotADirectoryError, match="file is a file"):
        job("empty", "file")
    with pytest.raises(OSError, match="would overwrite an input"):
        job("a.txt", "a.txt")


def test_another_s_file_of_the_kind_is_replaced_on_demand_only(tmp_path, go):
    make(tmp_path, "a.txt")
    (tmp_path / "mine.json").write_text('{"mine": 1}')
    with pytest.raises(OSError, match="not made by tf_ipr, so it is not replaced"):
        go(tmp_path / "a.txt", tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text() == '{"mine": 1}'
    assert go(tmp_path / "a.txt", tmp_path / "mine.json", overwrite=True)[0] == 0
    assert (tmp_path / "mine.json").read_text() == '["ours", "a.txt"]'


def test_the_end_says_what_became_of_everything(tmp_path, go):
    make(tmp_path, "in/a.txt", "in/b.txt", "in/c.txt", "in/photo.jpg", "in/.hidden")
    code, said = go(tmp_path / "in", tmp_path / "out", process=Quote(failing=["b.txt"]))
    assert code == 1
    # photo.jpg holds text, and is one for that.
    assert said.endswith(f"3 done, 1 failed:\n  {tmp_path}/in/b.txt: no good\n"
                         f"1 left out:\n  {tmp_path}/in/.hidden: hidden\n")
    code, said = go(tmp_path / "in", tmp_path / "out")
    assert code == 0 and "1 done, 3 skipped because finished before\n" in said


def test_many_left_out_files_are_counted_by_suffix(tmp_path, go):
    make(tmp_path, "in/a.txt")
    for number in range(25):
        (tmp_path / f"in/{number:02d}.bin").write_bytes(b"\0\1")
    code, said = go(tmp_path / "in", tmp_path / "out")
    assert code == 0 and "25 left out:" in said and "19.bin: it is no text" in said
    assert said.endswith("and more: 5 *.bin, it is no text\n")


def test_a_name_with_a_line_end_stays_on_one_line(tmp_path, go):
    make(tmp_path, "in/a\nb.txt", "in/c.txt")
    _, said = go(tmp_path / "in", tmp_path / "out", process=Quote(failing=["a\nb.txt"]))
    assert f"  {tmp_path}/in/a\\nb.txt: no good\n" in said


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), start.Terminated()])
def test_a_run_that_is_stopped_says_how_far_it_came(tmp_path, go, stop):
    make(tmp_path, "in/a.txt", "in/b.txt", "in/c.txt")
    with pytest.raises(type(stop), match="^stopped: 1 done, of 3; the same command goes on from here$"):
        go(tmp_path / "in", tmp_path / "out", process=Quote(failing=["b.txt"], error=stop))
    process = Quote()
    assert go(tmp_path / "in", tmp_path / "out", process=process)[0] == 0
    assert process.done == ["b.txt", "c.txt"]
