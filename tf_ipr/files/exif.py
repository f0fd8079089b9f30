"""What EXIF says about how a picture is shown (CIPA DC-008; DCF 2.0 for colours)."""

from __future__ import annotations

from PIL import ExifTags, Image

_UNCALIBRATED = 0xFFFF


def _load(content: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    exif.load(content or b"")
    return exif


def orientation(content: bytes | None) -> int:
    """The orientation, 1 to 8; 1 where there is none or the EXIF is damaged, as viewers do.

    Args:
      content: the EXIF of a file, a TIFF structure with or without "Exif" before it.
    """
    try:
        value = _load(content).get(ExifTags.Base.Orientation, 1)
        return value if value in range(1, 9) else 1
    except Exception:  # pylint: disable=broad-except
        return 1  # Pillow raises almost anything on damaged EXIF.


def is_adobe_rgb(content: bytes | None) -> bool:
    """Whether a camera says that the colours are those of Adobe RGB: DCF's option R03."""
    try:
        exif = _load(content)
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex, "")
        return space == _UNCALIBRATED and str(index).rstrip("\0") == "R03"
    except Exception:  # pylint: disable=broad-except
        return False
