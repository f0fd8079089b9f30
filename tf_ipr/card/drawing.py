"""The card as a picture to print: face and text for people, the code for machines.

```
 +----------------------------------------+   85.6 x 54 mm, as a bank card (ISO/IEC 7810, ID-1),
 |  +--------+   #########################|   at 300 dots per inch
 |  |  face  |   #########################|
 |  +--------+   ########  code  #########|
 |   text        #########################|
 |   note        #########################|
 +----------------------------------------+
```

A module of the code is a whole number of dots, as many as fit with the quiet zone of four modules.
"""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tf_ipr.card import qr_code
from tf_ipr.card.payload import CardError

DOTS_PER_INCH = 300
DPI = (DOTS_PER_INCH, DOTS_PER_INCH)
WIDTH, HEIGHT = 1011, 638  # dots: 85.6 x 54 mm
_EDGE, _CORNER = 4, 28  # what the line to cut along takes, and the radius of its corners
_MARGIN, _GAP, _FACE = 40, 22, 300
_TEXT_SIZES = range(34, 17, -1)
_NOTE_SIZE, _LINE = 18, 1.25
_INK, _FAINT, _LINE_COLOUR = (20, 24, 32), (105, 112, 125), (205, 210, 218)
# Where the built-in font lacks a letter; asked for by name, for every system keeps them elsewhere.
_SYSTEM_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf", "Arial Unicode.ttf")


def draw(
    face: np.ndarray,
    code: np.ndarray,
    text: str = "",
    note: str = "",
    font: str | pathlib.Path | None = None,
) -> Image.Image:
    """Draws a card.

    Args:
      face: uint8 RGB (H, W, 3), as it is decoded from the card.
      code: bool [n, n], of `qr_code.modules`.
      text: of the card.
      note: a small line below it.
      font: a TrueType or OpenType file. Default: Pillow's own, or one of the system where it lacks
        a letter.

    Returns:
      An RGB picture of 1011x638 dots, 300 to the inch.

    Raises:
      CardError: no font has the letters of the text, or the text does not fit.
    """
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(card)
    pen.rounded_rectangle([1, 1, WIDTH - 2, HEIGHT - 2], _CORNER, outline=_LINE_COLOUR, width=_EDGE - 1)
    card.paste(
        Image.fromarray(face).resize((_FACE, _FACE), Image.Resampling.BICUBIC), (_MARGIN, _MARGIN)
    )

    dots = module_dots(len(code))
    picture = Image.fromarray(
        np.where(np.kron(code, np.ones([dots, dots], bool)), 0, 255).astype(np.uint8)
    )
    box = (len(code) + 2 * qr_code.QUIET_MODULES) * dots
    quiet = qr_code.QUIET_MODULES * dots
    left = (
        _MARGIN + _FACE + WIDTH - _CORNER - box
    ) // 2 + quiet  # in the middle of what the face leaves
    card.paste(picture, (left, (HEIGHT - picture.height) // 2))

    top = _MARGIN + _FACE + _GAP
    bottom = HEIGHT - _MARGIN - (int(_LINE * _NOTE_SIZE) if note else 0)
    lines, chosen, step = _fit(text, font, _FACE, bottom - top)
    for number, line in enumerate(lines):
        pen.text((_MARGIN, top + number * step), line, font=chosen, fill=_INK)
    pen.text(
        (_MARGIN, HEIGHT - _MARGIN),
        note,
        font=ImageFont.load_default(_NOTE_SIZE),
        fill=_FAINT,
        anchor="ls",
    )
    return card


def module_dots(num_modules: int) -> int:
    """Dots of a module's side, of a code with so many modules in a row."""
    return (HEIGHT - 2 * _EDGE) // (num_modules + 2 * qr_code.QUIET_MODULES)


def module_mm(num_modules: int) -> float:
    """Millimetres of a printed module's side."""
    return 25.4 / DOTS_PER_INCH * module_dots(num_modules)


def check_font(text: str, font: str | pathlib.Path | None = None) -> None:
    """Raises CardError where no font has the letters of the text."""
    _font_for(text, font, _TEXT_SIZES[0])


def _fit(text: str, font, width: int, height: int):
    """Lines of the text, their font and distance, in the largest size that fits."""
    for size in _TEXT_SIZES:
        chosen, step = _font_for(text, font, size), int(_LINE * size)
        lines = [line for paragraph in text.split("\n") for line in _wrapped(paragraph, chosen, width)]
        if len(lines) * step <= height:
            return lines, chosen, step
    raise CardError(
        f"The text does not fit the card, even in {_TEXT_SIZES[-1]} dots; shorten it, or take out "
        "line breaks."
    )


def _wrapped(paragraph: str, font, width: int) -> list[str]:
    """Lines of at most so many dots, broken between words, or within those that are longer."""
    lines = [""]
    for word in paragraph.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def _font_for(text: str, font, size: int):
    chosen: Any
    if font is not None:
        try:
            chosen = ImageFont.truetype(str(font), size)
        except OSError as error:
            raise CardError(f"The font {font} cannot be read: {error}.") from error
        missing = _missing(text, chosen)
        if missing:
            raise CardError(f"The font {font} has no letter {missing!r}; take one that has.")
        return chosen
    chosen = ImageFont.load_default(size)
    missing = _missing(text, chosen)
    for name in _SYSTEM_FONTS if missing else ():
        try:
            other = ImageFont.truetype(name, size)
        except OSError:
            continue
        if not _missing(text, other):
            return other
    if missing:
        raise CardError(
            f"The built-in font has no letter {missing!r}, and no font of this system that is known "
            "here has; give a font file that has."
        )
    return chosen


def _missing(text: str, font) -> str:
    """The first letter that the font draws as it draws what no font has, or ""."""
    nothing = _glyph("\uffff", font)
    return next(
        (letter for letter in text if not letter.isspace() and _glyph(letter, font) == nothing), ""
    )


def _glyph(letter: str, font):
    mask = font.getmask(letter)
    return mask.size, bytes(mask)
