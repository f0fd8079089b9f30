"""Image files as arrays: the one place where the project opens and writes pictures.

Whatever the file holds becomes uint8 RGB of shape (H, W, 3), as a viewer would show it:

| file | becomes |
|---|---|
| EXIF orientation 2..8 | rotated and mirrored upright |
| grey, palette, black and white, YCbCr | RGB by Pillow |
| CMYK | RGB by Pillow's plain formula; an embedded colour profile is not applied |
| 16-bit grey | round(v / 257), so that 65535 becomes 255 |
| 16-bit colour | the upper 8 bits, as Pillow reads it |
| alpha, or one transparent colour | composited on white |
| animation | its first frame |

Floating-point images have no agreed range and are refused.
"""

from __future__ import annotations

import pathlib

import numpy as np
from PIL import Image

from tf_ipr.files import atomic_file
from tf_ipr.files.atomic_file import PathLike
from tf_ipr.files import file_list

SUFFIXES = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff",
            ".webp")

# 8192×8192, 192 MiB as uint8 RGB. Pillow itself refuses files of more than about 179 million.
DEFAULT_MAX_PIXELS = 1 << 26

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {  # TIFF 6.0, tag 274: what undoes each orientation; 1 is upright.
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageFileError(ValueError):
    """The file is no image, is damaged, or is too large."""


def read_image(path: PathLike, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray:
    """Reads an image file.

    Args:
      path: the file.
      max_pixels: width times height above which the file is refused before its pixels are
        decoded, because a few kilobytes can declare gigabytes.

    Returns:
      uint8 RGB (H, W, 3), upright, converted as the table above says.

    Raises:
      ImageFileError: the file is no image, is truncated or damaged, has more than `max_pixels`,
        or has floating-point pixels.
      OSError: the file is absent or cannot be read.
    """
    with open(path, "rb") as file:
        try:
            with Image.open(file) as image:
                width, height = image.size
                if width * height > max_pixels:
                    raise ImageFileError(
                        f"{path} has {width}x{height} pixels; at most {max_pixels} are allowed "
                        "(max_pixels): raise the limit or shrink the image")
                image.load()
                pixels = np.asarray(_upright_rgb(image, path))
        except (ImageFileError, MemoryError):
            raise
        except Image.UnidentifiedImageError as error:
            raise ImageFileError(f"{path} is not an image that Pillow can read") from error
        except Exception as error:  # pylint: disable=broad-except
            # Pillow's readers raise almost anything on damaged files: SyntaxError, struct.error, …
            raise ImageFileError(f"{path} is truncated or damaged: {error}") from error
    return pixels


def _upright_rgb(image: Image.Image, path: PathLike) -> Image.Image:
    # After load(): Pillow turns TIFF files by itself there and then drops their orientation.
    turn = _UPRIGHT.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    if image.mode == "F":
        raise ImageFileError(
            f"{path} has floating-point pixels, whose range is unknown; store it with 8 or 16 bits")
    if image.mode.startswith("I"):
        grey = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        image = Image.fromarray(((grey + 128) // 257).astype(np.uint8))
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def write_png(path: PathLike, image: np.ndarray) -> None:
    """Writes a PNG file that appears whole or not at all.

    Args:
      path: the file; missing parent folders are made.
      image: uint8 RGB (H, W, 3).

    Raises:
      ValueError: the array is not such an image.
      atomic_file.OutputError: the folder cannot be written.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            f"image has dtype {image.dtype} and shape {image.shape}; uint8 RGB (H, W, 3) is needed")
    with atomic_file.writing(path) as file:
        Image.fromarray(image).save(file, format="png")


def list_images(folder: PathLike) -> list[pathlib.Path]:
    """Lists the files with a suffix in `SUFFIXES`; see `file_list.list_files`."""
    return file_list.list_files(folder, SUFFIXES, "image")
