"""What docs/card.md says is what the code does."""

from __future__ import annotations

import pathlib
import re

from tf_ipr.card import drawing, payload, qr_code
from tf_ipr.card.payload import Payload

PAGE = (pathlib.Path(__file__).parents[2] / "docs" / "card.md").read_text(encoding="utf-8")


def test_the_example_of_a_payload():
    example = bytes.fromhex(re.search(r"`(fc 1[0-9a-f ]+)`", PAGE).group(1))
    assert Payload("Zoë", b"\x80\x29").to_bytes() == example
    assert payload.parse(example)[0].text == "Zoë"


def test_the_sizes_of_codes():
    rows = re.findall(r"^\| (\d+)-M \| (\d+) \| ([\d.]+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.M)
    assert len(rows) >= 4
    for version, modules, millimetres, side, held, left in rows:
        assert int(modules) == 17 + 4 * int(version)
        assert millimetres == f"{drawing.module_mm(int(modules)):.2f}"
        assert side == f"{int(modules) * drawing.module_mm(int(modules)):.0f}"
        assert int(held) == qr_code.capacity(int(version), "M")
        assert int(left) == min(int(held), payload.MAX_BYTES) - payload.bytes_without_face(
            "x" * 23, True
        )


def test_a_signed_card_takes_as_many_bytes_as_it_says():
    assert f"A signed card takes {payload.bytes_without_face('', True)} bytes beside text and" in PAGE
    assert f"at most {payload.MAX_TEXT_BYTES} bytes of UTF-8" in PAGE and "1,005 bytes" in PAGE
