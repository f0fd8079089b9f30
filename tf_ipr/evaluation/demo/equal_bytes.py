"""One picture by several codecs, none of which may take more bytes than allowed.

An ordinary codec does better on a smaller picture once bytes are few, and below some size it cannot do
otherwise. So every other codec is tried on the picture as it is and shrunk in steps, each time with the
best quality that the bytes allow. The attempt that the recogniser likes best is shown. That is an
advantage: ours is coded once, and knows nothing of this recogniser.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.codecs.shrunk_codec import ShrunkCodec
from tf_ipr.evaluation.demo.judge import Cosine
from tf_ipr.format import bitstream

SCALES = (1.0, 0.8, 0.64, 0.5, 0.4, 0.32, 0.25, 0.2, 0.16)
_LEAST_SIDE = 16  # HEVC takes no smaller picture.


@dataclasses.dataclass(frozen=True)
class Coded:
    """One picture, coded.

    Attributes:
      label: the codec's name.
      how: its setting, and to which share of its sides the picture was shrunk.
      num_bytes: of the whole file.
      container_bytes: of these, what describes the file and not the picture (`evaluation.containers`).
      decoded_u8: what came out, uint8 [H, W, 3].
      psnr_db: to the original; infinite where nothing changed.
      cosine: of the face to the original's; None where no face was found, or without a recogniser.
    """

    label: str
    how: str
    num_bytes: int
    container_bytes: int
    decoded_u8: np.ndarray
    psnr_db: float
    cosine: float | None


def ours(codec, image_u8: np.ndarray, max_bytes: int, cosine: Cosine | None) -> Coded:
    """The picture by a codec of ours, in at most so many bytes.

    Where the lowest quality takes more, that is what is returned: look at `num_bytes`.

    Args:
      codec: `tf_ipr.Codec`, or the one in TensorFlow.
      image_u8: uint8 RGB [H, W, 3].
      max_bytes: allowed.
      cosine: how near the decoded face is, if that is to be said.
    """
    stream = codec.compress(image_u8, quality=1)
    if len(stream) <= max_bytes:
        stream = codec.compress(image_u8, max_bytes=max_bytes)
    return _coded(
        "tf_ipr",
        f"quality {codec.info(stream)['quality']:g}",
        stream,
        len(bitstream.parse(stream).header.to_bytes()),
        codec.decompress(stream),
        image_u8,
        cosine,
    )


def other(
    codec: ImageCodec, image_u8: np.ndarray, max_bytes: int, cosine: Cosine | None
) -> Coded | None:
    """The picture by another codec: of all scales the nearest by `cosine`, without it by PSNR.

    Returns:
      None where nothing fits.
    """
    attempts = [
        _coded(
            codec.label,
            _how(fitting, scale, setting),
            data,
            fitting.container_bytes(data),
            fitting.decode(data),
            image_u8,
            cosine,
        )
        for fitting, scale, setting, data in _attempts(codec, image_u8, max_bytes)
    ]
    return max(
        attempts, default=None, key=lambda one: (-1.0 if one.cosine is None else one.cosine, one.psnr_db)
    )


def _attempts(
    codec: ImageCodec, image_u8: np.ndarray, max_bytes: int
) -> Iterator[tuple[ImageCodec, float, Setting, bytes]]:
    """For each scale at which the file fits: codec, scale, setting and file."""
    for scale in SCALES:
        if scale < 1 and min(image_u8.shape[:2]) * scale < _LEAST_SIDE:
            return
        scaled = codec if scale == 1 else ShrunkCodec(codec, scale)
        found = _largest_within(scaled, image_u8, max_bytes)
        if found is not None:
            yield scaled, scale, *found


def _largest_within(
    codec: ImageCodec, image_u8: np.ndarray, max_bytes: int
) -> tuple[Setting, bytes] | None:
    """The best quality whose file fits, by bisection: sizes grow with it but for a few bytes."""
    settings: Sequence[Setting] = codec.all_settings
    low, high, best = -1, len(settings), None
    while high - low > 1:
        middle = (low + high) // 2
        data = codec.encode(image_u8, settings[middle])
        if len(data) <= max_bytes:
            low, best = middle, (settings[middle], data)
        else:
            high = middle
    return best


def _how(codec: ImageCodec, scale: float, setting: Setting) -> str:
    shrunk = "" if scale == 1 else f", {round(100 * scale)} % of each side"
    return f"{codec.setting_name} {setting:g}{shrunk}"


def _coded(
    label: str,
    how: str,
    data: bytes,
    container_bytes: int,
    decoded_u8: np.ndarray,
    image_u8: np.ndarray,
    cosine: Cosine | None,
) -> Coded:
    return Coded(
        label,
        how,
        len(data),
        container_bytes,
        decoded_u8,
        _psnr_db(image_u8, decoded_u8),
        None if cosine is None else cosine(decoded_u8),
    )


def _psnr_db(image_u8: np.ndarray, decoded_u8: np.ndarray) -> float:
    error = float(np.mean(np.square(image_u8.astype(np.int32) - decoded_u8), dtype=np.float64))
    return 10 * math.log10(255.0**2 / error) if error else math.inf
