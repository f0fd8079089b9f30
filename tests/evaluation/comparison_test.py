"""A comparison holds real figures at nearly equal sizes, and its picture shows all of them."""

import numpy as np
import pytest

from tf_ipr.evaluation import comparison, metrics
from tf_ipr.evaluation.codecs import reference_codecs

_CODECS = [codec for codec in (reference_codecs.JPEG, reference_codecs.WEBP)
           if codec.unavailable_reason() is None]


def _image(height=80, width=120):
    y, x = np.mgrid[:height, :width] / 20.0
    return (128 + 90 * np.stack([np.sin(x * y), np.sin(x), np.cos(y)], -1)).astype(np.uint8)


@pytest.fixture(scope="module")
def rows():
    return comparison.compare(_image(), reference_codecs.JPEG, [30, 80], _CODECS)


def test_every_row_is_ours_and_the_others_at_nearly_its_size(rows):
    assert [[entry.codec for entry in row] for row in rows] == 2 * [
        [reference_codecs.JPEG, *_CODECS]]
    assert [row[0].setting for row in rows] == [30, 80]
    for row in rows:
        for other in row[1:]:
            assert other.result.num_bytes == pytest.approx(row[0].result.num_bytes, rel=0.1)


def test_figures_are_those_of_the_decoded_picture(rows):
    entry = rows[0][0]
    data = reference_codecs.JPEG.encode(_image(), 30)
    np.testing.assert_array_equal(entry.decoded_u8, reference_codecs.JPEG.decode(data))
    assert entry.result.num_bytes == len(data)
    assert entry.result.bpp == metrics.bits_per_pixel(len(data), _image())
    assert entry.result.psnr_db == metrics.psnr_db(_image(), entry.decoded_u8)


def test_table_has_one_line_per_codec_and_rate(rows):
    lines = comparison.table(rows).splitlines()
    assert [line.split()[0] for line in lines if line] == [
        "codec", *(2 * [entry.codec.label for entry in rows[0]])]
    assert all(len(line) == len(lines[0]) for line in lines if line)


def test_contact_sheet_shows_original_and_decoded_pictures(rows):
    sheet = comparison.contact_sheet(_image(), rows)
    height, width = _image().shape[:2]
    np.testing.assert_array_equal(sheet[8:8 + height, 8:8 + width], _image())
    ours = sheet[8:8 + height, 16 + width:16 + 2 * width]
    np.testing.assert_array_equal(ours, rows[0][0].decoded_u8)
    # Ink under every picture of the second row.
    for column in range(1 + len(rows[0])):
        left = 8 + column * (width + 8)
        assert sheet[-36:, left:left + width].min() < 100


def test_large_pictures_are_shrunk(rows):
    assert comparison.contact_sheet(_image(), rows, side=40).shape[1] < 300
