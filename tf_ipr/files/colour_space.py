"""ICC profiles for colours that a file describes by numbers: gamma, chromaticities, code points.

A profile made here has a curve and, for colour, a matrix: ICC.1:2022, section 8.3.3. So one
mechanism, LittleCMS, turns every kind of colours into sRGB.
"""

from __future__ import annotations

import struct

import numpy as np

from tf_ipr.files.picture import ImageFileError

_D50 = np.array([0.9642, 1.0, 0.8249])  # The white of ICC's connection space.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# The piecewise curve of IEC 61966-2-1, as parameters of ICC's function 3.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

# White, red, green, blue as (x, y), by ColourPrimaries of ITU-T H.273, table 2.
_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
_PRIMARIES = {
    1: (_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),  # BT.709 and sRGB
    4: (_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: (_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: (_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    22: (_D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
# TransferCharacteristics of H.273, table 3. Pictures that name a video curve (BT.709 and its like)
# are shown by the sRGB curve, as browsers do.
_CURVES: dict[int, tuple[float, ...]] = {
    **dict.fromkeys((1, 6, 13, 14, 15), _SRGB_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
}
_HDR = {16: "PQ", 18: "HLG"}
_UNSPECIFIED = 2

# libpng's thresholds, below which it sees no difference: PNG_GAMMA_THRESHOLD and the tolerance of
# png_colorspace_endpoints_match.
_SAME_GAMMA = 0.05
_SAME_POINT = 0.01


def of_code_points(primaries: int, transfer: int, grey: bool) -> bytes | None:
    """A profile for code points of ITU-T H.273 (PNG's cICP, AVIF's nclx); None for sRGB.

    Raises:
      ImageFileError: high dynamic range, whose mapping to sRGB is nowhere agreed, or code points
        that H.273 does not define.
    """
    if transfer in _HDR:
        raise ImageFileError(
            f"has colours of high dynamic range ({_HDR[transfer]}), which viewers "
            "map to sRGB each in its own way; convert it to sRGB"
        )
    primaries = 1 if primaries == _UNSPECIFIED else primaries
    transfer = 13 if transfer == _UNSPECIFIED else transfer
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        raise ImageFileError(
            f"has colour primaries {primaries} and transfer characteristics "
            f"{transfer} of H.273, which are not read; convert it to sRGB"
        )
    curve = _CURVES[transfer]
    if curve == _SRGB_CURVE and (grey or primaries == 1):
        return None
    return _profile(curve, None if grey else np.array(_PRIMARIES[primaries]))


def of_gamma(gamma: float | None, points: np.ndarray | None, grey: bool) -> bytes | None:
    """A profile for PNG's gAMA and cHRM; None for sRGB or for values that make no sense.

    Args:
      gamma: sample = light ** gamma, or None. 1 / 2.2 is the companion of sRGB and means it.
      points: float (4, 2), x and y of white, red, green and blue, or None.
      grey: the picture has no colours.
    """
    curve: tuple[float, ...] = _SRGB_CURVE
    if gamma and abs(gamma * 2.2 - 1) >= _SAME_GAMMA:
        curve = (1 / gamma,)
    srgb = np.array(_PRIMARIES[1])
    if grey or points is None or np.abs(points - srgb).max() <= _SAME_POINT:
        points = srgb
    if curve == _SRGB_CURVE and points is srgb:
        return None
    try:
        return _profile(curve, None if grey else points)
    except (np.linalg.LinAlgError, struct.error):
        return None


def adobe_rgb() -> bytes:
    """A profile for Adobe RGB (1998), section 4.3 of its specification."""
    return _profile((563 / 256,), np.array([_D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)]))


def _profile(curve: tuple[float, ...], points: np.ndarray | None) -> bytes:
    """The bytes of a profile: of grey where `points` is None."""
    curve_tag = b"para" + struct.pack(">IHH", 0, {1: 0, 5: 3}[len(curve)], 0) + _fixed(*curve)
    tags = {b"desc": _text("made from numbers in the file"), b"cprt": _text("none"), b"wtpt": _xyz(_D50)}
    if points is None:
        tags[b"kTRC"] = curve_tag
    else:
        for name, column in zip((b"r", b"g", b"b"), _to_d50(points).T):
            tags[name + b"XYZ"], tags[name + b"TRC"] = _xyz(column), curve_tag
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    space = b"GRAY" if points is None else b"RGB "
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x04000000, b"mntr", space, b"XYZ ")
    head = (head + b"\0" * 12 + b"acsp").ljust(68, b"\0") + _fixed(*_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _to_d50(points: np.ndarray) -> np.ndarray:
    """The matrix from linear RGB to XYZ, adapted to D50 by Bradford's transform (ICC.1, annex E)."""
    if np.any(points[:, 1] <= 0):
        raise np.linalg.LinAlgError("a chromaticity of y = 0")
    x, y = points.T
    xyz = np.stack([x / y, np.ones_like(y), (1 - x - y) / y])  # A column for each of W, R, G, B.
    white, colours = xyz[:, 0], xyz[:, 1:]
    matrix = colours * np.linalg.solve(colours, white)
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ matrix


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _text(text: str) -> bytes:
    return (
        b"mluc"
        + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", 2 * len(text), 28)
        + (text.encode("utf-16-be"))
    )
