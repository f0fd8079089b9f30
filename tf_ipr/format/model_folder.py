"""Reading a model folder: its description, its arrays, its id, and where its exported halves lie.

    config.json       ModelConfig, format version, model id, and what the trainer wants to tell
    entropy.npz       the exact part: probability tables and integer weights (docs/bitstream.md)
    weights.npz       the float part, for TensorFlow
    encoder.tflite    pixels in, stream out; decoder.tflite: stream in, pixels out (docs/device.md)

The model id is a hash of entropy.npz's arrays.  A stream carries it, and a decoder refuses a
stream of another model.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import pathlib
import zipfile
import zlib

FORMAT = "1.0"
ENCODER, DECODER, WEIGHTS = "encoder.tflite", "decoder.tflite", "weights.npz"
# What NumPy and zipfile raise for a damaged archive: it may seem to be of any kind, or encrypted.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class CheckpointError(ValueError):
    """A model folder or checkpoint that is missing, damaged, or of another architecture."""


def model_id_of(entropy_arrays: dict) -> str:
    """8 hex digits: the first four bytes of a SHA-256 over names, types, shapes and values."""
    import numpy as np  # pylint: disable=import-outside-toplevel  # Not to read config.json.

    digest = hashlib.sha256()
    for name in sorted(entropy_arrays):
        value = np.ascontiguousarray(entropy_arrays[name])
        value = value.astype(value.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{name} {value.dtype.name} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()[:8]


def read_config(folder) -> dict:
    """What config.json says; raises `CheckpointError` where there is none that can be read."""
    folder = pathlib.Path(folder)
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointError(
            f"{folder} is no model folder: it has no config.json. Give a folder "
            "such as savedmodels/lfw_l2_rec."
        )
    try:
        config = json.loads(path.read_text())
        for name, kind in (("format", str), ("model_id", str), ("model", dict)):
            if not isinstance(config[name], kind):
                raise TypeError(f"{name} is {config[name]!r}, not a {kind.__name__}")
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is not a model description: {error!r}") from error
    if config["format"].split(".")[0] != FORMAT.split(".")[0]:
        raise CheckpointError(
            f"{path} has format {config['format']}; this version reads {FORMAT}. "
            "Update tf_ipr or train the model again."
        )
    return config


def read_arrays(path: pathlib.Path) -> dict:
    """The arrays of an .npz file; raises `CheckpointError` if it is missing or damaged."""
    import numpy as np  # pylint: disable=import-outside-toplevel  # Not to read config.json.

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except _DAMAGE as error:
        raise CheckpointError(f"{os.fspath(path)} is missing or damaged: {error}") from error
