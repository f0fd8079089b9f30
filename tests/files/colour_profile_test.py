"""Colours of any profile become what LittleCMS makes of them in sRGB."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from tf_ipr.files import colour_space
from tf_ipr.files.image_file import read_image

PICTURE = Image.fromarray(np.kron(np.random.default_rng(1).integers(60, 200, (4, 4, 3)),
                                  np.ones((16, 16, 1))).astype(np.uint8))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3 = colour_space.of_code_points(12, 13, grey=False)
LINEAR_GREY = colour_space.of_gamma(1.0, None, grey=True)


def saved(image, kind, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def by_little_cms(image, profile) -> np.ndarray:
    return np.asarray(ImageCms.profileToProfile(
        image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")).astype(int)


def ink_profile() -> bytes:
    """CMYK with a table of its corners: no black is paper in a little yellow, black is black."""
    corners = np.zeros((2, 2, 2, 2, 3))  # L*, a*, b* by c, m, y, k.
    for c, m, y, k in np.ndindex(2, 2, 2, 2):
        corners[c, m, y, k] = ((95 - 40 * c - 45 * m - 5 * y) * (1 - k) + 5 * k,
                               (-35 * c + 70 * m) * (1 - k), (5 - 45 * c + 80 * y) * (1 - k))
    table = np.round(np.stack([corners[..., 0] * 2.55, corners[..., 1] + 128, corners[..., 2] + 128],
                              axis=-1)).clip(0, 255).astype(np.uint8)
    ramp = bytes(range(256))
    lut = (b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
           + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
           + ramp * 4 + table.tobytes() + ramp * 3)
    head = struct.pack(">I4sI4s4s4s", 128 + 4 + 12 + len(lut), b"", 0x02400000, b"prtr", b"CMYK",
                       b"Lab ") + b"\0" * 12 + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I4s2I", 1, b"A2B0", 144, len(lut)) + lut


@pytest.mark.parametrize("kind, options, tolerance", [
    ("png", {}, 0), ("tiff", {}, 0), ("tiff", {"compression": "tiff_lzw"}, 0),
    ("webp", {"lossless": True}, 0), ("jpeg", {"quality": 100, "subsampling": 0}, 5),
    ("avif", {"quality": 100, "subsampling": "4:4:4"}, 12)])
@pytest.mark.parametrize("profile", [P3, colour_space.adobe_rgb()], ids=["P3", "Adobe RGB"])
def test_a_profile_is_applied(kind, options, tolerance, profile):
    np.testing.assert_allclose(
        read_image(saved(PICTURE, kind, icc_profile=profile, **options)).astype(int),
        by_little_cms(PICTURE, profile), atol=tolerance)


@pytest.mark.parametrize("profile", [SRGB, b"junk", b"", P3[:150], ink_profile(), LINEAR_GREY],
                         ids=["sRGB", "junk", "empty", "cut", "of inks", "of grey"])
def test_srgb_and_profiles_that_do_not_fit_change_nothing(profile):
    content = saved(PICTURE, "png", icc_profile=profile)
    np.testing.assert_array_equal(read_image(content), np.asarray(PICTURE))


def test_inks_go_through_their_profile():
    inks = PICTURE.convert("CMYK")
    expected = by_little_cms(inks, ink_profile())
    assert np.abs(expected - np.asarray(inks.convert("RGB"))).max() > 20
    for kind, tolerance in (("tiff", 0), ("jpeg", 8)):  # Adobe's JPEGs hold the inks inverted.
        content = saved(inks, kind, icc_profile=ink_profile(), quality=100)
        np.testing.assert_allclose(read_image(content).astype(int), expected, atol=tolerance)


def test_inks_with_a_profile_of_lights_go_by_the_plain_formula():
    inks = PICTURE.convert("CMYK")
    np.testing.assert_array_equal(read_image(saved(inks, "tiff", icc_profile=P3)),
                                  np.asarray(inks.convert("RGB")))


def test_grey_and_palettes_go_through_profiles_of_colour():
    grey, palette = PICTURE.convert("L"), PICTURE.quantize(8)
    for image in (grey, palette):
        np.testing.assert_array_equal(read_image(saved(image, "png", icc_profile=P3)),
                                      by_little_cms(image.convert("RGB"), P3))


def test_grey_in_linear_light_keeps_16_bits():
    # 255 (1.055 v^(1/2.4) - 0.055) of IEC 61966-2-1 for v = 0.01 and 0.5: 25.5 and 187.5.
    wide = Image.fromarray(np.array([[655, 32768]], np.uint16))
    np.testing.assert_allclose(
        read_image(saved(wide, "png", icc_profile=LINEAR_GREY))[0, :, 0], [25, 188], atol=1)


def test_transparent_colours_are_converted_before_they_lie_on_white():
    clear = PICTURE.copy()
    clear.putalpha(128)
    expected = by_little_cms(PICTURE, P3) * (128 / 255) + 127
    np.testing.assert_allclose(
        read_image(saved(clear, "png", icc_profile=P3)).astype(float), expected, atol=1)


def test_lab_is_converted():
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"),
                                     "RGB", "LAB")
    lab = ImageCms.applyTransform(PICTURE, to_lab)
    np.testing.assert_allclose(read_image(saved(lab, "tiff")).astype(int),
                               np.asarray(PICTURE).astype(int), atol=8)  # 8 bits of L*, a*, b*.


def test_a_camera_that_says_adobe_rgb_by_exif_is_believed():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xffff
    plain = saved(PICTURE, "jpeg", exif=exif, quality=100, subsampling=0)
    np.testing.assert_allclose(read_image(plain).astype(int), np.asarray(PICTURE).astype(int),
                               atol=5)
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    content = saved(PICTURE, "jpeg", exif=exif, quality=100, subsampling=0)
    np.testing.assert_allclose(read_image(content).astype(int),
                               by_little_cms(PICTURE, colour_space.adobe_rgb()), atol=5)


def test_a_profile_in_a_bitmap_is_applied():
    plain = saved(PICTURE, "bmp")
    header = struct.pack("<I", 124) + plain[18:54] + b"\0" * 16 + b"DEBM" + b"\0" * 48 + (
        struct.pack("<4I", 0, 124 + len(plain) - 54, len(P3), 0))
    assert len(header) == 124
    content = (plain[:10] + struct.pack("<I", 14 + 124) + header + plain[54:] + P3)
    np.testing.assert_array_equal(read_image(content), by_little_cms(PICTURE, P3))


def test_avif_says_its_colours_by_code_points():
    content = saved(PICTURE, "avif", quality=100, subsampling="4:4:4")
    at = content.index(b"nclx")
    for primaries, transfer, profile in ((12, 13, P3), (2, 2, None), (1, 1, None)):
        marked = content[:at + 4] + struct.pack(">2H", primaries, transfer) + content[at + 8:]
        expected = by_little_cms(PICTURE, profile) if profile else np.asarray(PICTURE).astype(int)
        np.testing.assert_allclose(read_image(marked).astype(int), expected, atol=7)
    with pytest.raises(ValueError, match="PQ"):
        read_image(content[:at + 4] + struct.pack(">2H", 9, 16) + content[at + 8:])
