"""QR codes: what they hold, drawn and found."""

from __future__ import annotations

import numpy as np
import pytest

from tf_ipr.card import qr_code
from tf_ipr.card.payload import CardError


def picture(code: np.ndarray) -> np.ndarray:
    grey = np.where(np.kron(np.pad(code, 4), np.ones([4, 4], bool)), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, -1)


# ISO/IEC 18004, table 7, byte mode.
@pytest.mark.parametrize(
    "version, level, held",
    [
        (1, "L", 17),
        (1, "H", 7),
        (9, "M", 180),
        (10, "M", 213),
        (13, "M", 331),
        (17, "M", 504),
        (25, "M", 997),
        (40, "L", 2953),
        (40, "H", 1273),
    ],
)
def test_the_capacity_is_that_of_the_standard_and_is_used_to_the_last_byte(version, level, held):
    assert qr_code.capacity(version, level) == held
    data = np.random.default_rng(version).integers(0, 256, held, dtype=np.uint8).tobytes()
    code = qr_code.modules(data, version, level)
    assert code.shape == (17 + 4 * version,) * 2
    assert qr_code.find(picture(code)) == [data]
    with pytest.raises(CardError, match=f"which holds {held}"):
        qr_code.modules(data + b"x", version, level)


def test_the_smallest_version_is_chosen():
    assert [qr_code.smallest_version(n, "M") for n in (1, 331, 332, 2331, 2332)] == [1, 13, 14, 40, None]


@pytest.mark.parametrize("version, level", [(0, "M"), (41, "M"), (5, "X")])
def test_versions_and_levels_that_do_not_exist_are_refused(version, level):
    with pytest.raises(CardError, match="does not exist"):
        qr_code.capacity(version, level)


def test_a_picture_without_a_code_has_none():
    rng = np.random.default_rng(0)
    assert qr_code.find(rng.integers(0, 256, [200, 300, 3], dtype=np.uint8)) == []
    assert qr_code.find(np.zeros([1, 1, 3], np.uint8)) == []


def test_a_code_is_found_upside_down_and_small():
    code = picture(qr_code.modules(b"\xfc small", 2, "M"))
    assert qr_code.find(code[::-1, ::-1]) == [b"\xfc small"]
    assert qr_code.find(code[1::4, 1::4]) == [b"\xfc small"]
