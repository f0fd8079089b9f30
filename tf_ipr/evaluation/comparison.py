"""One image through our codec and others at the nearest equal size, with times and a picture."""

from __future__ import annotations

import dataclasses
import statistics
import time
from typing import Callable, Optional, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting, nearest_setting

_MARGIN, _TEXT_HEIGHT, _FONT_SIZE = 8, 36, 13


@dataclasses.dataclass(frozen=True)
class CodingResult:
    """One image, one codec, one setting.

    Attributes:
      num_bytes: size of the whole file.
      bpp: bits per pixel of the image.
      psnr_db: infinite where the image came back unchanged.
      ms_ssim: 0..1.
      encode_ms, decode_ms: wall clock of one call, one image at a time.
    """

    num_bytes: int
    bpp: float
    psnr_db: float
    ms_ssim: float
    encode_ms: float
    decode_ms: float

    @classmethod
    def of(cls, image_u8: np.ndarray, data: bytes, decoded_u8: np.ndarray, encode_ms: float,
           decode_ms: float) -> CodingResult:
        """Compares an image, uint8 [H, W, 3], with what came out of the file `data`.

        Raises:
          ValueError: the two differ in size.
        """
        return cls(len(data), metrics.bits_per_pixel(len(data), image_u8),
                   metrics.psnr_db(image_u8, decoded_u8), metrics.ms_ssim(image_u8, decoded_u8),
                   encode_ms, decode_ms)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One coded image: which codec and setting, the figures, and what came out."""

    codec: ImageCodec
    setting: Setting
    result: CodingResult
    decoded_u8: np.ndarray


def code(codec: ImageCodec, image_u8: np.ndarray, setting: Setting, repeats: int = 5) -> Entry:
    """Codes and decodes once to warm up, then `repeats` times; times are medians."""
    decoded_u8 = codec.decode(codec.encode(image_u8, setting))
    encode_ms, decode_ms = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        data = codec.encode(image_u8, setting)
        middle = time.perf_counter()
        codec.decode(data)
        encode_ms.append(1e3 * (middle - start))
        decode_ms.append(1e3 * (time.perf_counter() - middle))
    return Entry(codec, setting, CodingResult.of(
        image_u8, data, decoded_u8, statistics.median(encode_ms), statistics.median(decode_ms)),
        decoded_u8)


def compare(image_u8: np.ndarray, ours: ImageCodec, settings: Sequence[Setting],
            others: Sequence[ImageCodec]) -> list[list[Entry]]:
    """For each of our settings a row: ours, then every other codec at the nearest size.

    Args:
      image_u8: uint8 [H, W, 3].
      ours: sets the sizes.
      settings: settings of `ours`.
      others: available codecs.
    """
    rows = []
    for setting in settings:
        row = [code(ours, image_u8, setting)]
        for other in others:
            nearest = nearest_setting(other, image_u8, row[0].result.num_bytes)
            row.append(code(other, image_u8, nearest.setting))
        rows.append(row)
    return rows


def table(rows: Sequence[Sequence[Entry]],
          cosine: Optional[Callable[[np.ndarray], Optional[float]]] = None) -> str:
    """The figures of `compare` as aligned text, one block per row.

    Args:
      rows: from `compare`.
      cosine: of the face in a decoded image (uint8 [H, W, 3]) to the original's, None where no face
        is found; adds a column.
    """
    width = max(len("codec"), *(len(entry.codec.label) for row in rows for entry in row))
    lines = [f"{'codec':<{width}} {'setting':<13} {'bytes':>7} {'bpp':>6} {'PSNR dB':>8} "
             f"{'MS-SSIM':>8} {'encode ms':>10} {'decode ms':>10}"
             + (f" {'identity':>9}" if cosine else "")]
    for row in rows:
        lines.append("")
        for entry in row:
            result, codec = entry.result, entry.codec
            lines.append(
                f"{codec.label:<{width}} {codec.setting_name + f' {entry.setting:g}':<13} "
                f"{result.num_bytes:>7} {result.bpp:>6.3f} {result.psnr_db:>8.2f} "
                f"{result.ms_ssim:>8.4f} {result.encode_ms:>10.1f} {result.decode_ms:>10.1f}"
                + (f" {_shown(cosine(entry.decoded_u8)):>9}" if cosine else ""))
    return "\n".join(lines)


def _shown(cosine: Optional[float]) -> str:
    return "no face" if cosine is None else f"{cosine:.3f}"


def contact_sheet(image_u8: np.ndarray, rows: Sequence[Sequence[Entry]], side: int = 384
                  ) -> np.ndarray:
    """The original and every decoded image side by side, each with its figures underneath.

    Args:
      image_u8: the original, uint8 [H, W, 3].
      rows: from `compare`, of equal lengths.
      side: pictures larger than this are shrunk to it, smaller ones shown as they are.

    Returns:
      uint8 [H', W', 3].
    """
    height, width = image_u8.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    cell = size[0] + _MARGIN, size[1] + _TEXT_HEIGHT + _MARGIN
    sheet = Image.new(
        "RGB", (cell[0] * (1 + max(map(len, rows))) + _MARGIN, cell[1] * len(rows) + _MARGIN),
        "white")
    for number, row in enumerate(rows):
        pictures = [(image_u8, f"original\n{width}x{height}")]
        pictures += [(entry.decoded_u8, _caption(entry)) for entry in row]
        for column, (picture, caption) in enumerate(pictures):
            corner = _MARGIN + column * cell[0], _MARGIN + number * cell[1]
            sheet.paste(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS), corner)
            ImageDraw.Draw(sheet).multiline_text(
                (corner[0], corner[1] + size[1] + 2), caption, "black",
                font=ImageFont.load_default(_FONT_SIZE), spacing=2)
    return np.asarray(sheet)


def _caption(entry: Entry) -> str:
    result = entry.result
    return (f"{entry.codec.label}, {entry.codec.setting_name} {entry.setting:g}\n"
            f"{result.num_bytes} bytes, {result.bpp:.2f} bpp, {result.psnr_db:.1f} dB")
