"""Image files as arrays: the one place where the project opens and writes pictures.

Whatever the file holds becomes uint8 RGB of shape (H, W, 3), as a viewer shows it in sRGB, or it is
refused. The samples' depth, polarity and sign are taken from the file:

| file | becomes |
|---|---|
| EXIF orientation 2..8, AVIF's irot and imir | rotated and mirrored upright; damaged EXIF is upright |
| grey, palette, black and white | RGB; v of 0..max becomes 255 v / max, to the nearest |
| TIFF with WhiteIsZero | inverted |
| 16-bit colour | the upper 8 bits (PPM: the nearest), less than a level too dark |
| alpha, associated or not, or one transparent colour | composited on white |
| ICC profile; PNG's cICP, gAMA, cHRM; AVIF's nclx; EXIF's Adobe RGB | sRGB by LittleCMS, perceptual |
| a damaged ICC profile, or one of other colours than the picture's | as if it were absent |
| CMYK, YCCK | by its profile; without one by Pillow's plain formula |
| CIE L*a*b* (TIFF) | sRGB by LittleCMS |
| animation, MPO, pages, gain map | the first frame or page, on its canvas; the base picture |

Depths are 1, 2, 4, 8 and 16 bits, in TIFF files also 12 and 32, in PNM files any maximum.

Refused: floating-point and signed samples, high dynamic range (PQ, HLG), camera raw files, 16-bit
colours in linear light, inks other than CMYK, truncated files, and every kind of file that is not in
`picture_kinds.KINDS`. PNG's gamma of 1 / 2.2 means sRGB. XMP is not read. EXIF says
"Adobe RGB" by DCF's option R03.
"""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from tf_ipr.files import atomic_file, colour_profile, file_list, picture_kinds
from tf_ipr.files.atomic_file import PathLike
from tf_ipr.files.picture import ImageFileError, Picture

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "ImageFileError",
    "SUFFIXES",
    "WRITTEN_SUFFIXES",
    "list_images",
    "read_image",
    "write_image",
    "write_png",
]

Source = PathLike | bytes | BinaryIO

SUFFIXES = tuple(sorted(suffix for kind in picture_kinds.KINDS for suffix in kind.suffixes))
WRITTEN_SUFFIXES = (".png",)

# 8192×8192, 192 MiB as uint8 RGB.
DEFAULT_MAX_PIXELS = 1 << 26

_UPRIGHT = {  # TIFF 6.0, tag 274: what undoes each orientation; 1 is upright.
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(source: Source, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray:
    """Reads an image file.

    Args:
      source: a path, the bytes of a file, or a file open for binary reading, such as
        `sys.stdin.buffer`, which is read from where it stands.
      max_pixels: width times height above which the file is refused before its pixels are
        decoded, because a few kilobytes can declare gigabytes. Pillow's own limit,
        `Image.MAX_IMAGE_PIXELS`, plays no part.

    Returns:
      uint8 RGB (H, W, 3), upright, converted as the table above says.

    Raises:
      ImageFileError: the file is no image, is truncated or damaged, has more than `max_pixels`,
        or cannot be read rightly.
      OSError: the file is absent or cannot be read.
    """
    with _opened(source) as (file, name):
        problem = "is not an image that can be read; it is truncated or damaged, or of a rare kind"
        try:
            picture = picture_kinds.open_picture(file, max_pixels)
            problem = "is truncated or damaged"
            return np.asarray(_upright_rgb(picture))
        except ImageFileError as error:
            raise ImageFileError(f"{name} {error}") from error
        except MemoryError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            # Pillow's readers raise almost anything on damaged files: SyntaxError, struct.error, …
            raise ImageFileError(f"{name} {problem}: {error}") from error


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """A seekable file at its start, and what to call it."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield io.BytesIO(source), f"the picture of {len(source)} bytes"
        return
    with contextlib.ExitStack() as stack:
        if isinstance(source, (str, os.PathLike)):
            file: BinaryIO = stack.enter_context(open(source, "rb"))
            name = str(source)
        else:
            file = source
            name = str(getattr(file, "name", "the open file"))
        # Pillow seeks, and counts from the start.
        if not file.seekable() or file.tell():
            file = io.BytesIO(file.read())
        yield file, "standard input" if name == "<stdin>" else name


def _upright_rgb(picture: Picture) -> Image.Image:
    samples = picture.decode()
    image = colour_profile.to_srgb(samples.colours, picture.profile, picture.wide)
    opaque = samples.alpha is None or samples.alpha.getextrema()[0] == 255
    if not opaque or image.size != picture.size:
        canvas = Image.new("RGB", picture.size, "white")
        canvas.paste(image, picture.offset, samples.alpha)
        image = canvas
    turn = _UPRIGHT.get(picture.orientation)
    return image if turn is None else image.transpose(turn)


def write_image(target: PathLike | BinaryIO, image: np.ndarray) -> None:
    """Writes a PNG file; one with a name appears whole or not at all.

    Args:
      target: a path that ends in one of `WRITTEN_SUFFIXES` (missing parent folders are made), or a
        file open for binary writing, such as `sys.stdout.buffer`.
      image: uint8 RGB (H, W, 3).

    Raises:
      ValueError: the array is not such an image, or the suffix says that the file is no PNG.
      atomic_file.OutputError: the folder cannot be written.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            f"image has dtype {image.dtype} and shape {image.shape}; uint8 RGB (H, W, 3) is needed"
        )
    if not isinstance(target, (str, os.PathLike)):
        Image.fromarray(image).save(target, format="png")
        return
    if not os.fspath(target).lower().endswith(WRITTEN_SUFFIXES):
        raise ValueError(
            f"{target} would hold a PNG picture under another name; let it end in "
            f"{' or '.join(WRITTEN_SUFFIXES)}"
        )
    with atomic_file.writing(target) as file:
        Image.fromarray(image).save(file, format="png")


write_png = write_image  # The name from before open files could be written.


def list_images(folder: PathLike) -> list[pathlib.Path]:
    """Lists the files with a suffix in `SUFFIXES`; see `file_list.list_files`."""
    return file_list.list_files(folder, SUFFIXES, "image")
