"""The kinds of pictures that are read: how each is known, and what opens it.

No other decoder is ever tried, whatever a file claims to be: Pillow knows some forty kinds, and one
of them (EPS) starts another program. The classes of Pillow's plugins are used by themselves, because
`Image.open` knows one limit of pixels for the whole process.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    WebPImagePlugin,
)

from tf_ipr.files import box_file, colour_space, exif, gif_file, png_file, pnm_file, tiff_file
from tf_ipr.files.picture import ImageFileError, Picture, Samples, split

_HEAD = 64  # Bytes by which every kind is known.


class Kind(NamedTuple):
    """A kind of picture: its name, its suffixes, a test of the first bytes, and what opens it."""

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    open: Callable[[BinaryIO], Picture]


def open_picture(file: BinaryIO, max_pixels: int) -> Picture:
    """Reads the header of a file of any kind.

    Args:
      file: open for reading, seekable, at its start.
      max_pixels: width times height above which nothing is decoded.

    Raises:
      ImageFileError: of no kind, not to be read rightly, or larger; the text lacks its subject.
      Exception: Pillow's readers raise almost anything on damaged files.
    """
    head = file.read(_HEAD)
    file.seek(0)
    for kind in KINDS:
        if kind.matches(head):
            _check_size(_webp_canvas(head), max_pixels)
            picture = kind.open(file)
            _check_size(picture.size, max_pixels)
            return picture
    if head[:2] in (b"Pf", b"PF"):
        raise ImageFileError(
            "has floating-point pixels, whose range is unknown; store it with 8 or 16 bits"
        )
    raise ImageFileError(
        "is not an image of a kind that is read: "
        f"{', '.join(kind.name for kind in KINDS)}; convert it to one of them"
    )


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels:
        raise ImageFileError(
            f"has {size[0]}x{size[1]} pixels; at most {max_pixels} are allowed "
            "(max_pixels): raise the limit or shrink the image"
        )


def _loader(image: Image.Image) -> Callable[[], Samples]:
    def decode() -> Samples:
        image.load()
        return split(image)

    return decode


def _open_jpeg(file: BinaryIO) -> Picture:
    # Not `jpeg_factory`: of several pictures in one file (MPO, gain maps) the first is wanted.
    image = JpegImagePlugin.JpegImageFile(file)
    notes = image.info.get("exif")
    profile = image.info.get("icc_profile")
    if profile is None and image.mode == "RGB" and exif.is_adobe_rgb(notes):
        profile = colour_space.adobe_rgb()
    return Picture(image.size, _loader(image), profile, exif.orientation(notes))


class _ShortFirstRead(io.BytesIO):
    """A file whose first read gives no more than WebP's signature.

    From more bytes Pillow takes the size, to compare it with the limit of the process. The limit
    here is the caller's.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(16 if self.tell() == 0 and size is not None and size > 16 else size)


def _webp_canvas(head: bytes) -> tuple[int, int]:
    """The canvas of a WebP file that has one, for which memory is taken on opening; else 0 x 0."""
    if head[:4] != b"RIFF" or head[12:16] != b"VP8X":
        return 0, 0
    width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    return width, height


def _open_webp(file: BinaryIO) -> Picture:
    image = WebPImagePlugin.WebPImageFile(_ShortFirstRead(file.read()))
    return Picture(
        image.size,
        _loader(image),
        image.info.get("icc_profile"),
        exif.orientation(image.info.get("exif")),
    )


def _open_avif(file: BinaryIO) -> Picture:
    content = file.read()
    image = AvifImagePlugin.AvifImageFile(io.BytesIO(content))
    profile = image.info.get("icc_profile")
    points = box_file.avif_code_points(content)
    if profile is None and points is not None:
        profile = colour_space.of_code_points(*points, grey=False)
    # Pillow puts what AVIF's irot and imir say into EXIF's orientation.
    return Picture(image.size, _loader(image), profile, exif.orientation(image.info.get("exif")))


def _open_bmp(file: BinaryIO) -> Picture:
    head = file.read(14 + 124)
    file.seek(0)
    profile = None
    if head[14:18] == b"\x7c\0\0\0" and head[70:74] == b"DEBM":  # BITMAPV5HEADER, PROFILE_EMBEDDED
        start, size = struct.unpack_from("<2I", head, 14 + 112)
        file.seek(14 + start)
        profile = file.read(size)
        file.seek(0)
    image = BmpImagePlugin.BmpImageFile(file)

    def decode() -> Samples:
        image.load()
        samples = split(image)
        if samples.alpha is not None and not samples.alpha.getextrema()[1]:
            samples.alpha = None  # Programs that know no alpha leave zeros there.
        return samples

    return Picture(image.size, decode, profile)


# EnumCS of the colr box (ISO/IEC 15444-1, table I.10, and 15444-2): bilevel, sRGB, grey, sYCC.
_JPEG_2000_SPACES = (0, 15, 16, 17, 18)


def _open_jpeg_2000(file: BinaryIO) -> Picture:
    content = file.read()
    profile = None
    header = box_file.child(content, b"jp2h") if content[:4] == b"\0\0\0\x0c" else b""
    for name, body in box_file.boxes(header):
        if name == b"colr" and body[:1] == b"\x02":
            profile = body[3:]
            break
        if name == b"colr" and body[:1] == b"\x01":
            space = int.from_bytes(body[3:7], "big")
            if space not in _JPEG_2000_SPACES:
                raise ImageFileError(
                    f"has colours of JPEG 2000's space {space}, which is not read; convert it to sRGB"
                )
            break
    depths = _jpeg_2000_depths(content)
    palette = any(name == b"pclr" for name, _ in box_file.boxes(header))
    # Of wide colours Pillow 13 makes white black: it rounds 65535 up to 256, and keeps 8 bits.
    if not depths or (min(depths) < 8 and not palette) or max(depths) > (16 if len(depths) == 1 else 8):
        raise ImageFileError(
            f"has JPEG 2000 components of {depths} bits; 8 unsigned bits, or grey of 8 to 16, are read"
        )
    image = Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(content))

    def decode() -> Samples:
        image.load()
        if not image.mode.startswith("I"):
            return split(image)
        # Pillow moves the bits up, so that white is 65535 less the bits that are lacking.
        shift = 16 - depths[0]
        values = (np.asarray(image) >> shift).astype(np.float64)
        return Samples(
            Image.fromarray((values * (65535 / (2 ** depths[0] - 1)) + 0.5).astype(np.uint16))
        )

    return Picture(image.size, decode, profile)


def _jpeg_2000_depths(content: bytes) -> list[int]:
    """Bits of each component from the SIZ marker (ISO/IEC 15444-1, A.5.1); 0 for signed ones."""
    start = content.find(b"\xff\x4f\xff\x51")
    if start < 0 or len(content) < start + 42:
        return []
    count = struct.unpack_from(">H", content, start + 40)[0]
    sizes = content[start + 42 : start + 42 + 3 * count : 3]
    return [0 if size & 0x80 else size + 1 for size in sizes]


def _is_avif(head: bytes) -> bool:
    size = int.from_bytes(head[:4], "big")
    brands = head[8:12] + head[16 : min(size, _HEAD)]
    return head[4:8] == b"ftyp" and any(
        brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4)
    )


KINDS = (
    Kind("AVIF", (".avif", ".avifs"), _is_avif, _open_avif),
    Kind("BMP", (".bmp", ".dib"), lambda head: head[:2] == b"BM", _open_bmp),
    Kind("GIF", (".gif",), lambda head: head[:6] in gif_file.SIGNATURES, gif_file.open_picture),
    Kind(
        "JPEG",
        (".jfif", ".jif", ".jpe", ".jpeg", ".jpg", ".mpo", ".pjp", ".pjpeg"),
        lambda head: head[:3] == b"\xff\xd8\xff",
        _open_jpeg,
    ),
    Kind(
        "JPEG 2000",
        (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx"),
        lambda head: head[:4] == b"\xff\x4f\xff\x51" or head[:12] == b"\0\0\0\x0cjP  \r\n\x87\n",
        _open_jpeg_2000,
    ),
    Kind("PNG", (".apng", ".png"), lambda head: head[:8] == png_file.SIGNATURE, png_file.open_picture),
    Kind(
        "PNM",
        (".pbm", ".pgm", ".pnm", ".ppm"),
        lambda head: head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#\v\f",
        pnm_file.open_picture,
    ),
    Kind(
        "TIFF", (".tif", ".tiff"), lambda head: head[:4] in tiff_file.SIGNATURES, tiff_file.open_picture
    ),
    Kind("WebP", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", _open_webp),
)
