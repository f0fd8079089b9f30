"""An ONNX file becomes a recogniser: a TensorFlow graph where it can be one, else run by onnxruntime.

    recognizer, result = onnx_recognizer.convert(file, facts, "recognizers/sface")

A TensorFlow graph serves losses, searches and exports, as every other recogniser does. It is kept only
if it gives the embeddings that onnxruntime gives; if not, or where an operator has no translation, the
folder holds the ONNX file itself, and `result` says why.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.recognition import description, known_face
from tf_ipr.recognition.conversion import freeze, onnx_translation
from tf_ipr.recognition.conversion.onnx_file import OnnxFile
from tf_ipr.recognition.conversion.onnx_values import Untranslatable
from tf_ipr.recognition.description import Description
from tf_ipr.recognition.recognizer import Recognizer

# What half precision costs is ten times smaller.
_SAME = 0.9999
EVERYTHING, EVALUATION = "evaluation, losses, searches and exports", "evaluation only, by onnxruntime"


def convert(file: OnnxFile, facts: Description, output, evaluation_only: bool = False,
            trained: bool = True) -> tuple[Recognizer, str]:
    """Writes a recogniser's folder.

    Args:
        file: of `onnx_file.read`.
        facts: the description, but for the fields that are filled in.
        output: the folder.
        evaluation_only: whether to keep the ONNX file even if it has a translation.
        trained: as for `freeze.write`.

    Returns:
        The recogniser, and what it is good for: `EVERYTHING` or `EVALUATION` and why.

    Raises:
        RecognizerError: as for `freeze.write`.
        OSError: the folder cannot be written.
    """
    if evaluation_only:
        why = "as asked for"
    else:
        try:
            network = onnx_translation.translate(file)
            cosine = _least_cosine(network, file, facts)
            if cosine >= _SAME:
                recognizer = freeze.freeze(network, facts, output, trained)
                return recognizer, f"{EVERYTHING}: a TensorFlow graph, cosine to onnxruntime {cosine:.6f}"
            why = f"its translation has only a cosine of {cosine:.4f} to onnxruntime"
        except Untranslatable as error:
            why = f"it has no translation to TensorFlow of {error}"
    opened = file.with_open_batch()
    recognizer = freeze.write(
        lambda folder: (folder / description.ONNX_FILE).write_bytes(opened.model.SerializeToString()),
        dataclasses.replace(facts, kind="onnx"), output, trained)
    pace = f", {opened.batch} at a time" if opened.batch else ""
    return recognizer, f"{EVALUATION}{pace}: {why}"


def _least_cosine(network, file: OnnxFile, facts: Description) -> float:
    """The smallest cosine of the network's to onnxruntime's embeddings of pictures as the model gets them."""
    image = known_face.image()[None].astype(np.float32)
    face = alignment.align(image, known_face.LANDMARKS[None], facts.size,
                           np.array(facts.template, np.float32), facts.through).numpy()
    noise = np.random.default_rng(0).uniform(0, 255, face.shape)
    scale, shift = facts.scale_and_shift
    faces = np.concatenate([face, face[:, ::-1], noise]).astype(np.float32)
    if facts.colour_order == "BGR":
        faces = faces[..., ::-1]
    faces = (faces * scale + shift).astype(np.float32)
    # As it will be frozen: for any batch.
    graph = tf.function(network, autograph=False, input_signature=[
        tf.TensorSpec([None, facts.size, facts.size, 3], tf.float32)])
    ours, theirs = (np.asarray(some, np.float64) for some in (graph(faces), file.session()(faces)))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(np.min(np.sum(ours * theirs, axis=1) / np.maximum(lengths, 1e-30)))
