"""tf_ipr_compress and tf_ipr_decompress around the shipped model."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tf_ipr.bin import codec_flags, compress, decompress
from tf_ipr.files import image_file
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.pipeline import codecs


@pytest.fixture(scope="module")
def codec():
    return codecs.for_encoding(None, bitstream.MAX_PIXELS)


@pytest.fixture(scope="module")
def decoder():
    return codecs.for_decoding(None, bitstream.MAX_PIXELS)


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


def pngs(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def test_one_image_there_and_back(tmp_path, images, run_main, capsys, codec, decoder):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr") == 0
    stream = (tmp_path / "a.ipr").read_bytes()
    assert stream == codec.compress(image_file.read_image(images / "a.png"), quality=50)
    assert capsys.readouterr().out.endswith(
        f"a.ipr: {len(stream)} bytes, {8 * len(stream) / 600:.3f} bpp\n")
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "a.png") == 0
    assert capsys.readouterr().out.endswith("a.png: 30x20 pixels\n")
    np.testing.assert_array_equal(image_file.read_image(tmp_path / "a.png"), decoder.decompress(stream))


@pytest.mark.parametrize("model", ["lfw_l2_ip", "lfw_msssim_ipr"])
def test_a_stream_is_decoded_by_the_shipped_model_that_made_it(
        tmp_path, images, run_main, capsys, model):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", model=model) == 0
    stream = (tmp_path / "a.ipr").read_bytes()
    assert shipped_models.shipped_name(bitstream.describe(stream)["model_id"]) == model
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "a.png") == 0
    folder = str(shipped_models.folder(model))
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "b.png", model=folder) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    capsys.readouterr()
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "c.png", model="lfw_l2_rec") == 1
    assert f"was made with model {model}" in capsys.readouterr().err
    assert not (tmp_path / "c.png").exists()


def test_a_folder_there_and_back_lists_what_failed(tmp_path, images, run_main, capsys, decoder):
    assert run_main(compress.main, images, tmp_path / "streams") == 1
    errors = capsys.readouterr().err
    assert "2 done, 2 failed:" in errors
    assert "bad.jpg is not an image" in errors
    assert "dot.png: " in errors and "both sides must have at least 16" in errors
    (tmp_path / "streams" / "cut.ipr").write_bytes((tmp_path / "streams/a.ipr").read_bytes()[:-3])
    assert run_main(decompress.main, tmp_path / "streams", tmp_path / "pictures") == 1
    assert "2 done, 1 failed:" in capsys.readouterr().err
    assert pngs(tmp_path / "pictures") == ["a.png", "sub/b.png"]
    np.testing.assert_array_equal(
        image_file.read_image(tmp_path / "pictures/sub/b.png"),
        decoder.decompress((tmp_path / "streams/sub/b.ipr").read_bytes()))


def test_streams_that_are_made_anew_are_decoded_anew(tmp_path, images, run_main):
    (images / "bad.jpg").unlink()
    (images / "dot.png").unlink()
    for quality in (5.0, 95.0):
        assert run_main(compress.main, images, tmp_path / "streams", quality=quality,
                        overwrite=True) == 0
        assert run_main(decompress.main, tmp_path / "streams", tmp_path / "pictures") == 0
    assert run_main(decompress.main, tmp_path / "streams/a.ipr", tmp_path / "fresh.png") == 0
    assert (tmp_path / "pictures/a.png").read_bytes() == (tmp_path / "fresh.png").read_bytes()


def test_another_quality_or_model_does_not_mix_into_a_folder(tmp_path, images, run_main, capsys):
    run_main(compress.main, images, tmp_path / "streams", quality=30.0)
    for options in (dict(), dict(max_bytes=100), dict(quality=30.0, model="lfw_l2_ip")):
        capsys.readouterr()
        assert run_main(compress.main, images, tmp_path / "streams", **options) == 1
        assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize("given, expected", [
    ({}, 50), ({"quality": 12.5}, 12.5), ({"max_bytes": 10 ** 6}, 100), ({"target_bpp": 1e-9}, 1)])
def test_flags_reach_the_codec(tmp_path, images, run_main, given, expected):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", **given) == 0
    assert bitstream.describe((tmp_path / "a.ipr").read_bytes())["quality"] == expected


def test_the_orientation_of_the_camera_is_honoured(tmp_path, run_main):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert run_main(compress.main, tmp_path / "a.jpg", tmp_path / "a.ipr") == 0
    facts = bitstream.describe((tmp_path / "a.ipr").read_bytes())
    assert (facts["width"], facts["height"]) == (20, 30)


@pytest.mark.parametrize("main", [compress.main, decompress.main])
@pytest.mark.parametrize("arguments", [[], ["in"]])
def test_too_few_arguments_are_bad_usage(run_main, main, arguments, capsys):
    assert run_main(main, *arguments) == 2
    assert f"IN and OUT are needed, {len(arguments)} arguments given (--help)" in capsys.readouterr().err


def test_two_ways_to_choose_the_rate_are_bad_usage(images, tmp_path, run_main, capsys):
    assert run_main(compress.main, images, tmp_path / "out", quality=30.0, max_bytes=900) == 2
    assert "--quality and --max_bytes exclude one another" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_name_that_promises_something_else_is_bad_usage(images, tmp_path, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.jpg") == 2
    assert "give OUT the suffix .ipr" in capsys.readouterr().err
    run_main(compress.main, images / "a.png", tmp_path / "a.ipr")
    assert run_main(decompress.main, tmp_path / "a.ipr", tmp_path / "a.jpg") == 2
    assert "give OUT the suffix .png" in capsys.readouterr().err
    assert not (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize("main", [compress.main, decompress.main])
def test_missing_and_empty_inputs_are_named(tmp_path, run_main, main, capsys):
    assert run_main(main, tmp_path / "absent", tmp_path / "out") == 1
    assert "absent does not exist" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert run_main(main, tmp_path / "empty", tmp_path / "out") == 1
    assert "empty holds no " in capsys.readouterr().err


def test_a_model_that_cannot_be_loaded_is_an_error(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", model="absent") == 1
    assert "absent" in capsys.readouterr().err


def test_one_bad_file_is_an_error_and_leaves_nothing(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "bad.jpg", tmp_path / "bad.ipr") == 1
    assert "tf_ipr_compress: " in capsys.readouterr().err
    (tmp_path / "bad").write_bytes(b"mean")
    assert run_main(decompress.main, tmp_path / "bad", tmp_path / "bad.png") == 1
    assert "It is something else" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "images"]


def test_a_photograph_is_never_the_output(tmp_path, images, run_main, capsys):
    Image.new("RGB", (30, 20)).save(images / "b.jpg")
    before = (images / "b.jpg").read_bytes()
    (tmp_path / "b.ipr").symlink_to(images / "b.jpg")  # A name may lie.
    run_main(compress.main, images / "a.png", tmp_path / "a.ipr")
    for main, source, target in [(compress.main, images / "a.png", images / "b.jpg"),
                                 (compress.main, images / "a.png", tmp_path / "b.ipr"),
                                 (compress.main, images / "b.jpg", images / "b.jpg"),
                                 (decompress.main, tmp_path / "a.ipr", images / "dot.png")]:
        for overwrite in (False, main is compress.main):
            assert run_main(main, source, target, overwrite=overwrite) != 0
    assert (images / "b.jpg").read_bytes() == before
    assert Image.open(images / "dot.png").size == (1, 1)


def test_too_many_pixels_are_refused(tmp_path, images, run_main, capsys):
    assert run_main(compress.main, images / "a.png", tmp_path / "a.ipr", max_pixels=599) == 1
    assert "30x20 pixels; at most 599 are allowed" in capsys.readouterr().err


def test_the_limit_is_that_of_the_library():
    assert codec_flags.MAX_PIXELS == image_file.DEFAULT_MAX_PIXELS == bitstream.MAX_PIXELS


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path, images, run_main, capsys):
    for target in (tmp_path / "images/a.png/out", tmp_path / "images/bad.jpg/x.ipr"):
        assert run_main(compress.main, images / "sub/b.png", target) == 1
        assert "cannot be made" in capsys.readouterr().err
    assert run_main(compress.main, images, tmp_path / "images/a.png/out") == 1
    assert "cannot be made" in capsys.readouterr().err
