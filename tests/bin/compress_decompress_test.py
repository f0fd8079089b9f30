"""tf_ipr_compress and tf_ipr_decompress around a codec that stands in for the trained ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from tf_ipr.bin import compress, decompress
from tf_ipr.files import image_file
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.models import codec as codec_module

SHAPE = (20, 30, 3)


class FakeCodec:
    """Streams are the image's mean colour; remembers what it was asked for."""

    model_id = "0123abcd"
    calls = []

    @classmethod
    def load(cls, path, max_pixels):
        if path == "absent":
            raise ValueError("no model in absent")
        cls.calls = [{"path": path, "max_pixels": max_pixels}]
        return cls()

    def compress(self, image, **options):
        self.calls.append(options)
        if min(image.shape[:2]) < 16:
            raise ValueError("both sides must have at least 16 pixels")
        return b"mean" + bytes(image.mean(axis=(0, 1)).round().astype(np.uint8))

    def decompress(self, stream):
        if stream[:4] != b"mean" or len(stream) != 7:
            raise bitstream.BitstreamError("fails its integrity check")
        return np.broadcast_to(np.frombuffer(stream[4:], np.uint8), SHAPE)


@pytest.fixture(autouse=True)
def fake_codec(monkeypatch):
    monkeypatch.setattr(codec_module, "TensorFlowCodec", FakeCodec)
    monkeypatch.setattr(shipped_models, "folder_of_stream", lambda stream: "shipped/of/stream")


@pytest.fixture
def images(tmp_path):
    """A folder with a good image, one in a subfolder, one that is none, one of 1x1."""
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    Image.new("RGB", (30, 20), (10, 20, 30)).save(folder / "a.png")
    Image.new("L", (30, 20), 77).save(folder / "sub" / "b.png")
    (folder / "bad.jpg").write_bytes(b"no image")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    return folder


def test_one_image_there_and_back(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr") == 0
    assert capsys.readouterr().out.endswith("a.ipr: 7 bytes, 0.093 bpp\n")  # 8·7 / 600
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "a.png") == 0
    assert capsys.readouterr().out.endswith("a.png: 30x20 pixels\n")
    np.testing.assert_array_equal(
        image_file.read_image(tmp_path / "a.png"), np.broadcast_to([10, 20, 30], SHAPE))


def test_without_a_model_a_stream_is_decoded_by_the_shipped_model_that_made_it(
        tmp_path, images, run_main):
    run_main(compress.main, images / "a.png", tmp_path / "a.ipr")
    assert FakeCodec.calls[0]["path"] is None
    run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "a.png")
    assert FakeCodec.calls[0]["path"] == "shipped/of/stream"
    run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "b.png", model="my/model")
    assert FakeCodec.calls[0]["path"] == "my/model"


def test_a_folder_there_and_back_lists_what_failed(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images, tmp_path / "streams") == 1
    errors = capsys.readouterr().err
    assert "2 done, 2 failed:" in errors
    assert "bad.jpg is not an image" in errors
    assert "dot.png: both sides must have at least 16 pixels" in errors
    (tmp_path / "streams" / "cut.ipr").write_bytes(b"mea")
    assert run_main(decompress.main, tmp_path / "streams", tmp_path / "pictures") == 1
    assert "cut.ipr: fails its integrity check" in capsys.readouterr().err
    found = sorted(p.relative_to(tmp_path / "pictures").as_posix()
                   for p in (tmp_path / "pictures").rglob("*.png"))
    assert found == ["a.png", "sub/b.png"]
    np.testing.assert_array_equal(
        image_file.read_image(tmp_path / "pictures" / "sub" / "b.png"), np.full(SHAPE, 77))


def test_a_second_run_does_only_what_is_missing(tmp_path, images, run_main):
    run_main(compress.main, images, tmp_path / "streams")
    (tmp_path / "streams" / "a.ipr").unlink()
    assert run_main(compress.main, images, tmp_path / "streams") == 1
    assert len(FakeCodec.calls) == 1 + 2  # load; a.png and dot.png (bad.jpg is never compressed)


def test_another_quality_or_model_does_not_mix_into_a_folder(tmp_path, images, run_main, capsys,
                                                              monkeypatch):
    run_main(compress.main, images, tmp_path / "streams", quality=30.0)
    assert json.loads((tmp_path / "streams" / ".tf_ipr.json").read_text()) == {
        "max_bytes": None, "model_id": "0123abcd", "quality": 30.0, "target_bpp": None}
    assert run_main(compress.main, images, tmp_path / "streams") == 1
    assert "other settings" in capsys.readouterr().err
    monkeypatch.setattr(FakeCodec, "model_id", "ffffffff")
    assert run_main(compress.main, images, tmp_path / "streams", quality=30.0) == 1
    assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize("given, options", [
    ({}, {}),
    ({"quality": 12.5}, {"quality": 12.5}),
    ({"max_bytes": 999}, {"max_bytes": 999}),
    ({"target_bpp": 0.2}, {"target_bpp": 0.2}),
])
def test_flags_reach_the_codec(tmp_path, images, run_main, given, options):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", model="some/folder",
                    max_pixels=600, **given) == 0
    assert FakeCodec.calls == [
        {"path": "some/folder", "max_pixels": 600},
        {"quality": 50.0, "max_bytes": None, "target_bpp": None, "search": None, **options}]


def test_the_orientation_of_the_camera_is_honoured(tmp_path, run_main, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    shapes = []
    monkeypatch.setattr(FakeCodec, "compress", lambda self, image, **options:
                        shapes.append(image.shape) or b"")
    assert run_main(compress.main, tmp_path / "a.jpg", tmp_path / "a.ipr") == 0
    assert shapes == [(30, 20, 3)]


@pytest.mark.parametrize("main", [compress.main, decompress.main])
@pytest.mark.parametrize("arguments", [[], ["in"], ["in", "out", "more"]])
def test_other_numbers_of_arguments_are_bad_usage(run_main, main, arguments, capsys):
    assert run_main(main, *arguments) == 2
    assert f"IN and OUT are needed, {len(arguments)} arguments given" in capsys.readouterr().err


def test_two_ways_to_choose_the_rate_are_bad_usage(images, tmp_path, run_main, capsys):
    assert run_main(compress.main, images, tmp_path / "out", quality=30.0, max_bytes=900) == 2
    assert "--quality and --max_bytes exclude one another" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("main", [compress.main, decompress.main])
def test_missing_and_empty_inputs_are_named(tmp_path, run_main, main, capsys):
    assert run_main(main, tmp_path / "absent", tmp_path / "out") == 1
    assert "absent does not exist" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert run_main(main, tmp_path / "empty", tmp_path / "out") == 1
    assert "empty holds no " in capsys.readouterr().err


def test_a_model_that_cannot_be_loaded_is_an_error(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", model="absent") == 1
    assert "no model in absent" in capsys.readouterr().err


def test_one_bad_file_is_an_error_and_leaves_nothing(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "bad.jpg", tmp_path / "bad.ipr") == 1
    assert "tf_ipr_compress: " in capsys.readouterr().err
    (tmp_path / "bad").write_bytes(b"mean")
    assert run_main(decompress.main, tmp_path / "bad", tmp_path / "bad.png") == 1
    assert "fails its integrity check" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "images"]


def test_too_many_pixels_are_refused(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", max_pixels=599) == 1
    assert "30x20 pixels; at most 599 are allowed" in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path, images, run_main, capsys):
    for target in (tmp_path / "images" / "a.png" / "out", tmp_path / "images" / "bad.jpg" / "x.ipr"):
        assert run_main(compress.main, images / "sub" / "b.png", target) == 1
        assert "cannot be made" in capsys.readouterr().err
    assert run_main(compress.main, images, tmp_path / "images" / "a.png" / "out") == 1
    assert "cannot be made" in capsys.readouterr().err
