"""Models on disk: a folder with everything an encoder or decoder needs, and nothing of training.

    config.json    ModelConfig, format version, model id, and what the trainer wants to tell
    entropy.npz    the exact part: probability tables and integer weights (docs/bitstream.md)
    weights.npz    the float part: transforms, mean head, gains; and, for trainings that start from
                   the model, the prior of z ("side_prior/...", not read by coders)

The model id is a hash of entropy.npz's arrays.  A stream carries it, and a decoder refuses a
stream of another model.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_ipr.files import atomic_file
from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.model_folder import FORMAT, CheckpointError, model_id_of, read_arrays, read_config
from tf_ipr.format.tables import ProbabilityTables
from tf_ipr.models.frozen_network import FIRST_CODED, FrozenHyperSynthesis
from tf_ipr.models.inference import InferenceModel
from tf_ipr.models.network import CodecNetwork

PRIOR = "side_prior/"
_PARTS = ("analysis", "gate", "synthesis", "hyper_analysis", "hyper_mean", "gain", "inverse_gain")
def float_weights(network: CodecNetwork) -> dict:
    """The float variables of a network by name, e.g. "synthesis/03"."""
    return {f"{part}/{i:02d}": variable for part in _PARTS
            if getattr(network, part) is not None
            for i, variable in enumerate(getattr(network, part).variables)}


def entropy_arrays(model: InferenceModel) -> dict:
    """The arrays of entropy.npz."""
    return {**model.tables.to_arrays(), **model.hyper_index.to_arrays(),
            "first_coded": np.int32(FIRST_CODED)}


def save(model: InferenceModel, folder, training: dict, side_prior: Sequence = ()) -> str:
    """Writes a model folder and returns the model id.

    Other files in the folder (a model card, metrics, exports) are left alone.

    Args:
      model: what to write.
      folder: path, created if absent.
      training: JSON-able facts about how it was made, kept in config.json.
      side_prior: variables of the prior of z, in their order.

    Raises:
      OSError: the folder cannot be written.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    exact = entropy_arrays(model)
    weights = {name: v.numpy() for name, v in float_weights(model.network).items()}
    weights.update({f"{PRIOR}{i:02d}": v.numpy() for i, v in enumerate(side_prior)})
    model_id = model_id_of(exact)
    config = dict(format=FORMAT, model_id=model_id, model=model.network.config.to_dict(),
                  training=training)
    for name, arrays in (("entropy.npz", exact), ("weights.npz", weights)):
        with atomic_file.writing(folder / name, "wb") as f:
            np.savez_compressed(f, **arrays)
    with atomic_file.writing(folder / "config.json", "w") as f:
        json.dump(config, f, indent=2)
    return model_id


def load(folder) -> tuple:
    """Reads a model folder.

    Returns:
      (InferenceModel, config dict as in config.json).

    Raises:
      CheckpointError: a file is missing or damaged, the weights belong to another architecture, or
        the exact part is not the one config.json names.
    """
    folder = pathlib.Path(folder)
    config = read_config(folder)
    exact = read_arrays(folder / "entropy.npz")
    found = model_id_of(exact)
    if found != config["model_id"]:
        raise CheckpointError(f"{folder / 'entropy.npz'} hashes to model {found}, config.json names "
                              f"{config['model_id']}. The files belong to different models.")
    if exact.get("first_coded") != FIRST_CODED:
        raise CheckpointError(f"{folder} skips scales below {exact.get('first_coded')}, this release "
                              f"those below {FIRST_CODED}. Use the release that made it.")
    try:
        hyper_index = FrozenHyperSynthesis.from_arrays(exact)
        tables = ProbabilityTables.from_arrays(exact)
        network = CodecNetwork(ModelConfig.from_dict(config["model"]))
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{folder} does not hold a usable model: {error}") from error
    assign_floats(network, read_arrays(folder / "weights.npz"), folder / "weights.npz")
    return InferenceModel(network, hyper_index, tables), config


def assign_floats(network: CodecNetwork, values: dict, path) -> None:
    """Sets the float variables of a network; raises `CheckpointError` naming what does not fit."""
    values = {name: v for name, v in values.items() if not name.startswith(PRIOR)}
    variables = float_weights(network)
    differences = [f"{name} is missing" for name in variables if name not in values]
    differences += [f"{name} is not of this architecture" for name in values
                    if name not in variables]
    differences += [f"{name} has shape {values[name].shape}, not {tuple(v.shape)}"
                    for name, v in variables.items()
                    if name in values and values[name].shape != tuple(v.shape)]
    if differences:
        raise CheckpointError(f"{path} does not fit the architecture of its config.json: "
                              + "; ".join(differences[:5]) + ".")
    for name, variable in variables.items():
        variable.assign(values[name].astype(variable.dtype.as_numpy_dtype))
