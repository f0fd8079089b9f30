"""Starting from a trained model: IP and IPR start from the weights of REC, as in the paper."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from tf_ipr.models import model_folder
from tf_ipr.models.config import ModelConfig
from tf_ipr.models.model_folder import CheckpointError
from tf_ipr.models.training_model import TrainingModel


def warm_start(model: TrainingModel, folder) -> None:
    """Sets every variable of `model` from a model folder.

    Args:
      model: of the same configuration as the folder's.
      folder: a model folder, e.g. savedmodels/lfw_l2_rec or the `model` folder of a run. One
        without a gate may start a model with one: the gate starts as the identity.

    Raises:
      CheckpointError: the folder holds no model, one of another configuration, or one without the
        prior that training needs.
    """
    folder = pathlib.Path(folder)
    found = ModelConfig.from_dict(model_folder.read_config(folder)["model"])
    expected = model.config
    if found.gate_width == 0:
        expected = dataclasses.replace(expected, gate_width=0)
    if found != expected:
        wanted, given = expected.to_dict(), found.to_dict()
        different = [f"{k}: {given[k]!r} there, {wanted[k]!r} here" for k in wanted
                     if wanted[k] != given[k]]
        raise CheckpointError(f"{folder} holds another configuration ({'; '.join(different)}). "
                              "Train with its configuration, or start from another model.")
    weights = model_folder.read_arrays(folder / "weights.npz")
    if expected != model.config:
        weights.update({name: variable.numpy()
                        for name, variable in model_folder.float_weights(model.network).items()
                        if name.startswith("gate/")})
    model_folder.assign_floats(model.network, weights, folder / "weights.npz")
    prior = model.entropy_model.side_prior.trainable_variables
    for i, variable in enumerate(prior):
        name = f"{model_folder.PRIOR}{i:02d}"
        if name not in weights or weights[name].shape != tuple(variable.shape):
            raise CheckpointError(f"{folder / 'weights.npz'} lacks {name} of shape "
                                  f"{tuple(variable.shape)}: it was written for coding alone.")
        variable.assign(weights[name])
    exact = model_folder.read_arrays(folder / "entropy.npz")
    for i, layer in enumerate(model.network.hyper_index.layers):
        layer.assign_integers(exact[f"kernel_{i}"].astype(np.float32),
                              exact[f"bias_{i}"].astype(np.float32))
