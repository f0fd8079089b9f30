"""CompressAI's `bmshj2018-hyperprior`, the scale hyperprior of Ballé et al. 2018, where installed.

The weights are those of CompressAI's model zoo (MSE, quality 1..8), which PyTorch downloads when it
first needs them. The file: quality (a byte), height and width (two bytes each), length of the first
string (four bytes), the two strings. CompressAI leaves such a format to its users.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import struct

import numpy as np

from tf_ipr.evaluation.codecs.image_codec import ImageCodec

_STRIDE = 64
_HEADER = struct.Struct(">HHI")


@functools.lru_cache(maxsize=2)
def _network(quality: int):
    from compressai.zoo import bmshj2018_hyperprior

    return bmshj2018_hyperprior(quality, metric="mse", pretrained=True).eval()


@functools.cache
def _unavailable_reason() -> str | None:
    if importlib.util.find_spec("compressai") is None:
        return "CompressAI is not installed; pip install compressai"
    try:
        _network(1)
    except Exception as error:  # pylint: disable=broad-except
        # No network, no disk, a moved file: PyTorch's hub raises them all differently.
        return f"CompressAI cannot load the pretrained weights ({error})"
    return None


@dataclasses.dataclass(frozen=True)
class CompressaiHyperprior(ImageCodec):
    """bmshj2018-hyperprior; the setting is the zoo's quality."""

    name: str = "bmshj2018"
    label: str = "bmshj2018-hyperprior"
    setting_name: str = "quality"
    settings: tuple[int, ...] = (1, 3, 5)
    all_settings: tuple[int, ...] = tuple(range(1, 9))
    one_by_one = False

    def fingerprint(self) -> str:
        import compressai

        return f"CompressAI {compressai.__version__} bmshj2018-hyperprior mse"

    def unavailable_reason(self) -> str | None:
        return _unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: int) -> bytes:
        self.check_encode(image_u8, setting)
        import torch

        height, width = image_u8.shape[:2]
        padded = np.pad(image_u8, [(0, -height % _STRIDE), (0, -width % _STRIDE), (0, 0)], "edge")
        pixels = torch.from_numpy(padded.transpose(2, 0, 1)[None].copy()).float() / 255
        with torch.no_grad():
            (latent,), (side,) = _network(setting).compress(pixels)["strings"]
        return bytes([setting]) + _HEADER.pack(height, width, len(latent)) + latent + side

    def decode(self, data: bytes) -> np.ndarray:
        import torch

        height, width, length = _HEADER.unpack_from(data, 1)
        strings = data[1 + _HEADER.size:]
        shape = [-(-side // _STRIDE) for side in (height, width)]
        with torch.no_grad():
            pixels = _network(data[0]).decompress(
                [[strings[:length]], [strings[length:]]], shape)["x_hat"][0]
        image = (pixels * 255).round().clamp(0, 255).to(torch.uint8).numpy()
        return np.ascontiguousarray(image.transpose(1, 2, 0)[:height, :width])

    def container_bytes(self, data: bytes) -> int:
        return 1 + _HEADER.size


HYPERPRIOR = CompressaiHyperprior()
