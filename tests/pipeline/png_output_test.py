"""A picture at a place that a user names."""

import numpy as np
import pytest
from PIL import Image

from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import png_output

PICTURE = np.zeros([4, 4, 3], np.uint8)


def test_our_own_picture_is_replaced_and_another_s_is_not(tmp_path):
    for value in (0, 1):
        png_output.write(tmp_path / "new/a.png", PICTURE + np.uint8(value))
    assert np.asarray(Image.open(tmp_path / "new/a.png")).max() == 1
    for suffix in ("png", "jpg"):
        path = tmp_path / f"mine.{suffix}"
        Image.new("RGB", (8, 8)).save(path)
        before = path.read_bytes()
        with pytest.raises(OutputError, match="was not made by tf_ipr|is the name of JPEG"):
            png_output.write(path, PICTURE)
        assert path.read_bytes() == before
