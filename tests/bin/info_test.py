"""tf_ipr_info tells what a stream declares, without a model."""

from __future__ import annotations

import json

import pytest

from tf_ipr.bin import info
from tf_ipr.format import bitstream, model_folder, shipped_models


@pytest.fixture
def stream() -> bytes:
    header = bitstream.Header(width=250, height=200, quality=37.5, model_id="89abcdef")
    return bitstream.pack(header, [1 << 15] * header.num_lanes, [1, 2, 3])


def test_the_header_is_printed_as_json(tmp_path, stream, run_main, capsys):
    (tmp_path / "a.ipr").write_bytes(stream)
    assert run_main(info.main, tmp_path / "a.ipr") == 0
    assert json.loads(capsys.readouterr().out) == {
        "width": 250, "height": 200, "quality": 37.5, "model_id": "89abcdef",
        "bytes": len(stream), "bpp": 8 * len(stream) / 50_000,
        "version": "1.0", "model": None}


def test_several_streams_and_folders_are_a_line_each(tmp_path, stream, run_main, capsys):
    (tmp_path / "sub").mkdir()
    for name in ("a.ipr", "sub/b.ipr", "sub/no_suffix"):
        (tmp_path / name).write_bytes(stream)
    (tmp_path / "notes.txt").write_text("no stream")
    assert run_main(info.main, tmp_path) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [
        str(tmp_path / name) for name in ("a.ipr", "sub/b.ipr", "sub/no_suffix")]
    assert {line["width"] for line in lines} == {250}
    (tmp_path / "damaged.ipr").write_bytes(b"?")
    assert run_main(info.main, tmp_path / "absent.ipr", tmp_path / "damaged.ipr",
                    tmp_path / "a.ipr") == 1
    printed = capsys.readouterr()
    assert "absent.ipr" in printed.err and "damaged.ipr: The stream starts" in printed.err
    assert json.loads(printed.out)["file"] == str(tmp_path / "a.ipr")


def test_the_shipped_model_is_named(tmp_path, run_main, capsys):
    for name, folder in shipped_models.folders().items():
        model_id = model_folder.read_config(folder)["model_id"]
        header = bitstream.Header(width=16, height=16, quality=1.0, model_id=model_id)
        (tmp_path / "a.ipr").write_bytes(header.to_bytes())
        assert run_main(info.main, tmp_path / "a.ipr") == 0
        assert json.loads(capsys.readouterr().out)["model"] == name


def test_a_truncated_stream_still_shows_its_header(tmp_path, stream, run_main, capsys):
    (tmp_path / "a.ipr").write_bytes(stream[:12])
    assert run_main(info.main, tmp_path / "a.ipr") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["width"], facts["model_id"], facts["bytes"]) == (250, "89abcdef", 12)


@pytest.mark.parametrize("damage, message", [
    (lambda stream: b"", "is empty"),
    (lambda stream: b"\x89PNG" + stream, "is something else"),
    (lambda stream: stream[:10], "ends within the height in the header; it was truncated"),
])
def test_what_is_no_stream_is_an_error(tmp_path, stream, run_main, capsys, damage, message):
    (tmp_path / "a.ipr").write_bytes(damage(stream))
    assert run_main(info.main, tmp_path / "a.ipr") == 1
    captured = capsys.readouterr()
    assert not captured.out and "a.ipr: " in captured.err and message in captured.err


def test_a_large_declared_size_is_told_since_nothing_is_decoded(tmp_path, run_main, capsys):
    header = bitstream.Header(width=1 << 28, height=1 << 28, quality=1.0, model_id="89abcdef")
    (tmp_path / "a.ipr").write_bytes(header.to_bytes())
    assert run_main(info.main, tmp_path / "a.ipr") == 0
    assert json.loads(capsys.readouterr().out)["height"] == 1 << 28


def test_a_missing_file_and_bad_usage(tmp_path, run_main, capsys):
    assert run_main(info.main, tmp_path / "absent.ipr") == 1
    assert "absent.ipr" in capsys.readouterr().err
    assert run_main(info.main) == 2
