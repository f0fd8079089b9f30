"""Every kind of file becomes uint8 RGB as a viewer shows it, or a clear error."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from tf_ipr.files import atomic_file, image_file


@pytest.fixture
def picture() -> np.ndarray:
    """uint8 RGB (5, 7, 3), all pixels different."""
    return np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def read_saved(tmp_path, image: Image.Image, name: str = "a.png", **options) -> np.ndarray:
    image.save(tmp_path / name, **options)
    pixels = image_file.read_image(tmp_path / name)
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    return pixels


def saved(image: Image.Image, kind: str, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.ppm", "a.tif", "a.webp"])
def test_rgb_is_read_as_it_is(tmp_path, picture, name):
    options = {"lossless": True} if name == "a.webp" else {}
    np.testing.assert_array_equal(
        read_saved(tmp_path, Image.fromarray(picture), name, **options), picture)


def test_the_suffix_does_not_matter(tmp_path, picture):
    with open(tmp_path / "a.jpg", "wb") as file:
        Image.fromarray(picture).save(file, format="png")
    np.testing.assert_array_equal(image_file.read_image(tmp_path / "a.jpg"), picture)


# The first row and column of the stored image lie, seen upright: TIFF 6.0, tag 274.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path, picture, orientation, name):
    lossy = name in ("a.jpg", "a.avif")
    smooth = picture // 64 * 64 if not lossy else np.kron(
        picture[:3, :4] // 2 + 64, np.ones((16, 16, 1))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"a.jpg": {"quality": 98, "subsampling": 0}, "a.webp": {"lossless": True},
               "a.avif": {"quality": 98, "subsampling": "4:4:4"}}.get(name, {})
    pixels = read_saved(tmp_path, Image.fromarray(smooth), name, exif=exif, **options)
    np.testing.assert_allclose(
        pixels.astype(int), UPRIGHT[orientation](smooth).astype(int),
        atol=6 if lossy else 0)


def test_an_unknown_orientation_is_upright(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 77
    np.testing.assert_array_equal(
        read_saved(tmp_path, Image.fromarray(picture), exif=exif), picture)


def test_damaged_exif_is_upright(picture):
    content = saved(Image.fromarray(picture), "png", exif=b"II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(image_file.read_image(content), picture)


def test_grey_is_repeated(tmp_path, picture):
    grey = picture[..., 0]
    np.testing.assert_array_equal(
        read_saved(tmp_path, Image.fromarray(grey)), np.stack([grey] * 3, axis=-1))


def test_black_and_white_is_0_and_255(tmp_path, picture):
    dots = picture[..., 0] > 127
    np.testing.assert_array_equal(
        read_saved(tmp_path, Image.fromarray(dots)), np.stack([dots * 255] * 3, axis=-1))


def test_palette_is_looked_up(tmp_path, picture):
    palette = Image.fromarray(picture).quantize(16)
    np.testing.assert_array_equal(
        read_saved(tmp_path, palette), np.asarray(palette.convert("RGB")))


def test_cmyk_is_converted(tmp_path):
    cmyk = Image.new("CMYK", (4, 3), (255, 0, 0, 0))  # Full cyan, no other ink.
    np.testing.assert_array_equal(read_saved(tmp_path, cmyk, "a.tif")[0, 0], [0, 255, 255])
    pixels = read_saved(tmp_path, cmyk, "a.jpg", quality=98)
    np.testing.assert_allclose(pixels[0, 0].astype(int), [0, 255, 255], atol=3)


@pytest.mark.parametrize("orientation", [1, 6])
def test_16_bit_grey_is_scaled_to_8(tmp_path, orientation):
    wide = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)  # v / 257: 0, .498, .502, 1, …
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read_saved(tmp_path, Image.fromarray(wide), exif=exif)
    np.testing.assert_array_equal(pixels[..., 1].ravel(), [0, 0, 1, 1, 128, 255])
    assert pixels.shape[:2] == ((1, 6) if orientation == 1 else (6, 1))


def test_alpha_lies_on_white(tmp_path):
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    np.testing.assert_array_equal(
        read_saved(tmp_path, Image.fromarray(rgba))[0],
        [[10, 20, 30], [255, 255, 255], [127, 127, 127]])  # 255 · (1 - 128/255) = 127


def test_grey_with_alpha_lies_on_white(tmp_path):
    grey_alpha = Image.fromarray(np.array([[[0, 0], [90, 255]]], np.uint8), mode="LA")
    np.testing.assert_array_equal(
        read_saved(tmp_path, grey_alpha)[0], [[255, 255, 255], [90, 90, 90]])


def test_a_transparent_palette_colour_lies_on_white(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    np.testing.assert_array_equal(
        read_saved(tmp_path, palette, transparency=0)[0], [[255, 255, 255], [40, 50, 60]])


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "avif", "tiff", "mpo"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(
        image_file.read_image(content)[0, 0].astype(int), [255, 0, 0], atol=3)


def test_one_pixel_is_an_image(tmp_path):
    assert read_saved(tmp_path, Image.new("RGB", (1, 1), "red")).tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\xff\xd8\xff"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(image_file.ImageFileError, match="a.png is not an image"):
        image_file.read_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "tiff", "gif", "bmp"])
def test_a_truncated_file_is_an_error(tmp_path, kind):
    noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, format=kind)
    (tmp_path / "a").write_bytes(content.getvalue()[:len(content.getvalue()) // 2])
    with pytest.raises(image_file.ImageFileError, match="truncated or damaged|not an image"):
        image_file.read_image(tmp_path / "a")


def test_a_damaged_png_is_an_error(tmp_path, picture):
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="png")
    damaged = bytearray(content.getvalue())
    damaged[-30] ^= 0xff  # Within the compressed pixels; PNG has checksums.
    (tmp_path / "a.png").write_bytes(damaged)
    with pytest.raises(image_file.ImageFileError, match="truncated or damaged"):
        image_file.read_image(tmp_path / "a.png")


def test_too_many_pixels_are_refused(tmp_path, picture):
    Image.fromarray(picture).save(tmp_path / "a.png")
    assert image_file.read_image(tmp_path / "a.png", max_pixels=35).shape == (5, 7, 3)
    with pytest.raises(image_file.ImageFileError, match="7x5 pixels; at most 34 are allowed"):
        image_file.read_image(tmp_path / "a.png", max_pixels=34)


def test_a_small_file_that_declares_gigabytes_is_refused(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6 40000 40000 255\n")
    with pytest.raises(image_file.ImageFileError):
        image_file.read_image(tmp_path / "a.ppm")


def test_the_callers_limit_of_pixels_holds_and_not_pillows(monkeypatch, recwarn):
    pixels = np.zeros((20, 30, 3), np.uint8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for kind in ("png", "jpeg", "jpeg2000", "gif", "bmp", "ppm", "tiff", "webp", "avif"):
        content = saved(Image.fromarray(pixels), kind)
        assert image_file.read_image(content, max_pixels=600).shape == (20, 30, 3), kind
        with pytest.raises(image_file.ImageFileError, match="30x20 pixels; at most 599"):
            image_file.read_image(content, max_pixels=599)
    assert not recwarn.list
    assert Image.MAX_IMAGE_PIXELS == 100


def test_a_frame_that_is_disposed_of_asks_no_limit_of_pillow(monkeypatch):
    frames = [Image.new("P", (30, 20), number) for number in (1, 2)]
    content = saved(frames[0], "gif", save_all=True, append_images=frames[1:], disposal=2)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert image_file.read_image(content).shape == (20, 30, 3)


def test_a_canvas_of_gigabytes_is_refused_before_memory_is_taken(tmp_path):
    webp = (b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\x00" * 2)
    with pytest.raises(image_file.ImageFileError, match="65536x65536 pixels"):
        image_file.read_image(webp)


def test_narrow_pictures_are_read():
    for size in ((20000, 1), (1, 20000)):
        assert image_file.read_image(saved(Image.new("RGB", size), "png")).shape == (
            size[1], size[0], 3)


def test_bytes_and_open_files_are_read_as_paths_are(tmp_path, picture):
    content = saved(Image.fromarray(picture), "png")
    (tmp_path / "a").write_bytes(b"before" + content)
    for source in (content, bytearray(content), io.BytesIO(content)):
        np.testing.assert_array_equal(image_file.read_image(source), picture)
    with open(tmp_path / "a", "rb") as file:
        file.seek(6)
        np.testing.assert_array_equal(image_file.read_image(file), picture)
    reading, writing = os.pipe()
    with open(writing, "wb") as file:
        file.write(content)
    with open(reading, "rb") as file:
        np.testing.assert_array_equal(image_file.read_image(file), picture)


def test_errors_name_their_source(tmp_path):
    with pytest.raises(image_file.ImageFileError, match="the picture of 3 bytes is not an image"):
        image_file.read_image(b"abc")
    (tmp_path / "b").write_bytes(b"abc")
    with open(tmp_path / "b", "rb") as file, pytest.raises(
            image_file.ImageFileError, match="/b is not an image"):
        image_file.read_image(file)


def test_an_absent_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.png"):
        image_file.read_image(tmp_path / "absent.png")
    with pytest.raises(IsADirectoryError):
        image_file.read_image(tmp_path)


def test_png_comes_back_as_written(tmp_path, picture):
    image_file.write_png(tmp_path / "new" / "a.png", picture)
    np.testing.assert_array_equal(image_file.read_image(tmp_path / "new" / "a.png"), picture)
    assert os.listdir(tmp_path / "new") == ["a.png"]


@pytest.mark.parametrize("shape, dtype", [
    ((2, 2, 3), np.float32), ((2, 2), np.uint8), ((2, 2, 4), np.uint8), ((0, 2, 3), np.uint8)])
def test_only_uint8_rgb_is_written(tmp_path, shape, dtype):
    with pytest.raises(ValueError, match="uint8 RGB"):
        image_file.write_png(tmp_path / "a.png", np.zeros(shape, dtype))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a", "a.png.jpeg", "png"])
def test_a_suffix_that_is_not_what_is_written_is_an_error(tmp_path, picture, name):
    with pytest.raises(ValueError, match=f"{name} would hold a PNG .* end in .png"):
        image_file.write_image(tmp_path / name, picture)
    assert not os.listdir(tmp_path)
    image_file.write_image(str(tmp_path / "a.PNG"), picture)


def test_an_open_file_is_written(picture):
    file = io.BytesIO()
    image_file.write_image(file, picture)
    assert file.getvalue().startswith(b"\x89PNG")
    np.testing.assert_array_equal(image_file.read_image(file.getvalue()), picture)


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path, picture):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(atomic_file.OutputError, match="file cannot be made"):
        image_file.write_png(tmp_path / "file" / "a.png", picture)


def test_images_are_listed_by_their_suffix(tmp_path):
    for name in ("b/2.PNG", "b/1.jpg", "a.webp", "b/notes.txt", "c.tiff", "d.avif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in image_file.list_images(tmp_path)] == [
        "a.webp", "1.jpg", "2.PNG", "c.tiff", "d.avif"]
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        image_file.list_images(tmp_path / "absent")
