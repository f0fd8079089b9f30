"""A photograph of a printed card, simulated: what lies between a card's pixels and a camera's.

In this order: ink and paper (grey black, off-white, edges softened by half a dot), the camera's place
(turned, tilted), light (level, colour, one side darker than the other), the lens (blur), the sensor
(noise), JPEG.
"""

from __future__ import annotations

import dataclasses
import io

import numpy as np
from PIL import Image, ImageFilter


@dataclasses.dataclass(frozen=True)
class Conditions:
    """How hard a photograph is; every value is the worst, of which each picture draws its own share.

    Attributes:
      width: of the card in the photograph, in pixels.
      turn: degrees to either side.
      tilt: how far a corner moves, as a share of the card's width.
      blur: standard deviation of the lens's blur, in pixels of the photograph.
      noise: standard deviation of the sensor's noise, in grey levels.
      dark: the least light, as a share of full light.
      shade: how much darker one side is, as a share.
      jpeg: the worst quality.
    """

    width: int
    turn: float = 30.0
    tilt: float = 0.08
    blur: float = 2.0
    noise: float = 12.0
    dark: float = 0.35
    shade: float = 0.4
    jpeg: int = 50


def photograph(card: Image.Image, conditions: Conditions, rng: np.random.Generator) -> np.ndarray:
    """A simulated photograph of a card.

    Args:
      card: as printed, RGB.
      conditions: their ranges.
      rng: draws each picture's.

    Returns:
      uint8 RGB (H, W, 3), 1.4 times as wide as the card in it.
    """
    width = conditions.width
    height = round(width * card.height / card.width)
    printed = card.filter(ImageFilter.GaussianBlur(0.5)).resize(
        (width, height), Image.Resampling.LANCZOS
    )
    printed = Image.fromarray((28 + np.asarray(printed, np.float32) * (238 - 28) / 255).astype(np.uint8))
    pixels = np.asarray(_placed(printed, conditions, rng), np.float32)

    light = rng.uniform(conditions.dark, 1.05) * rng.uniform(0.94, 1.0, 3)
    rows, columns = np.mgrid[-0.5 : 0.5 : 1j * pixels.shape[0], -0.5 : 0.5 : 1j * pixels.shape[1]]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * columns + np.sin(angle) * rows
    pixels = pixels * light * (1 - rng.uniform(0, conditions.shade) * (slope + 0.5))[..., None]

    blur = ImageFilter.GaussianBlur(rng.uniform(0.3, conditions.blur))
    pixels = np.asarray(
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(blur), np.float32
    )
    pixels += rng.normal(0, rng.uniform(1, conditions.noise), pixels.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(
        file, "jpeg", quality=int(rng.integers(conditions.jpeg, 96))
    )
    return np.asarray(Image.open(file))


def _placed(card: Image.Image, conditions: Conditions, rng: np.random.Generator) -> Image.Image:
    """The card on a table, turned and tilted."""
    width, height = card.size
    size = round(1.4 * width), round(1.4 * width * 0.9)
    turn = np.radians(rng.uniform(-conditions.turn, conditions.turn))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    centred = corners - [width / 2, height / 2]
    turned = centred @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved = turned + rng.uniform(-conditions.tilt, conditions.tilt, [4, 2]) * width + np.array(size) / 2
    table = Image.new("RGB", size, tuple(int(value) for value in rng.integers(60, 190, 3)))
    coefficients = _homography(moved, corners)
    flat = card.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", card.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    table.paste(flat, (0, 0), mask)
    return table


def _homography(source: np.ndarray, target: np.ndarray) -> list:
    """a..h with x' = (a x + b y + c) / (g x + h y + 1) and y' = (d x + e y + f) / (g x + h y + 1)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()
