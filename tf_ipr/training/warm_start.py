"""Starting from a trained model: IP and IPR start from the weights of REC, as in the paper."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.models import model_folder
from tf_ipr.models.training_model import TrainingModel


def warm_start(model: TrainingModel, folder) -> None:
    """Sets every variable of `model` from a model folder.

    Args:
      model: of the same configuration as the folder's.
      folder: a model folder, e.g. savedmodels/lfw_l2_rec or the `model` folder of a run. It may
        lack a gate or have fewer residual blocks: what is new starts as the identity.

    Raises:
      CheckpointError: the folder holds no model, one of another configuration, or one without the
        prior that training needs.
    """
    folder = pathlib.Path(folder)
    found = ModelConfig.from_dict(model_folder.read_config(folder)["model"])
    if not _grows(found, model.config):
        wanted, given = model.config.to_dict(), found.to_dict()
        different = [f"{k}: {given[k]!r} there, {wanted[k]!r} here" for k in wanted
                     if wanted[k] != given[k]]
        raise CheckpointError(f"{folder} holds another configuration ({'; '.join(different)}). "
                              "Train with its configuration, or start from another model.")
    weights = model_folder.read_arrays(folder / "weights.npz")
    if found != model.config:
        weights = _grown(weights, found, model)
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


_BLOCKS = dict(analysis="analysis_blocks", synthesis="synthesis_blocks")
_BLOCK_VARIABLES, _OTHER_VARIABLES = 4, 2  # of a residual block, of each convolution around them


def _grows(found: ModelConfig, wanted: ModelConfig) -> bool:
    """Whether `wanted` is `found` with a gate or more residual blocks."""
    if found.gate_width not in (0, wanted.gate_width):
        return False
    fewer = all(a <= b for name in _BLOCKS.values()
                for a, b in zip(getattr(found, name), getattr(wanted, name)))
    same = dataclasses.replace(found, gate_width=wanted.gate_width,
                               **{name: getattr(wanted, name) for name in _BLOCKS.values()})
    return fewer and same == wanted


def _grown(weights: dict, found: ModelConfig, model: TrainingModel) -> dict:
    """The folder's weights under the names of a larger model, and of that what is new."""
    own = model_folder.float_weights(model.network)
    larger = {part: blocks for part, blocks in _BLOCKS.items()
              if getattr(found, blocks) != getattr(model.config, blocks)}
    moved = {f"{part}/{old:02d}": f"{part}/{new:02d}" for part, blocks in larger.items()
             for old, new in enumerate(_places(getattr(found, blocks), getattr(model.config, blocks)))}
    filled = set(moved.values())
    new_parts = {*larger, "gate"} if found.gate_width == 0 else {*larger}
    # Only what is new: an array that the folder should have is still missed by `assign_floats`.
    added = {name: variable.numpy() for name, variable in own.items()
             if name.split("/")[0] in new_parts and name not in filled}
    return {**added, **{moved.get(name, name): value for name, value in weights.items()}}


def _places(few, many) -> list[int]:
    """Of each variable of a transform with `few` blocks, its number in one with `many`.

    A transform is a convolution, blocks at one resolution, a convolution, blocks at the other, and
    a last convolution.
    """
    places, start = [], 0
    for fewer, more in ((0, 0), *zip(few, many)):
        places += range(start, start + _BLOCK_VARIABLES * fewer)
        start += _BLOCK_VARIABLES * more
        places += range(start, start + _OTHER_VARIABLES)
        start += _OTHER_VARIABLES
    return places
