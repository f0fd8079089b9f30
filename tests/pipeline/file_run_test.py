"""What is finished, what is made anew, what must stay, and what is left out."""

from __future__ import annotations

import os
import shutil

import pytest

from tf_ipr.files import file_kind
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline.file_run import FileRun, Made, each
from tf_ipr.pipeline.verb import Verb

# Reads text, writes JSON; its own begins with "ours".
TEXTS = Verb("quote", "text", lambda kind: kind == file_kind.TEXT, file_kind.JSON, ".json",
             is_ours=lambda head: head.startswith(b'["ours'))


def make(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(content)
    return folder


def go(sources, out, settings=None, overwrite=False, failing=(), ahead=1):
    """Runs once; gives the summary and the names of what was made."""
    made = []

    def quote(item):
        made.append(os.path.basename(item.name))
        if made[-1] in failing:
            raise ValueError("no good")
        return Made(b'["ours", "%s"]' % item.content)

    sources = sources if isinstance(sources, list) else [sources]
    return FileRun(sources, out, TEXTS, overwrite).run(each(quote), settings or {}, ahead), made


def test_finished_is_what_was_made_from_the_same_bytes(tmp_path):
    make(tmp_path / "in", a_txt="one", b_txt="two")
    assert go(tmp_path / "in", tmp_path / "out")[1] == ["a.txt", "b.txt"]
    summary, made = go(tmp_path / "in", tmp_path / "out")
    assert (made, summary.skipped) == ([], 2)
    # Another content of the same length and time, as rsync -t and cp -p leave it.
    times = os.stat(tmp_path / "in/a.txt")
    (tmp_path / "in/a.txt").write_text("ONE")
    os.utime(tmp_path / "in/a.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert go(tmp_path / "in", tmp_path / "out")[1] == ["a.txt"]
    assert (tmp_path / "out/a.json").read_text() == '["ours", "ONE"]'
    os.utime(tmp_path / "in/b.txt")  # Touched is not changed.
    (tmp_path / "out/b.json").unlink()
    assert go(tmp_path / "in", tmp_path / "out")[1] == ["b.txt"]


def test_other_settings_are_refused_and_made_on_demand(tmp_path):
    make(tmp_path / "in", a_txt="one", b_txt="two")
    go(tmp_path / "in", tmp_path / "out", {"quality": 30})
    with pytest.raises(ValueError, match='other settings .*"quality": 30.*now .*"quality": 50'):
        go(tmp_path / "in", tmp_path / "out", {"quality": 50})
    summary, _ = go(tmp_path / "in", tmp_path / "out", {"quality": 50}, True, failing=["b.txt"])
    assert summary.done == 1
    # That run goes on without being asked again, and what it did not reach is not finished.
    assert go(tmp_path / "in", tmp_path / "out", {"quality": 50})[1] == ["b.txt"]
    assert go(tmp_path / "in", tmp_path / "out", {"quality": 50})[1] == []
    make(tmp_path / "other", c_txt="three")  # Nobody's output is in the way.
    assert go(tmp_path / "other", tmp_path / "out", {"quality": 70})[1] == ["c.txt"]


@pytest.mark.parametrize("content", ['["ours", "by hand"]', '{"mine": 1}', "a letter"])
def test_what_the_run_did_not_make_stays(tmp_path, content):
    make(tmp_path / "in", a_txt="one", b_txt="two")
    make(tmp_path / "out", a_json=content)
    summary, _ = go(tmp_path / "in", tmp_path / "out")
    assert summary.done == 1 and "a.json exists and" in summary.failures[0][1]
    assert (tmp_path / "out/a.json").read_text() == content
    summary, _ = go(tmp_path / "in", tmp_path / "out", overwrite=True)
    if content == "a letter":  # Never replaced: it is of another kind.
        assert "is a file of the kind text" in summary.failures[0][1]
        assert (tmp_path / "out/a.json").read_text() == content
    else:
        assert summary.complete and (tmp_path / "out/a.json").read_text() == '["ours", "one"]'


def test_an_output_that_was_changed_stays(tmp_path):
    make(tmp_path / "in", a_txt="one")
    go(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out/a.json").write_text('["ours", "corrected by hand"]')
    summary, made = go(tmp_path / "in", tmp_path / "out")
    assert not made and "or was changed since" in summary.failures[0][1]


def test_links_in_the_place_of_outputs_are_not_written_through(tmp_path):
    make(tmp_path / "in", a_txt="one", b_txt="two")
    make(tmp_path, photo_jpg="picture")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.json").symlink_to("../photo.jpg")
    (tmp_path / "out/b.json").symlink_to("a.json")
    summary, _ = go(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert len(summary.failures) == 2 and (tmp_path / "photo.jpg").read_text() == "picture"


def test_inputs_are_not_outputs_by_any_other_name(tmp_path):
    make(tmp_path / "in", a_txt="one")
    (tmp_path / "out").mkdir()
    os.link(tmp_path / "in/a.txt", tmp_path / "out/a.json")
    summary, _ = go(tmp_path / "in", tmp_path / "out", overwrite=True)
    assert "would overwrite an input" in summary.failures[0][1]
    assert (tmp_path / "in/a.txt").read_text() == "one"


def test_a_kill_between_the_line_and_the_output_is_made_good(tmp_path, monkeypatch):
    make(tmp_path / "in", a_txt="one", b_txt="two")
    replace = os.replace

    def killed(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "in", tmp_path / "out")
    monkeypatch.setattr(os, "replace", replace)
    summary, made = go(tmp_path / "in", tmp_path / "out")
    assert made == ["a.txt", "b.txt"] and summary.complete


def test_outputs_among_the_inputs(tmp_path):
    make(tmp_path / "in", a_txt="one")
    for out in (tmp_path / "in", tmp_path / "in/out"):
        assert go(tmp_path / "in", out)[1] == ["a.txt"]
        assert go(tmp_path / "in", out)[1] == []
    # A text that somebody put there is not left out without a word.
    make(tmp_path / "in/out", letter_txt="dear")
    summary, _ = go(tmp_path / "in", tmp_path / "in/out")
    assert not summary.complete and summary.failures[0][0].name == "letter.txt"


def test_outputs_of_one_verb_are_inputs_of_another(tmp_path):
    back = Verb("back", "quote", lambda kind: kind == file_kind.JSON, file_kind.TEXT, ".txt",
                lambda head: True)
    make(tmp_path / "in", a_txt="one")
    go(tmp_path / "in", tmp_path / "in")
    for out, done in (("in", 0), ("out", 1)):  # What the first was made from stays.
        summary = FileRun([tmp_path / "in"], tmp_path / out, back, False).run(
            each(lambda item: Made(b"again")), {})
        assert (summary.total, summary.done) == (1, done)
    assert (tmp_path / "in/a.txt").read_text() == "one"
    assert (tmp_path / "out/a.txt").read_text() == "again"


def test_every_entry_is_done_or_named(tmp_path):
    make(tmp_path / "in/sub", a_txt="one", no_suffix="two", picture="three", empty_txt="")
    (tmp_path / "in/data.bin").write_bytes(b"\0\1")
    (tmp_path / "in/broken.txt").symlink_to("nowhere")
    os.mkfifo(tmp_path / "in/pipe.txt")
    summary, made = go(tmp_path / "in", tmp_path / "out")
    assert sorted(made) == ["a.txt", "no.suffix", "picture"]
    assert {path.name: reason for path, reason, _ in summary.left_out} == {"data.bin": "it is no text"}
    assert sorted(path.name for path, _ in summary.failures) == ["broken.txt", "empty.txt", "pipe.txt"]


def test_a_file_that_vanishes_is_named_and_the_rest_is_done(tmp_path):
    make(tmp_path / "in", a_txt="one", b_txt="two", c_txt="three")

    def vanish(item):
        if item.name.endswith("a.txt"):
            (tmp_path / "in/b.txt").unlink()
        return Made(b"[]")

    summary = FileRun([tmp_path / "in"], tmp_path / "out", TEXTS, False).run(each(vanish), {})
    assert summary.done == 2 and "No such file" in summary.failures[0][1]


def test_files_of_one_name_from_several_folders(tmp_path):
    for folder in ("x", "y"):
        make(tmp_path / folder, a_txt=folder)
    sources = [tmp_path / "x/a.txt", tmp_path / "y/a.txt", tmp_path / "x/a.txt", tmp_path / "absent"]
    summary, made = go(sources, tmp_path / "out")
    assert made == ["a.txt", "a.txt"] and summary.failures[0][1] == "it does not exist"
    texts = sorted(path.read_text() for path in (tmp_path / "out").glob("*.json"))
    assert texts == ['["ours", "x"]', '["ours", "y"]']
    assert go(sources, tmp_path / "out")[1] == []
    # Folders of one name, too.
    for folder in ("x", "y"):
        shutil.copytree(tmp_path / folder, tmp_path / folder / "deep/texts")
    _, made = go([tmp_path / "x/deep/texts", tmp_path / "y/deep/texts"], tmp_path / "out2")
    assert len(made) == len(list((tmp_path / "out2").rglob("*.json"))) == 2


def test_a_grown_folder_keeps_what_it_has(tmp_path):
    verb = Verb("quote", "text", lambda kind: kind in (file_kind.TEXT, "HTML"), file_kind.JSON, ".json",
                lambda head: True)
    make(tmp_path / "in", a_txt="one")

    def run():
        return FileRun([tmp_path / "in"], tmp_path / "out", verb, False).run(
            each(lambda item: Made(b'["%s"]' % item.content)), {})

    run()
    make(tmp_path / "in", a_md="two", a_html="three")
    assert run().skipped == 1
    assert {path.name: path.read_text() for path in (tmp_path / "out").glob("*.json")} == {
        "a.json": '["one"]', "a.md.json": '["two"]', "a.html.json": '["three"]'}


@pytest.mark.parametrize("ahead", [1, 2, 16])
def test_items_may_be_made_a_few_at_a_time(tmp_path, ahead):
    make(tmp_path / "in", a_txt="1", b_txt="2", c_txt="3", d_txt="4", e_txt="5")
    summary, made = go(tmp_path / "in", tmp_path / "out", failing=["c.txt"], ahead=ahead)
    assert summary.done == 4 and len(made) == 5
    assert (tmp_path / "out/e.json").read_text() == '["ours", "5"]'


def test_a_folder_that_cannot_be_made_stops_at_once(tmp_path):
    make(tmp_path / "in", a_txt="1")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file/out cannot be made"):
        go(tmp_path / "in", tmp_path / "file/out")
