"""The demo's picture: a row for each part, the original first, then ours, then the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tf_ipr.evaluation.demo.part import Part

SIDE = 256  # Pixels of the square that a picture is fitted into.
_MARGIN, _FRAME = 14, 4
_TITLE, _LABEL, _NOTE = 26, 24, 20  # Sizes of the letters, in pixels.
_LINE = 30
_BLACK, _GREY, _GREEN, _RED = "#1a1a1a", "#5a5a5a", "#12762c", "#b3261e"


def draw(parts: Sequence[Part], note: str) -> np.ndarray:
    """The sheet.

    Args:
      parts: rows, at least one.
      note: lines below them, such as what the verdicts mean.

    Returns:
      uint8 [H, W, 3].
    """
    columns = 1 + max(len(part.coded) for part in parts)
    width = _MARGIN + columns * (SIDE + _MARGIN)
    heights = [_row_height(part) for part in parts]
    notes = _wrapped(note, width - 2 * _MARGIN)
    sheet = Image.new("RGB", (width, sum(heights) + len(notes) * _LINE + 2 * _MARGIN), "white")
    top = _MARGIN
    for part, height in zip(parts, heights):
        _draw_row(sheet, part, top)
        top += height
    _write(sheet, _MARGIN, top, notes, [_GREY] * len(notes), _NOTE)
    return np.asarray(sheet)


def _row_height(part: Part) -> int:
    return 40 + _fitted(part.original_u8)[1] + 3 * _LINE + 2 * _MARGIN


def _draw_row(sheet: Image.Image, part: Part, top: int) -> None:
    _write(sheet, _MARGIN, top, [part.title], [_BLACK], _TITLE)
    top += 40
    height, width = part.original_u8.shape[:2]
    cells = [(part.original_u8, ["original", f"{width}x{height}", ""], _BLACK, None)]
    for coded in part.coded:
        same = part.same_person(coded)
        cells.append(
            (
                coded.decoded_u8,
                [coded.label, f"{coded.num_bytes:,} bytes", part.verdict(coded)],
                {None: _BLACK, True: _GREEN, False: _RED}[same],
                _GREEN if coded is part.coded[0] else None,
            )
        )
    size = _fitted(part.original_u8)
    for column, (picture_u8, lines, colour, frame) in enumerate(cells):
        left = _MARGIN + column * (SIDE + _MARGIN) + (SIDE - size[0]) // 2
        if frame:
            ImageDraw.Draw(sheet).rectangle(
                (left - _FRAME, top - _FRAME, left + size[0] + _FRAME - 1, top + size[1] + _FRAME - 1),
                fill=frame,
            )
        sheet.paste(Image.fromarray(picture_u8).resize(size, Image.Resampling.LANCZOS), (left, top))
        _write(sheet, left, top + size[1] + 8, lines, [_BLACK, _GREY, colour], _LABEL)


def _fitted(image_u8: np.ndarray) -> tuple[int, int]:
    """Width and height of a picture that fills the square in one direction."""
    height, width = image_u8.shape[:2]
    scale = SIDE / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _write(
    sheet: Image.Image, left: int, top: int, lines: Sequence[str], colours: Sequence[str], size: int
) -> None:
    for number, (line, colour) in enumerate(zip(lines, colours)):
        ImageDraw.Draw(sheet).text((left, top + number * _LINE), line, colour, font=_font(size))


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines that fit."""
    lines: list[str] = []
    for word in text.split():
        longer: str | None = f"{lines[-1]} {word}" if lines else None
        if longer is not None and _font(_NOTE).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font(size: int):
    return ImageFont.load_default(size)
