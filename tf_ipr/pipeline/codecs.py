"""The codec of a model: on LiteRT where the model has the half that is needed, else in TensorFlow."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from tf_ipr.format import model_folder, shipped_models
from tf_ipr.format.bitstream import MAX_PIXELS
from tf_ipr.runtime.codec import Codec


def for_encoding(model: str | None, max_pixels: int) -> Any:
    """Has `compress`. `model`: a name or folder, None for the default; raises CheckpointError."""
    return _load(model, max_pixels, model_folder.ENCODER)


def for_decoding(model: str | None, max_pixels: int) -> Any:
    """Has `decompress`; as `for_encoding`."""
    return _load(model, max_pixels, model_folder.DECODER)


def for_both(model: str | os.PathLike[str] | None, max_pixels: int = MAX_PIXELS) -> Any:
    """Has `compress` and `decompress`; as `for_encoding`."""
    return _load(model, max_pixels, model_folder.ENCODER, model_folder.DECODER)


def _load(model: str | os.PathLike[str] | None, max_pixels: int, *halves: str) -> Any:
    folder = shipped_models.folder_of(model)
    if not all((folder / half).is_file() for half in halves) and (folder / model_folder.WEIGHTS).is_file():
        # A model fresh from its training: the same streams, seconds later.
        with contextlib.suppress(ModuleNotFoundError):  # Then what is missing is the half.
            from tf_ipr.models.codec import TensorFlowCodec  # pylint: disable=import-outside-toplevel

            return TensorFlowCodec.load(folder, max_pixels)
    return Codec.load(folder, max_pixels)
