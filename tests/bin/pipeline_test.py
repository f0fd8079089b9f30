"""The pipeline's command line: which flags are ours, which are Beam's, and which are nobody's."""

from __future__ import annotations

import shlex
import sys

import pytest

from tests.docs import code_blocks
from tests.pipeline.beam_picture import picture
from tf_ipr.bin import beam_flags, pipeline

_PAGE = [command.text for command in code_blocks.commands(code_blocks.ROOT / "docs" / "pipeline.md")
         if command.text.startswith("tf_ipr_pipeline ")]


@pytest.fixture
def ends(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").write_bytes(picture(1))
    return [f"--input={tmp_path}/in", f"--output={tmp_path}/out"]


@pytest.mark.parametrize("arguments, message", [
    ([], "says what to do, compress, decompress, identity; none is given"),
    (["shrink"], "shrink is given"),
    (["compress", "--input=x"], "--output is needed"),
    (["compress", "--output=x"], "--input is needed"),
    (["compress", "--input=x", "--output=y", "--quality=3", "--max_bytes=9"],
     "--quality and --max_bytes exclude one another"),
    (["decompress", "--input=x", "--output=y", "--quality=3"], "--quality is for compress and identity"),
    (["compress", "--input=x", "--output=y", "--recognizer=z"], "--recognizer is for identity"),
])
def test_wrong_usage_is_answered_before_beam_is_loaded(run_main, capsys, arguments, message):
    assert run_main(pipeline.main, *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--qualty=30", "somewhere", "--direct_num_workers=many"])
def test_what_neither_we_nor_beam_know_is_wrong_usage(run_main, capsys, ends, argument):
    pytest.importorskip("apache_beam")
    assert run_main(pipeline.main, "compress", *ends, argument) == 2
    assert argument.partition("=")[0].lstrip("-") in capsys.readouterr().err


@pytest.mark.parametrize("flags", [
    ["--runner=DirectRunner"], ["--runner", "DirectRunner", "--direct_num_workers", "1"],
    ["--runner=DirectRunner", "--direct_running_mode=in_memory", "--job_name=archive"]])
def test_beams_own_flags_reach_it(run_main, capsys, ends, tmp_path, flags):
    pytest.importorskip("apache_beam")
    assert run_main(pipeline.main, "compress", *ends, "--quality=30", *flags) == 0
    error = capsys.readouterr().err
    assert error.startswith("1 found, 1 done, 0 finished before, 0 failed, 0 left out\n  bytes in: ")
    assert (tmp_path / "out/a.ipr").is_file()


def test_what_fails_is_counted_named_and_told_by_the_exit_code(run_main, capsys, ends, tmp_path):
    pytest.importorskip("apache_beam")
    (tmp_path / "in/bad.png").write_bytes(picture(2)[:100])
    assert run_main(pipeline.main, "compress", *ends, "--direct_running_mode=in_memory") == 1
    assert capsys.readouterr().err.endswith(
        f"what failed, with stage and reason, is in {tmp_path}/out/dead_letters.jsonl\n")


def test_what_cannot_begin_is_one_line(run_main, capsys, tmp_path):
    pytest.importorskip("apache_beam")
    assert run_main(pipeline.main, "compress", f"--input={tmp_path}/none/*", f"--output={tmp_path}/out") == 1
    error = capsys.readouterr().err
    assert "matches no file" in error and error.count("\n") == 1


def test_without_beam_it_says_how_to_get_it(run_main, capsys, ends, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    for name in ("tf_ipr.pipeline.beam_run", "tf_ipr.pipeline.beam_files", "tf_ipr.pipeline.beam_journal"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert run_main(pipeline.main, "compress", *ends) == 1
    assert "pip install 'tf_ipr[beam]'" in capsys.readouterr().err


def test_the_first_commands_of_the_page_run(run_main, tmp_path, monkeypatch):
    pytest.importorskip("apache_beam")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photographs/deep").mkdir(parents=True)
    (tmp_path / "photographs/deep/a.png").write_bytes(picture(1))
    for command, output in zip(_PAGE, ("streams/deep/a.ipr", "pictures/deep/a.png")):
        assert run_main(pipeline.main, *shlex.split(command)[1:]) == 0, command
        assert (tmp_path / output).is_file()


@pytest.mark.parametrize("command", _PAGE)
def test_the_other_flags_of_the_page_are_beams(command):
    pytest.importorskip("apache_beam")
    _, *arguments = shlex.split(command)
    _, verb, *others = _fresh()(["tf_ipr_pipeline", *arguments])
    assert verb in ("compress", "decompress", "identity")
    beam_flags.options(others)


def _fresh():
    """The binary's flags, unparsed."""
    values = beam_flags.OpenFlagValues()
    values.append_flag_values(pipeline.FLAGS)
    values.set_gnu_getopt(True)
    return values
