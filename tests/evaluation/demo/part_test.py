"""No codec exceeds the bytes, the others may shrink, and the recogniser's word stands under each."""

import dataclasses
import math
import pathlib

import numpy as np
import pytest
from PIL import Image

import tf_ipr
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.demo import equal_bytes, part, sheet, text
from tf_ipr.files import image_file

_PORTRAIT = pathlib.Path(tf_ipr.__file__).parent / "assets" / "astronaut.png"
_JPEG, _WEBP = reference_codecs.JPEG, reference_codecs.WEBP


@pytest.fixture(scope="module")
def codec():
    return tf_ipr.Codec.load("lfw_align112_l2_ip")


def _image():
    return np.ascontiguousarray(image_file.read_image(_PORTRAIT)[62:174, 74:186])


def _cosine(decoded_u8):
    """Stands for a recogniser: the mean over the left half, which no two codecs have alike."""
    return float(decoded_u8[:, :56].mean()) / 255


@pytest.fixture(scope="module")
def made(codec):
    return part.make("Aligned face", _image(), 900, codec, [_WEBP, _JPEG], _cosine, 0.8)


def test_ours_comes_first_and_nobody_takes_more_than_allowed(made):
    assert [coded.label for coded in made.coded] == ["tf_ipr", "WebP", "JPEG"]
    assert made.allowed == 900 and made.title == "Aligned face, 112x112 pixels, in at most 900 bytes"
    assert made.coded[0].num_bytes > 850
    for coded in made.coded:
        assert coded.num_bytes <= 900 and coded.container_bytes < coded.num_bytes


def test_another_codec_shrinks_where_quality_alone_does_not_reach(made):
    assert equal_bytes._largest_within(_JPEG, _image(), 300) is None
    small = equal_bytes.other(_JPEG, _image(), 330, None)
    assert small.num_bytes <= 330 and "% of each side" in small.how
    assert small.decoded_u8.shape == (112, 112, 3)


def test_of_all_attempts_the_recognisers_favourite_is_taken():
    chosen = equal_bytes.other(_WEBP, _image(), 900, lambda decoded_u8: float(decoded_u8[0, 0, 0]) / 255)
    every = [one[0].decode(one[3]) for one in equal_bytes._attempts(_WEBP, _image(), 900)]
    assert len(every) > 3
    assert chosen.cosine == max(float(decoded[0, 0, 0]) / 255 for decoded in every)


def test_without_a_recogniser_the_attempt_nearest_in_psnr_is_taken():
    chosen = equal_bytes.other(_WEBP, _image(), 900, None)
    every = [one[0].decode(one[3]) for one in equal_bytes._attempts(_WEBP, _image(), 900)]
    assert chosen.psnr_db == max(equal_bytes._psnr_db(_image(), decoded) for decoded in every)
    assert chosen.cosine is None


def test_a_codec_that_cannot_be_so_small_is_left_out(codec):
    made = part.make("Whole picture", _image(), 250, codec, [_JPEG])
    assert [coded.label for coded in made.coded] == ["tf_ipr"]


def test_where_our_lowest_quality_needs_more_all_get_as_much(codec):
    made = part.make("Whole picture", _image(), 60, codec, [_WEBP])
    assert made.coded[0].num_bytes == made.allowed > 60 and made.coded[0].how == "quality 1"
    assert 60 < made.coded[1].num_bytes <= made.allowed


def test_verdicts_are_the_recognisers(made):
    near, far, lost = (dataclasses.replace(made.coded[0], cosine=cosine) for cosine in (0.8, 0.79, None))
    assert made.verdict(near) == "0.800: same person" and made.same_person(near)
    assert made.verdict(far) == "0.790: not recognised" and not made.same_person(far)
    assert made.verdict(lost) == "no face found" and made.same_person(lost) is False
    silent = dataclasses.replace(made, threshold=None)
    assert silent.verdict(dataclasses.replace(lost, psnr_db=30.26)) == "PSNR 30.3 dB"
    assert silent.same_person(lost) is None


def test_the_table_has_a_block_for_each_part_and_a_line_for_each_codec(made):
    lines = text.table(
        [made, dataclasses.replace(made, name="Whole picture", threshold=None)]
    ).splitlines()
    assert lines[0] == made.title and lines[6].startswith("Whole picture")
    assert [line.split()[0] for line in lines[1:5]] == ["codec", "tf_ipr", "WebP", "JPEG"]
    assert made.verdict(made.coded[0]) in lines[2] and "recognised" not in "".join(lines[6:])
    assert len({line.index("quality") for line in lines if line.split()[:1] == ["tf_ipr"]}) == 1


def test_the_sheet_shows_original_and_decoded_pictures_with_their_words(made):
    drawn = sheet.draw([made, made], "A note. " * 30)
    assert drawn.dtype == np.uint8 and drawn.shape[1] == 14 + 4 * (256 + 14)
    assert drawn.shape[0] > 2 * 256
    small = np.asarray(Image.fromarray(drawn[54:310, 14:270]).resize((112, 112), Image.Resampling.BOX))
    assert np.abs(small.astype(int) - _image()).mean() < 3
    for column in range(4):  # Ink under every picture.
        left = 14 + column * 270
        assert drawn[40 + 14 + 256 + 8 :, left : left + 256].min() < 100


def test_unchanged_pictures_have_an_infinite_psnr():
    assert equal_bytes._psnr_db(_image(), _image()) == math.inf
