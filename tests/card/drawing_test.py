"""The card as a picture to print."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tf_ipr.card import drawing, qr_code
from tf_ipr.card.payload import CardError
from tf_ipr.pipeline import png_output

TEXT = "Ada Example\nborn 1815-12-10"


def code_of(version: int) -> np.ndarray:
    return qr_code.modules(b"\xfc" * 10, version, "L")


@pytest.mark.parametrize("version", range(1, 41))
def test_a_code_lies_on_the_card_with_its_quiet_zone_and_is_found(crop, version):
    code = code_of(version)
    card = np.asarray(drawing.draw(crop, code, TEXT, "note"))
    dark = (card[:, drawing._MARGIN + drawing._FACE + 1 :] < 30).all(-1)
    rows, columns = (
        np.flatnonzero(dark.any(1)),
        np.flatnonzero(dark.any(0)) + drawing._MARGIN + drawing._FACE + 1,
    )
    side, dots = np.ptp(rows) + 1, drawing.module_dots(len(code))
    assert side == np.ptp(columns) + 1 == dots * len(code) and dots >= 3
    quiet = qr_code.QUIET_MODULES * dots
    around = card[
        rows[0] - quiet : rows[-1] + quiet + 1, columns[0] - quiet : columns[-1] + quiet + 1
    ].copy()
    assert around.shape[0] == around.shape[1] == side + 2 * quiet
    around[quiet:-quiet, quiet:-quiet] = 255
    assert (around == 255).all()
    assert qr_code.find(card) == [b"\xfc" * 10]


def test_a_card_prints_as_large_as_a_bank_card(tmp_path, crop):
    card = drawing.draw(crop, code_of(13), TEXT).convert("RGB")
    png_output.write(tmp_path / "card.png", np.asarray(card), dpi=drawing.DPI)
    with Image.open(tmp_path / "card.png") as card:
        inches = np.array(card.size) / card.info["dpi"]
    np.testing.assert_allclose(25.4 * inches, [85.60, 53.98], atol=0.05)
    assert drawing.module_mm(69) == pytest.approx(8 * 25.4 / 300)


def test_a_long_text_is_drawn_smaller_and_one_beyond_that_is_refused(crop):
    drawing.draw(crop, code_of(13), "word " * 14 + "Donaudampfschiffahrtsgesellschaftskapitaen")
    with pytest.raises(CardError, match="does not fit the card"):
        drawing.draw(crop, code_of(13), "\n" * 30)


def test_a_letter_that_no_font_has_is_named(tmp_path, crop):
    with pytest.raises(CardError, match=r"no letter '\\U0010fffd'"):
        drawing.check_font("Ada \U0010fffd")
    (tmp_path / "font.ttf").write_bytes(b"no font")
    with pytest.raises(CardError, match="font.ttf cannot be read"):
        drawing.check_font("Ada", tmp_path / "font.ttf")
