"""QR codes (ISO/IEC 18004): what a version holds, drawing one, finding those in a photograph."""

from __future__ import annotations

from typing import Any

import numpy as np
import segno
import zxingcpp
from PIL import Image, ImageFilter
from segno import consts

from tf_ipr.card.payload import CardError

VERSIONS = range(1, 41)
LEVELS = ("L", "M", "Q", "H")  # 7, 15, 25 and 30 % of the code may be unreadable
QUIET_MODULES = 4

_ERROR = {
    "L": consts.ERROR_LEVEL_L,
    "M": consts.ERROR_LEVEL_M,
    "Q": consts.ERROR_LEVEL_Q,
    "H": consts.ERROR_LEVEL_H,
}
_CAPACITY_BITS: Any = consts.SYMBOL_CAPACITY
_MODE_BITS = 4
_QR_ALONE = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def capacity(version: int, level: str) -> int:
    """Bytes that a code holds.

    Args:
      version: 1 (21x21 modules) to 40 (177x177).
      level: of error correction, one of `LEVELS`.

    Raises:
      CardError: there is no such version or level.
    """
    if version not in VERSIONS or level not in LEVELS:
        raise CardError(
            f"A QR code of version {version} and level {level} does not exist; versions are 1 to 40, "
            f"levels {', '.join(LEVELS)}."
        )
    count_bits = 8 if version < 10 else 16
    return (_CAPACITY_BITS[version][_ERROR[level]] - _MODE_BITS - count_bits) // 8


def smallest_version(num_bytes: int, level: str) -> int | None:
    """The smallest version that holds so many bytes, or None where not even 40 does."""
    return next((version for version in VERSIONS if capacity(version, level) >= num_bytes), None)


def modules(payload: bytes, version: int, level: str) -> np.ndarray:
    """The code as bool [n, n], True for dark, n = 17 + 4 * version, without quiet zone.

    Raises:
      CardError: the version does not hold so many bytes at this level.
    """
    if len(payload) > capacity(version, level):
        raise CardError(
            f"{len(payload)} bytes do not fit a QR code of version {version}, level {level}, which "
            f"holds {capacity(version, level)}."
        )
    code = segno.make(payload, version=version, error=level, mode="byte", boost_error=False, micro=False)
    return np.array([list(row) for row in code.matrix], bool)


def find(image: np.ndarray) -> list[bytes]:
    """The contents of all QR codes in a picture, each once.

    Args:
      image: uint8 RGB (H, W, 3).
    """
    grey = Image.fromarray(image).convert("L")
    for prepare in _PREPARATIONS if grey.width * grey.height <= _SMALL_PIXELS else _PREPARATIONS[:1]:
        found = zxingcpp.read_barcodes(np.asarray(prepare(grey)), formats=_QR_ALONE)
        if found:
            return list(dict.fromkeys(bytes(code.bytes) for code in found))
    return []


def _as_it_is(grey: Image.Image) -> Image.Image:
    return grey


def _larger(grey: Image.Image) -> Image.Image:
    """For modules of two or three pixels: the search for a code looks at whole ones."""
    return grey.resize((2 * grey.width, 2 * grey.height), Image.Resampling.BICUBIC)


def _sharper(grey: Image.Image) -> Image.Image:
    """Undoes some of a lens's blur."""
    return grey.filter(ImageFilter.UnsharpMask(radius=1.5, percent=200, threshold=0))


# From cheap to dear: each reads some photographs that those before it do not. In a large picture the
# code is large, too, and the first does.
_PREPARATIONS = (_as_it_is, _larger, _sharper, lambda grey: _sharper(_larger(grey)))
_SMALL_PIXELS = 1 << 23
