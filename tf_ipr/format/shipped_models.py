"""The models that come with the project, installed or in a checkout, by name and by id."""

from __future__ import annotations

import functools
import os
import pathlib

from tf_ipr.format import bitstream, model_folder
from tf_ipr.format.model_folder import CheckpointError

DEFAULT = "lfw_l2_rec"
# For crops by tf_ipr.align and tf_ipr_align, by their size.
ALIGNED = {112: "lfw_align112_l2_ip", 128: "lfw_align_l2_ip"}
# For whole pictures whose latents are to be refined by a recogniser: only models of ip and ipr can be.
REFINABLE = "lfw_l2_ip"


def folder(name: str = DEFAULT) -> pathlib.Path:
    """The folder of a shipped model.

    Raises:
      CheckpointError: there is no shipped model of that name.
    """
    held = folders()
    if name not in held:
        raise CheckpointError(
            f"{name!r} is no shipped model; they are {', '.join(held) or 'not installed'}. "
            "Give one of these names, or the folder of a model."
        )
    return held[name]


def folder_of(model: str | os.PathLike[str] | None = None) -> pathlib.Path:
    """The folder of a model that a user named.

    Args:
      model: a model folder, the name of a shipped model, or None or "" for the default one. A folder
        in reach goes before a shipped model of the same name.

    Raises:
      CheckpointError: it is neither.
    """
    if not model:
        return folder()
    given = pathlib.Path(model)
    if given.is_dir() and ((given / "config.json").is_file() or str(model) not in folders()):
        return given
    if len(given.parts) == 1:
        return folder(str(model))
    raise CheckpointError(
        f"The model folder {given} does not exist. Give a folder with a config.json, or "
        f"one of the shipped models: {', '.join(folders())}."
    )


def folder_of_stream(stream: bytes) -> pathlib.Path:
    """The folder of the shipped model that made a stream.

    Raises:
      BitstreamError: the header is damaged or foreign, or none of the shipped models made the stream.
    """
    wanted = bitstream.describe(stream)["model_id"]  # Whatever its size: the codec has the limit.
    name = _names_by_id().get(wanted)
    if name is None:
        raise bitstream.BitstreamError(
            f"The stream was made with model {wanted}; the shipped models are "
            f"{', '.join(f'{name} ({number})' for number, name in _names_by_id().items())}. "
            "Give the folder of the model that made it."
        )
    return folder(name)


def name_of(model_id: str) -> str:
    """What people call a model: "lfw_l2_ip (0a1b2c3d)" if it is shipped, else its id."""
    name = _names_by_id().get(model_id)
    return f"{name} ({model_id})" if name else model_id


def shipped_name(model_id: str) -> str | None:
    """The name of the shipped model of that id, or None."""
    return _names_by_id().get(model_id)


def require_model(header: bitstream.Header, model_id: str) -> None:
    """Raises BitstreamError unless the stream was made with the model `model_id`."""
    if header.model_id != model_id:
        raise bitstream.BitstreamError(
            f"The stream was made with model {name_of(header.model_id)}, this decoder holds model "
            f"{name_of(model_id)}; decode it with the former."
        )


@functools.lru_cache(maxsize=1)
def folders() -> dict[str, pathlib.Path]:
    """The shipped models' folders by name, sorted; empty where none are installed."""
    package = pathlib.Path(__file__).resolve().parents[1]
    for parent in (package, package.parent):  # installed, and in a checkout
        found = {
            path.parent.name: path.parent
            for path in sorted((parent / "savedmodels").glob("*/config.json"))
        }
        if found:
            return found
    return {}


@functools.lru_cache(maxsize=1)
def _names_by_id() -> dict[str, str]:
    return {model_folder.read_config(path)["model_id"]: name for name, path in folders().items()}
