"""A recogniser's ONNX file, run by onnxruntime: embeddings without gradients.

The file is one that `conversion/onnx_recognizer.py` wrote: one input [B, 3, S, S] or [B, S, S, 3] whose
sizes are declared, one output [B, D]. B is open or a number; a graph of a fixed batch gets the faces in
parts of that size.
"""

from __future__ import annotations

import os

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.description import RecognizerError

# Recognisers are small: more threads spend their time on waiting for one another.
_MOST_THREADS = 4
_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class OnnxSession:
    """An ONNX graph as a function of NumPy arrays.

    Attributes:
        batch: the number of faces that the graph takes at once; None for any.
        size: height and width of the faces.
        embedding_size: length of the embedding; None where the graph does not declare it.
    """

    def __init__(self, model):
        """Opens a model with at most as many threads as TensorFlow uses within an operation.

        Args:
            model: path of the file, or its content as bytes.

        Raises:
            ImportError: onnxruntime is not installed.
            RecognizerError: it is no ONNX file, or one that onnxruntime cannot run, or its input or
                output is not that of a recogniser.
        """
        runtime = _onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = _threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that wait in a loop would take the cores from TensorFlow.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        given = model if isinstance(model, bytes) else str(model)
        try:
            self._session = runtime.InferenceSession(given, options,
                                                     providers=["CPUExecutionProvider"])
        except Exception as error:  # pylint: disable=broad-except  # Its errors have no common class.
            raise RecognizerError(f"onnxruntime cannot run {_named(model)}: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type not in _DTYPES:
            raise RecognizerError(
                f"{_named(model)} has the inputs {[f'{i.name} {i.type}' for i in inputs]} and the outputs "
                f"{[o.name for o in outputs]}, expected one of each and floating-point numbers")
        self._name, self._dtype = inputs[0].name, _DTYPES[inputs[0].type]
        shape = inputs[0].shape
        if len(shape) != 4 or 3 not in (shape[1], shape[3]):
            raise RecognizerError(
                f"{_named(model)}: the input is {shape}, expected [B,3,S,S] or [B,S,S,3]")
        self._channels_first = shape[1] == 3
        self.batch = shape[0] if isinstance(shape[0], int) else None
        self.size = shape[2]
        declared = outputs[0].shape[1:]
        self.embedding_size = (int(np.prod(declared)) if declared and all(
            isinstance(length, int) for length in declared) else None)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Embeddings.

        Args:
            faces: float32 [B, S, S, 3], in the range and the order of channels that the graph takes.

        Returns:
            float32 [B, D].

        Raises:
            RecognizerError: onnxruntime fails, or the graph does not give one vector for each face.
        """
        if not len(faces):
            return np.zeros([0, self.embedding_size or 0], np.float32)
        step = self.batch or len(faces)
        parts = []
        for first in range(0, len(faces), step):
            part = faces[first:first + step]
            padded = np.concatenate([part, np.zeros_like(faces[:1]).repeat(step - len(part), axis=0)])
            parts.append(self._vectors(padded)[:len(part)])
        return np.concatenate(parts)

    def run(self, faces: np.ndarray) -> np.ndarray:
        """What the graph itself gives for float32 [B, S, S, 3] of a B that it takes."""
        faces = np.asarray(faces, self._dtype)
        if self._channels_first:
            faces = np.ascontiguousarray(np.moveaxis(faces, 3, 1))
        try:
            return self._session.run(None, {self._name: faces})[0]
        except Exception as error:  # pylint: disable=broad-except
            raise RecognizerError(f"onnxruntime failed on {len(faces)} faces: {error}") from error

    def _vectors(self, faces):
        embeddings = self.run(faces)
        shape = embeddings.shape
        if len(shape) < 2 or shape[0] != len(faces) or embeddings[0].size != max(shape[1:]):
            raise RecognizerError(f"for {len(faces)} faces the graph gives an array of shape {shape}, "
                                  "expected one vector for each")
        return embeddings.reshape(len(faces), -1).astype(np.float32)


def network_of(session: OnnxSession, name: str):
    """The session as a function of tensors, in eager mode or in a graph of this process.

    Args:
        session: as made.
        name: of the recogniser, for errors.

    Returns:
        float32 [B, S, S, 3] → [B, D]. Asked for its gradient it raises `RecognizerError`.
    """
    @tf.custom_gradient
    def network(faces):
        embeddings = tf.numpy_function(session, [faces], tf.float32, stateful=False)
        embeddings = tf.ensure_shape(embeddings, [None, session.embedding_size])

        def no_gradient(*_):
            raise RecognizerError(evaluation_only(name))

        return embeddings, no_gradient

    return network


def evaluation_only(name: str) -> str:
    """What to say where a recogniser run by onnxruntime is asked for more than embeddings."""
    return (
        f"{name} is run by onnxruntime, which gives embeddings for evaluation, but no gradient and no "
        "TensorFlow graph: losses, --refine and exports need a recogniser that was converted to "
        "TensorFlow. Take another one, or convert its original checkpoint (docs/recognition.md)")


def _onnxruntime():
    try:
        import onnxruntime  # pylint: disable=import-outside-toplevel  # A package of an extra.
    except ImportError as error:
        raise ImportError("this recogniser is an ONNX file and needs onnxruntime: "
                          "pip install 'tf_ipr[onnx]'") from error
    return onnxruntime


def _threads() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return tf.config.threading.get_intra_op_parallelism_threads() or min(_MOST_THREADS, usable)


def _named(model) -> str:
    return "the graph" if isinstance(model, bytes) else str(model)
