"""Golden streams: does another machine agree with this one?

A folder holds the picture of every case, its stream and the pixels of the writer's decoder:

    golden.json          model id, format version; per stream the SHA-256 of its symbols
    NAME.source.png      what was encoded
    NAME.ipr             the stream
    NAME.png             the decoded pixels

Symbols must be identical everywhere. Pixels may drift by float rounding; where they are equal, the
drift is 0, otherwise it is stated as the largest difference and a PSNR.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import pathlib

import numpy as np

from tf_ipr.files import atomic_file, image_file
from tf_ipr.format.bitstream import MAJOR, MINOR, BitstreamError
from tf_ipr.models.codec import TensorFlowCodec

INDEX = "golden.json"
MAX_DRIFT = 1  # grey levels: rounding of a float pixel beside a half
QUALITIES = 1.0, 50.0, 100.0


class InteropError(ValueError):
    """A folder that holds no golden streams of this model."""


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How one golden stream decodes here.

    Attributes:
      name: of the case.
      same_symbols: whether all symbols are the writer's.
      drift: largest difference of a pixel, grey levels; 255 where nothing was decoded.
      psnr_db: against the writer's pixels; infinite where all are equal.
      problem: what went wrong, else empty.
    """

    name: str
    same_symbols: bool
    drift: int
    psnr_db: float
    problem: str = ""

    def passes(self, max_drift: int = MAX_DRIFT) -> bool:
        """Whether the symbols are the same and no pixel is further off than `max_drift`."""
        return self.same_symbols and self.drift <= max_drift


def hash_of(symbols) -> str:
    """SHA-256 of z and y, each row-major, little-endian int32."""
    digest = hashlib.sha256()
    for part in symbols:
        digest.update(np.ascontiguousarray(part, "<i4").tobytes())
    return digest.hexdigest()


def pictures() -> dict:
    """Pictures that need no files, by name: uint8 (H, W, 3)."""
    rng = np.random.default_rng(7)
    rows, columns = np.indices((90, 122))
    smooth = np.stack([np.sin(rows / 9 + phase) + np.cos(columns / 7) for phase in range(3)], -1)
    return {
        "smallest": rng.integers(0, 256, (16, 16, 3), np.uint8),
        "noise": rng.integers(0, 256, (53, 75, 3), np.uint8),
        "waves": np.clip(64 * smooth + 128, 0, 255).astype(np.uint8),
        "checkerboard": np.repeat((rows + columns)[..., np.newaxis] % 2 * 255, 3, -1
                                  ).astype(np.uint8),
        "flat": np.full((128, 128, 3), (200, 30, 90), np.uint8),
        "portrait": image_file.read_image(
            pathlib.Path(image_file.__file__).parents[1] / "assets" / "astronaut.png"),
    }


def write(folder, codec: TensorFlowCodec, encode=None) -> int:
    """Writes golden streams of a model; returns how many.

    Args:
      folder: absent, empty, or golden streams of before, which are replaced as a whole.
      codec: encodes, and decodes the reference pixels.
      encode: another encoder of the same model, (image, quality) -> stream; default: the codec's.
    """
    index = dict(model_id=codec.model_id, format_version=f"{MAJOR}.{MINOR}", symbols={})
    with atomic_file.folder(folder, mark=INDEX) as target:
        for picture, image in pictures().items():
            for quality in QUALITIES:
                name = f"{picture}_q{quality:g}"
                stream = (encode or codec.compress)(image, quality)
                (target / f"{name}.ipr").write_bytes(stream)
                image_file.write_png(target / f"{name}.source.png", image)
                image_file.write_png(target / f"{name}.png", codec.decompress(stream))
                index["symbols"][name] = hash_of(codec.symbols(stream))
        (target / INDEX).write_text(json.dumps(index, indent=1) + "\n")
    return len(index["symbols"])


def check(folder, codec: TensorFlowCodec) -> list:
    """Decodes golden streams here: an `Agreement` for each.

    Raises:
      InteropError: no golden streams, or those of another model or major version.
    """
    folder = pathlib.Path(folder)
    index = _read_index(folder)
    if index["model_id"] != codec.model_id:
        raise InteropError(f"{folder} holds streams of model {index['model_id']}, the codec here "
                           f"is model {codec.model_id}; a decoder accepts its own model's alone.")
    major = index["format_version"].split(".")[0]
    if major != str(MAJOR):
        raise InteropError(f"{folder} holds streams of format {index['format_version']}; this "
                           f"release reads {MAJOR}.x.")
    return [_agreement(folder, name, expected, codec)
            for name, expected in sorted(index["symbols"].items())]


def _read_index(folder: pathlib.Path) -> dict:
    try:
        index = json.loads((folder / INDEX).read_text())
        _ = index["model_id"], index["format_version"], index["symbols"].items()
        if not index["symbols"]:
            raise ValueError("no streams")
        return index
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InteropError(f"{folder} holds no golden streams: its {INDEX} cannot be used "
                           f"({error}). Make some with tf_ipr_interop --write.") from error


def _agreement(folder, name, expected, codec) -> Agreement:
    try:
        stream = (folder / f"{name}.ipr").read_bytes()
        reference = image_file.read_image(folder / f"{name}.png").astype(np.int32)
        symbols, decoded = codec.symbols(stream), codec.decompress(stream).astype(np.int32)
    except (BitstreamError, OSError, ValueError) as error:
        return Agreement(name, False, 255, -math.inf, str(error))
    if decoded.shape != reference.shape:
        return Agreement(name, False, 255, -math.inf,
                         f"the picture has the shape {decoded.shape}, not {reference.shape}")
    same = hash_of(symbols) == expected
    error = np.mean((decoded - reference) ** 2)
    return Agreement(name, same, int(np.abs(decoded - reference).max()),
                     10 * math.log10(255 ** 2 / error) if error else math.inf,
                     "" if same else "other symbols than the writer's")
