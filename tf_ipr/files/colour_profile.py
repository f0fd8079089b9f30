"""Colours of any profile as sRGB, through LittleCMS."""

from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image, ImageCms

from tf_ipr.files.picture import ImageFileError

# What the header of an ICC profile (ICC.1:2022, section 7.2) calls the colours of each mode.
_SPACES = {"RGB": b"RGB ", "CMYK": b"CMYK", "L": b"GRAY", "I;16": b"GRAY"}
_CLASSES = (b"mntr", b"scnr", b"prtr", b"spac")

# Profiles of sRGB differ by their rounding; levels up to which a profile says "sRGB".
_SAME_LEVELS = 2
# Above this many levels of sRGB from one level of the file to the next, 8 bits are too few.
_COARSE_LEVELS = 4

_RAMP = np.arange(256, dtype=np.uint8)[np.newaxis]


def to_srgb(image: Image.Image, profile: bytes | None, wide: bool = False) -> Image.Image:
    """Converts colours.

    A profile that is damaged, or that is one of other colours than the picture's, is left out of
    account, as browsers do: the colours are then those of sRGB, and inks are converted by Pillow's plain
    formula. Grey with an RGB profile is grey of that profile.

    Args:
      image: mode L, I;16 (white is 65535), RGB, CMYK or LAB (CIE, D50).
      profile: ICC, or None for sRGB. LAB needs none.
      wide: the file has more bits a sample than `image`.

    Returns:
      Mode RGB.

    Raises:
      ImageFileError: `wide`, and the profile needs more than 8 bits, as linear light does.
    """
    space = profile[16:20] if profile else None
    if space == b"RGB " and image.mode in ("L", "I;16"):
        wide = wide or image.mode == "I;16"
        image = _plain(image)
    if image.mode == "LAB":
        transform = _transform(None, "LAB")
    elif profile and space == _SPACES[image.mode] and profile[12:16] in _CLASSES:
        transform = _transform(profile, image.mode)
    else:
        transform = None
    if transform is None:
        return _plain(image)
    if wide and image.mode == "RGB":
        ramp = np.asarray(transform.apply(_plain(Image.fromarray(_RAMP)))).astype(int)
        if np.abs(np.diff(ramp, axis=1)).max() > _COARSE_LEVELS:
            raise ImageFileError(
                "has 16-bit colours whose profile is nearly linear light, where 8 "
                "bits are too few; convert it to sRGB"
            )
    return transform.apply(image)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode == "I;16":
        pixels = np.asarray(image)
        image = Image.fromarray(((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8))
    return image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """A transform to sRGB; None where the profile is damaged or is sRGB in all but name.

    The intent is that of Pillow's `profileToProfile`, perceptual.
    """
    try:
        source = ImageCms.ImageCmsProfile(
            io.BytesIO(profile) if profile is not None else ImageCms.createProfile("LAB")
        )
        transform = ImageCms.ImageCmsTransform(
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            # The table by which LittleCMS speeds grey up is 10 levels wrong near black in linear light.
            flags=ImageCms.Flags.NOOPTIMIZE if mode in ("L", "I;16") else ImageCms.Flags.NONE,
        )
    except ImportError as error:
        raise ImageFileError(
            "has a colour profile, and this Pillow has no LittleCMS; install Pillow from PyPI"
        ) from error
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None
    probe = _probe(mode)
    if (
        probe is not None
        and np.abs(np.asarray(transform.apply(probe)).astype(int) - np.asarray(_plain(probe))).max()
        <= _SAME_LEVELS
    ):
        return None
    return transform


def _probe(mode: str) -> Image.Image | None:
    """Colours from all over a space in which an identity can be told; None for the others."""
    if mode == "L":
        return Image.fromarray(_RAMP)
    if mode == "I;16":
        return Image.fromarray(_RAMP.astype(np.uint16) * 257)
    if mode == "RGB":
        levels = np.arange(0, 256, 17, dtype=np.uint8)
        return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3))
    return None
