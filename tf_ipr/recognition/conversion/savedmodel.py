"""Any SavedModel as a recogniser: one tensor of aligned faces in, embeddings out."""

from __future__ import annotations

import pathlib

import tensorflow as tf

from tf_ipr.recognition.description import Description, RecognizerError


def open_model(folder, size: int, colour_order: str,
               value_range: list[list[float]],
               template: list[list[float]] | None = None) -> tuple[tf.Module, Description]:
    """Opens a SavedModel and describes it.

    Args:
        folder: of the SavedModel; its signature serving_default takes float32 [B, S, S, 3] and
            returns [B, D].
        size: S.
        colour_order: "RGB" or "BGR".
        value_range: [[low, high]] × 3.
        template: [[x, y]] × 5 in the input; None for ArcFace's, for 112 pixels.

    Returns:
        The model as a callable, and its description.

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
                        embedding_size=outputs[0].shape[1],
                        **({} if template is None else {"template": template}))
    return recognizer.signature_of(folder, facts), facts
