"""TIFF files (Adobe, TIFF 6.0), the first page: samples as the tags say.

Pillow's mode hides what the samples mean: 12 bits arrive as 16, an inverted scale and a sign not at
all. So each of these is read from the tags here, and what they cannot settle is refused.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from tf_ipr.files.picture import ImageFileError, Picture, Samples, split

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_PLANAR, _COLOUR_MAP, _INK_SET, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 284, 320, 332, 338, 339
_YCBCR_SUBSAMPLING = 530
_ICC, _DNG_VERSION = 34675, 50706

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK, _YCBCR = 0, 1, 2, 5, 6
_REDUCED_OR_MASK = 1 | 4
_SAMPLE_FORMATS = {2: "signed", 3: "floating-point"}


def open_picture(file: BinaryIO) -> Picture:
    """Reads the tags of the first page; see `picture.Picture`.

    Raises:
      ImageFileError: the samples are signed or floating-point, the colours are other than the
        colour model says, or the file is a camera's raw file, whose first page is a preview.
    """
    if file.read(10)[8:] == b"CR":
        raise _raw()
    file.seek(0)
    image = _FirstPage(file)
    profile = image.tag_v2.get(_ICC)
    return Picture(
        image.size,
        lambda: _decode(image),
        wide=_bits(image.tag_v2) > 8,
        profile=profile if isinstance(profile, bytes) else None,
    )


class _FirstPage(TiffImagePlugin.TiffImageFile):
    """Pillow's page, whose tags are looked at before Pillow chooses a mode by them.

    Attributes:
      inverted: 0 is white, and Pillow is told that it is black.
    """

    inverted = False

    def _setup(self) -> None:
        tags = self.tag_v2
        _check(tags)
        if tags.get(_PHOTOMETRIC, 0) == _WHITE_IS_ZERO and _bits(tags) > 8:
            tags[_PHOTOMETRIC] = _BLACK_IS_ZERO  # Pillow inverts up to 8 bits only.
            self.inverted = True
        try:
            super()._setup()
        except (SyntaxError, KeyError) as error:
            facts = ", ".join(
                f"{name} {tags[tag]}"
                for name, tag in (
                    ("BitsPerSample", _BITS),
                    ("Photometric", _PHOTOMETRIC),
                    ("ExtraSamples", _EXTRA_SAMPLES),
                    ("Compression", _COMPRESSION),
                )
                if tag in tags
            )
            raise ImageFileError(
                f"is a TIFF file of a rare kind, which is not read ({facts}); store "
                "it with 8 or 16 bits a sample"
            ) from error


def _bits(tags) -> int:
    return tags.get(_BITS, (1,))[0]


def _raw() -> ImageFileError:
    return ImageFileError(
        "is a camera's raw file or one page of a larger picture, of which only a "
        "preview could be read; develop it and store it as PNG, JPEG or TIFF"
    )


def _check(tags) -> None:
    raw = tags.get(_COMPRESSION, 1) == 1
    photometric = tags.get(_PHOTOMETRIC, 0)
    if _DNG_VERSION in tags or tags.get(_SUBFILE, 0) & _REDUCED_OR_MASK:
        raise _raw()
    for sample_format in tags.get(_SAMPLE_FORMAT, (1,)):
        if sample_format != 1:
            raise ImageFileError(
                f"has {_SAMPLE_FORMATS.get(sample_format, 'undefined')} pixels, whose range is "
                "unknown; store it with 8 or 16 unsigned bits a sample"
            )
    if photometric == _CMYK and tags.get(_INK_SET, 1) != 1:
        raise ImageFileError("has inks other than cyan, magenta, yellow and black; convert it to sRGB")
    if raw and photometric == _YCBCR and tuple(tags.get(_YCBCR_SUBSAMPLING, (2, 2))) != (1, 1):
        raise ImageFileError(
            "has uncompressed YCbCr pixels of reduced resolution, which are not read; convert it to RGB"
        )
    if (
        raw
        and tags.get(_PLANAR, 1) == 2
        and not (photometric in (_RGB, _CMYK) and set(tags.get(_BITS, (1,))) == {8})
    ):
        raise ImageFileError(
            "has uncompressed planes that are not of 8-bit RGB or CMYK, which are "
            "not read; store it with interleaved samples"
        )


def _decode(image: _FirstPage) -> Samples:
    # Memory as `load` would take it: there Pillow asks its own limit of pixels, not the caller's.
    image.im = Image.new(image.mode, (image.tag_v2[_WIDTH], image.tag_v2[_HEIGHT])).im
    bits = _bits(image.tag_v2)
    colour_map = image.tag_v2.get(_COLOUR_MAP)
    image.load()  # Upright, too.
    if image.mode in ("P", "PA") and colour_map and max(colour_map) < 256:
        # Written by programs that took the 16-bit map for one of 8 bits; libtiff sees it too.
        image.putpalette(np.array(colour_map, np.uint8).reshape(3, -1).T.tobytes())
    if not image.mode.startswith("I"):
        return split(image)
    white = 2**bits - 1
    values = np.asarray(image)
    if bits == 32:
        values = values.view(np.uint32)  # Pillow gives them as signed.
    if image.inverted:
        values = white - values
    if white != 65535:
        values = values * (65535 / white) + 0.5
    return Samples(Image.fromarray(values.astype(np.uint16)))
