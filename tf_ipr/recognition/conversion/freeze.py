"""What conversions end with: a recogniser's folder, whole, frozen and checked.

A Keras model becomes a SavedModel of constants instead of variables.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from tf_ipr.files import atomic_file
from tf_ipr.recognition import description, known_face
from tf_ipr.recognition.description import Description
from tf_ipr.recognition.recognizer import Recognizer


def freeze(model: tf.keras.Model, facts: Description, output,
           trained: bool = True) -> Recognizer:
    """Writes `output/`: SavedModel and JSON, whole or not at all.

    The weights become constants, so that a gradient through the recogniser never computes theirs
    and nothing can save or train them.

    Args:
        model: [B, S, S, 3] → [B, D] (or any other function of one tensor).
        facts: all but `sha256` and `known_face`, which are filled in.
        output: the folder.
        trained: whether to check that the recogniser sees a face; random weights do not.

    Returns:
        The recogniser, loaded from what was written.

    Raises:
        RecognizerError: if the model does not see a face in the declared range.
        OSError: if the folder cannot be written.
    """
    spec = tf.TensorSpec([None, facts.size, facts.size, 3], tf.float32, name="faces")
    concrete = tf.function(lambda faces: model(faces)).get_concrete_function(spec)
    frozen = convert_to_constants.convert_variables_to_constants_v2(concrete)

    @tf.function(input_signature=[spec])
    def embed(faces):
        embedding = frozen(faces)
        embedding = embedding[0] if isinstance(embedding, (list, tuple)) else embedding
        return {"embedding": tf.ensure_shape(embedding, [None, facts.embedding_size])}

    module = tf.Module()
    module.embed = embed
    return write(lambda folder: tf.saved_model.save(module, str(folder), signatures=embed), facts,
                 output, trained)


def write(save: Callable[[pathlib.Path], None], facts: Description, output,
          trained: bool = True) -> Recognizer:
    """Writes `output/`: a model and its JSON, whole or not at all.

    Args:
        save: writes the model's files, of the kind that `facts` says, into an empty folder.
        facts: all but `sha256` and `known_face`, which are filled in.
        output: the folder.
        trained: whether to check that the recogniser sees a face; random weights do not.

    Returns:
        The recogniser, loaded from what was written.

    Raises:
        RecognizerError: if the model does not see a face in the declared range.
        OSError: if the folder cannot be written.
    """
    with atomic_file.folder(output, description.FILE_NAME, description.ENTRIES) as folder:
        save(folder)
        facts = dataclasses.replace(facts, sha256=description.hash_of_model(folder, facts.kind),
                                    known_face=[])
        description.write(folder, facts)
        recognizer = Recognizer.load(folder, check=False)
        if trained:
            known_face.check_sees_face(recognizer)
        embedding = known_face.embed(recognizer)
        facts = dataclasses.replace(facts, known_face=[float(x) for x in np.ravel(embedding)])
        description.write(folder, facts)
        # A large recogniser is in memory several times by now.
        del recognizer
    return Recognizer.load(output)
