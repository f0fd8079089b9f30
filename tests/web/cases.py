"""The questions that the browser is asked, made with Python's run-time.

Pictures and streams travel as base64; pictures are uint8 RGB, row-major.
"""

from __future__ import annotations

import base64
import io
import pathlib

import numpy as np
from PIL import Image

from tf_ipr.files import image_file
from tf_ipr.format import model_folder, shipped_models
from tf_ipr.format.bitstream import Header
from tf_ipr.runtime import rate_choice
from tf_ipr.runtime.alignment import ARCFACE_TEMPLATE
from tf_ipr.runtime.encoder import Encoder

QUALITIES = 1.0, 45.5, 100.0
LIMITS = 400, 500, 901
# Scale, angle and shift of the template in a picture; scales beyond 2 are shrunk in two steps.
FACES = [(1.0, 0.0, (20, 10)), (0.7, 0.4, (60, 30)), (1.7, -0.3, (-40, -60)), (2.5, 0.2, (-50, -70)),
         (5.3, 0.0, (-200, -200)), (0.3, 3.0, (100, 120))]


_FACE = pathlib.Path(__file__).resolve().parents[2] / "tf_ipr" / "recognition" / "known_face.png"


def known_face() -> np.ndarray:
    """The packaged photograph, uint8 (168, 168, 3), with one face."""
    return image_file.read_image(_FACE)


def text(data) -> str:
    return base64.b64encode(bytes(data)).decode()


def crops() -> dict:
    """Pictures of 112x112 of several kinds."""
    rows, columns = np.indices((112, 112))
    return {
        "face": np.ascontiguousarray(known_face()[28:140, 28:140]),
        "gradient": np.stack([rows * 2, columns * 2, rows + columns], -1).astype(np.uint8),
        "noise": np.random.default_rng(3).integers(0, 256, (112, 112, 3), np.uint8),
        "grey": np.full((112, 112, 3), 130, np.uint8),
    }


def blocks(height: int = 180, width: int = 220) -> np.ndarray:
    """Coloured squares of 10 pixels, uint8 (H, W, 3)."""
    coarse = np.random.default_rng(0).integers(0, 256, (height // 10 + 1, width // 10 + 1, 3))
    return np.repeat(np.repeat(coarse, 10, 0), 10, 1)[:height, :width].astype(np.uint8)


def landmarks(scale: float, angle: float, shift) -> np.ndarray:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ARCFACE_TEMPLATE @ turn.T + np.asarray(shift)


def stream_within(encoder: Encoder, image: np.ndarray, limit: int) -> bytes:
    """What `Codec.compress(image, max_bytes=limit)` returns."""
    return rate_choice.stream_of(lambda step: encoder.encode(image, step / 2), image[..., 0].size,
                                 max_bytes=limit)


def bad_streams(stream: bytes) -> dict:
    """Streams that must not be shown, made of a good one."""
    other = bytes.fromhex("01234567")
    shipped = bytes.fromhex(model_folder.read_config(shipped_models.folder("lfw_l2_ip"))["model_id"])
    return {
        "empty": b"",
        "foreign": b"\x89PNG\r\n\x1a\n",
        "header cut": stream[:5],
        "version 2": stream[:1] + b"\x20" + stream[2:],
        "another model": stream[:2] + other + stream[6:],
        "another shipped model": stream[:2] + shipped + stream[6:],
        "another size": Header(250, 250, 50, stream[2:6].hex()).to_bytes() + stream[9:],
        "cut": stream[:-2],
        "odd": stream[:-1],
        "extended": stream + b"\0\0",
        "far too long": stream + bytes(1 << 20),
        "flipped bit": stream[:-9] + bytes([stream[-9] ^ 4]) + stream[-8:],
    }


def job(halves) -> dict:
    """All questions; `halves` is the folder of encoder.tflite."""
    encoder = Encoder(halves / "encoder.tflite")
    pictures = crops()
    streams = [dict(crop=name, quality=quality, stream=text(encoder.encode(image, quality)))
               for name, image in pictures.items() for quality in QUALITIES]
    stream = encoder.encode(pictures["face"], 40)
    return dict(
        crops={name: text(image) for name, image in pictures.items()},
        streams=streams,
        limits=list(LIMITS),
        blocks=dict(width=220, height=180, pixels=text(blocks())),
        landmarks=[landmarks(*face).tolist() for face in FACES],
        bad_streams={name: text(bad) for name, bad in bad_streams(stream).items()},
        good_stream=text(stream),
        faceless=text(_png(blocks(120, 160))),
        # As a telephone stores it: on its side, with a note of how to turn it.
        sideways=text(_sideways(known_face())),
    )


def _png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def _sideways(image: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # Shown turned clockwise.
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.rot90(image))).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()
