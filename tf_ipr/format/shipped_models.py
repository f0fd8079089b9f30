"""The models that come with the project, installed or in a checkout."""

from __future__ import annotations

import functools
import pathlib
from typing import Optional

from tf_ipr.files.atomic_file import PathLike
from tf_ipr.format import bitstream, model_folder

DEFAULT = "lfw_l2_rec"
# For crops by tf_ipr_align, by their size.
ALIGNED = {112: "lfw_align112_l2_ip", 128: "lfw_align_l2_ip"}


def folder(name: str = DEFAULT) -> pathlib.Path:
    """The folder of a shipped model.

    Raises:
      CheckpointError: it is not installed.
    """
    package = pathlib.Path(__file__).resolve().parent
    for parent in (package, package.parent):
        if (parent / "savedmodels" / name / "config.json").is_file():
            return parent / "savedmodels" / name
    raise model_folder.CheckpointError(
        f"The shipped model {name} is not installed; give the folder of a model.")


def folder_or(given: Optional[PathLike]) -> pathlib.Path:
    """A folder that a user gave, or that of the default model without one (None or empty).

    Raises:
      CheckpointError: none is given and the default model is not installed.
    """
    return pathlib.Path(given) if given else folder()


def folder_of_stream(stream: bytes) -> pathlib.Path:
    """The folder of the shipped model that made a stream.

    Raises:
      BitstreamError: the header is damaged or foreign, or none of the shipped models made the stream.
    """
    wanted = bitstream.describe(stream)["model_id"]  # Whatever its size: the codec has the limit.
    held = _folders_by_id()
    if wanted not in held:
        raise bitstream.BitstreamError(
            f"The stream was made with model {wanted}; the shipped models are {', '.join(held)}. "
            "Give the folder of the former.")
    return held[wanted]


@functools.lru_cache(maxsize=1)
def _folders_by_id() -> dict:
    return {model_folder.read_config(path.parent)["model_id"]: path.parent
            for path in sorted(folder().parent.glob("*/config.json"))}
