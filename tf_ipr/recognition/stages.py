"""What a frozen recogniser computes on the way to its embedding: one feature map per resolution.

A recogniser is any SavedModel, so the maps are found in its graph: with functions inlined, the last
tensor of each spatial size is what the network hands to its next, coarser stage.
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

_FINEST = 1 / 4  # of the crop's edge: finer maps are edges and skin, not identity
_COARSEST = 4  # positions along an edge


def with_stages(network, size: int):
    """A recogniser's network as a function that also returns its stages.

    Args:
      network: float32 [B,S,S,3] -> [B,D], TensorFlow operations only.
      size: S.

    Returns:
      A function: crops float32 [B,S,S,3] -> (what `network` returns, maps), where maps is a list of
      float32 [B,s,s,C], the finest first, one for each s from S/4 down to 4 that the network has;
      differentiable with respect to the crops.
    """
    concrete = tf.function(network).get_concrete_function(
        tf.TensorSpec([None, size, size, 3], tf.float32))
    flat = convert_to_constants.convert_variables_to_constants_v2(concrete)
    last = {}
    for operation in flat.graph.get_operations():
        for tensor in operation.outputs:
            if operation.type not in ("Const", "Pad") and _is_map(tensor, size * _FINEST):
                last[int(tensor.shape[1])] = tensor
    maps = [last[edge] for edge in sorted(last, reverse=True)]
    pruned = flat.prune(flat.inputs[0], [flat.outputs[0], *maps])

    def staged(crops):
        embedding, *found = pruned(crops)
        return embedding, found

    return staged


def _is_map(tensor, most: float) -> bool:
    shape = tensor.shape
    return (tensor.dtype == tf.float32 and shape.rank == 4 and shape[1] is not None
            and shape[1] == shape[2] and _COARSEST <= shape[1] <= most)
