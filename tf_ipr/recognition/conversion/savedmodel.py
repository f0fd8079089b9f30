"""Any SavedModel as a recogniser: one tensor of aligned faces in, embeddings out."""

from __future__ import annotations

import pathlib
from typing import List, Sequence, Tuple

import tensorflow as tf

from tf_ipr.recognition.description import Description, RecognizerError


def open_model(folder, size: int, colour_order: str,
               value_range: List[List[float]]) -> Tuple[tf.Module, Description]:
    """Opens a SavedModel and describes it.

    Args:
        folder: of the SavedModel; its signature serving_default takes float32 [B, S, S, 3] and
            returns [B, D].
        size: S.
        colour_order: "RGB" or "BGR".
        value_range: [[low, high]] × 3.

    Returns:
        The model as a callable, and its description (ArcFace's template).

    Raises:
        RecognizerError: if there is no such SavedModel or signature.
    """
    from tf_ipr.recognition import recognizer

    if not (pathlib.Path(folder) / "saved_model.pb").is_file():
        raise RecognizerError(f"{folder} holds no saved_model.pb")
    signature = tf.saved_model.load(str(folder)).signatures.get("serving_default")
    outputs = list(signature.structured_outputs.values()) if signature else []
    if len(outputs) != 1 or outputs[0].shape.rank != 2 or outputs[0].shape[1] is None:
        raise RecognizerError(
            f"{folder}: expected a signature serving_default with one output [B, D], found "
            f"{[str(output.shape) for output in outputs]}")
    facts = Description(name=pathlib.Path(folder).name, architecture="savedmodel", size=size,
                        colour_order=colour_order, value_range=value_range,
                        embedding_size=outputs[0].shape[1])
    return recognizer.signature_of(folder, facts), facts


def parse_range(numbers: Sequence[str]) -> List[List[float]]:
    """["-1", "1"], or six numbers, as [[low, high]] × 3; ValueError for anything else."""
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        values = []
    if len(values) == 2:
        return [values] * 3
    if len(values) == 6:
        return [values[:2], values[2:4], values[4:]]
    raise ValueError(f"value_range={','.join(numbers)}: expected two or six numbers")
