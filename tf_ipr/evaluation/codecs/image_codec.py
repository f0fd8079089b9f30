"""One small interface for every codec that is measured, ours and the others alike."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.codecs import containers
from tf_ipr.evaluation.codecs.codec_form import CodecForm

Setting = int | float


class CodecUnavailableError(ValueError):
    """The encoder is not installed."""


class ImageCodec(abc.ABC):
    """An image codec with one number to set. An encoder that is missing says so, by name.

    Attributes:
      name: short lower-case name, the key in results.
      label: name for tables and plots.
      setting_name: what the setting is called.
      settings: the points of a rate-distortion curve, from small files to large.
      all_settings: every setting that a search may try, from small files to large.
      one_by_one: the codec can be sent to other processes and codes single images there; one that
        is not gains by batches and by staying where it was loaded.
    """

    name: str
    label: str
    setting_name: str
    settings: tuple[Setting, ...]
    all_settings: tuple[Setting, ...]
    one_by_one = True

    @property
    def form(self) -> CodecForm:
        """What the codec is, part by part; codecs of parts override it."""
        return CodecForm(self.name)

    @abc.abstractmethod
    def fingerprint(self) -> str:
        """Encoder, its version, its fixed options: results are comparable where this is equal."""

    @abc.abstractmethod
    def unavailable_reason(self) -> str | None:
        """None when the codec works here, else a sentence that says what is missing."""

    @abc.abstractmethod
    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        """Codes uint8 RGB [H, W, 3] into a complete file.

        Raises:
          CodecUnavailableError: the encoder is not installed.
          ValueError: the setting or the image is not one that the codec takes.
        """

    @abc.abstractmethod
    def decode(self, data: bytes) -> np.ndarray:
        """Decodes a file of `encode` to uint8 RGB [H, W, 3] of the original size."""

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        """The file of each image, of any sizes; codecs that gain by batches override it."""
        return [self.encode(image_u8, setting) for image_u8 in images_u8]

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        """The image of each file; codecs that gain by batches override it."""
        return [self.decode(data) for data in files]

    def container_bytes(self, data: bytes) -> int:
        """How many bytes of a file of `encode` belong to its format and not to the picture."""
        return containers.container_bytes(data)

    def check_encode(self, image_u8: np.ndarray, setting: Setting) -> None:
        """Raises what `encode` promises to raise."""
        reason = self.unavailable_reason()
        if reason:
            raise CodecUnavailableError(f"{self.label} is not available: {reason}")
        if setting not in self.all_settings:
            raise ValueError(
                f"{self.label} {self.setting_name} must be one of {self.all_settings[0]:g}, "
                f"{self.all_settings[1]:g} .. {self.all_settings[-1]:g}, given {setting!r}")
        if image_u8.dtype != np.uint8 or image_u8.ndim != 3 or image_u8.shape[2] != 3:
            raise ValueError(
                f"the image must be uint8 of shape (H, W, 3), given {image_u8.dtype} of shape "
                f"{image_u8.shape}")


@dataclasses.dataclass(frozen=True)
class NearestSize:
    """A coded image closest in size to what was asked for."""

    setting: Setting
    data: bytes


def nearest_setting(codec: ImageCodec, image_u8: np.ndarray, target_bytes: int) -> NearestSize:
    """Finds the setting whose file is nearest in size to `target_bytes`, by bisection.

    Sizes grow along `codec.all_settings` but for a few bytes of wobble, so that the file found may
    miss the very nearest one by as much. A target outside the codec's range gives its smallest or
    largest file.

    Args:
      codec: an available codec.
      image_u8: uint8 [H, W, 3].
      target_bytes: size aimed at.
    """
    settings = codec.all_settings
    coded = {}

    def size(index):
        if index not in coded:
            coded[index] = codec.encode(image_u8, settings[index])
        return len(coded[index])

    low, high = 0, len(settings) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size(middle) <= target_bytes else (low, middle)
    best = min((low, high), key=lambda index: abs(size(index) - target_bytes))
    return NearestSize(settings[best], coded[best])
