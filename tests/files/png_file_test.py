"""PNG files of every depth and colour type are read as the standard says."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.files.files_by_hand import chunk, png
from tf_ipr.files.image_file import ImageFileError, read_image

KINDS = [(bits, kind) for kind, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 4: (8, 16), 6: (8, 16)}
         .items() for bits in depths]
BANDS = {0: 1, 2: 3, 4: 2, 6: 4}
COLOURS = np.random.default_rng(1).integers(0, 256, (3, 5, 3))


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(KINDS), transparent=st.booleans(), seed=st.integers(0, 99))
def test_samples_are_scaled_and_lie_on_white(kind, transparent, seed):
    bits, colour_type = kind
    samples = np.random.default_rng(seed).integers(0, 2 ** bits, (5, 6, BANDS[colour_type]))
    levels = samples * 255 / (2 ** bits - 1)
    before = b""
    if colour_type in (4, 6):
        alpha = levels[..., -1:] / 255
        levels = levels[..., :-1] * alpha + 255 * (1 - alpha)
    elif transparent:
        clear = samples[2, 3]
        before = chunk(b"tRNS", clear.astype(">u2").tobytes())
        levels = np.where(np.all(samples == clear, axis=-1, keepdims=True), 255, levels)
    np.testing.assert_allclose(read_image(png(samples, bits, colour_type, before)).astype(float),
                               np.broadcast_to(levels, (5, 6, 3)), atol=2 if bits == 16 else 1.01)


def test_only_the_exact_16_bit_colour_is_transparent():
    samples = np.array([[[0x1234, 0, 0], [0x1233, 0, 0]]])
    clear = chunk(b"tRNS", struct.pack(">3H", 0x1234, 0, 0))
    assert read_image(png(samples, 16, 2, clear)).tolist() == [[[255] * 3, [0x12, 0, 0]]]


def test_a_palette_with_alpha_lies_on_white():
    before = chunk(b"PLTE", bytes([0, 0, 0, 10, 20, 30])) + chunk(b"tRNS", b"\x80\xff")
    assert read_image(png(np.array([[[0], [1]]]), 2, 3, before)).tolist() == [
        [[127] * 3, [10, 20, 30]]]


@pytest.mark.parametrize("note", [
    chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(3_000_000))),
    chunk(b"tEXt", b"x\0y")[:-1] + b"?",
    chunk(b"iCCP", b"x\0\0no profile"), chunk(b"eXIf", b"no EXIF"), chunk(b"gAMA", b"\0")])
def test_long_and_damaged_notes_do_no_harm(note):
    np.testing.assert_array_equal(read_image(png(COLOURS, 8, 2, note)), COLOURS)


def test_exif_may_follow_the_pixels():
    exif = Image.Exif()
    exif[0x0112] = 6
    after = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    np.testing.assert_array_equal(read_image(png(COLOURS, 8, 2, after=after)),
                                  np.rot90(COLOURS, -1))


def test_all_pixels_without_an_end_are_a_picture_and_fewer_are_not():
    content = png(COLOURS, 8, 2)
    np.testing.assert_array_equal(read_image(content[:-12]), COLOURS)
    for cut in (20, 40, len(content) - 15, len(content) - 30):
        with pytest.raises(ImageFileError, match="truncated or damaged"):
            read_image(content[:-cut])


def light(levels: np.ndarray, gamma: float) -> np.ndarray:
    """Levels of sRGB for samples of a gamma, by IEC 61966-2-1."""
    linear = (levels / 255) ** (1 / gamma)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("bits, kind", [(8, 0), (8, 2), (16, 0), (16, 4)])
@pytest.mark.parametrize("gamma", [1.0, 0.55, 0.35])
def test_gamma_is_honoured(gamma, bits, kind):
    ramp = np.linspace(0, 2 ** bits - 1, 500).round()[np.newaxis, :, np.newaxis]
    samples = np.repeat(ramp, BANDS[kind], -1)
    if kind == 4:
        samples[..., 1] = 65535
    note = chunk(b"gAMA", struct.pack(">I", round(gamma * 1e5)))
    np.testing.assert_allclose(
        read_image(png(samples, bits, kind, note)).astype(float),
        np.broadcast_to(light(ramp * 255 / (2 ** bits - 1), gamma), (1, 500, 3)), atol=1.5)


def test_16_bit_colour_in_linear_light_is_refused():
    with pytest.raises(ImageFileError, match="linear light"):
        read_image(png(COLOURS, 16, 2, chunk(b"gAMA", struct.pack(">I", 100000))))


GAMMA = chunk(b"gAMA", struct.pack(">I", 100000))
P3_POINTS = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


@pytest.mark.parametrize("notes", [
    chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"gAMA", struct.pack(">I", 0)),
    GAMMA + chunk(b"sRGB", b"\0"), GAMMA + chunk(b"cICP", b"\1\x0d\0\1"),
    chunk(b"cHRM", struct.pack(">8I", 31270, 0, 64000, 33000, 30000, 60000, 15000, 0)),
    chunk(b"cHRM", struct.pack(">8I", 31270, 32900, *[50000] * 6)),
    chunk(b"cHRM", P3_POINTS) + chunk(b"sRGB", b"\0")])
def test_these_notes_mean_srgb(notes):
    np.testing.assert_array_equal(read_image(png(COLOURS, 8, 2, notes)), COLOURS)


@pytest.mark.parametrize("notes", [
    chunk(b"cICP", b"\x0c\x0d\0\1"), chunk(b"cICP", b"\x0c\x0d\0\1") + GAMMA,
    chunk(b"cHRM", P3_POINTS), chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", P3_POINTS)])
def test_display_p3_by_numbers(notes):
    # (213, 115, 83) by LittleCMS 2.16 from the published Display P3 profile.
    samples = np.array([[[200, 120, 90]]])
    np.testing.assert_allclose(read_image(png(samples, 8, 2, notes))[0, 0].astype(int),
                               [213, 115, 83], atol=1)


@pytest.mark.parametrize("points, word", [
    (b"\x09\x10\0\1", "PQ"), (b"\x09\x12\0\1", "HLG"), (b"\x03\x0d\0\1", "primaries 3")])
def test_colours_without_an_agreed_look_are_refused(points, word):
    with pytest.raises(ImageFileError, match=word):
        read_image(png(COLOURS, 8, 2, chunk(b"cICP", points)))
