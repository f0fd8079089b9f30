"""Small ONNX files for tests, made on the spot."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402  # pylint: disable=wrong-import-position

SIZE, CHANNELS, EMBEDDING = 28, 6, 8


def model(nodes, weights, inputs, outputs, opset=17):
    """A model of nodes, arrays by name, and (name, type or shape, [shape]) of inputs and outputs."""
    def value(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        nodes, "test", [value(*one) for one in inputs], [value(*one) for one in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def tiny(batch=1, size=SIZE, channels_last=False, target=None, embedding=EMBEDDING, kind=np.float32,
         extra=()):
    """A recogniser: convolution, batch norm, PReLU, a view of each face as one row, a matrix.

    Args:
        batch: of the input: a number, or a name for any.
        size: of the input: a number, or two names; the weights are for 28 pixels.
        channels_last: whether the input is [B, S, S, 3].
        target: what the view's Reshape is given; None for a Flatten.
        embedding: declared length of the output: a number, or a name.
        kind: of all numbers.
        extra: more nodes, behind "embedding".
    """
    rng = np.random.default_rng(0)
    edge = (SIZE - 5) // 3 + 1
    weights = {
        "kernel": rng.normal(0, 0.1, [CHANNELS, 3, 5, 5]), "gamma": rng.uniform(0.5, 2, CHANNELS),
        "beta": rng.normal(0, 1, CHANNELS), "mean": rng.normal(0, 1, CHANNELS),
        "variance": rng.uniform(0.5, 2, CHANNELS), "slope": rng.uniform(0, 1.5, [CHANNELS, 1, 1]),
        "matrix": rng.normal(0, 0.1, [EMBEDDING, CHANNELS * edge * edge]),
        "bias": rng.normal(0, 1, EMBEDDING)}
    weights = {name: array.astype(kind) for name, array in weights.items()}
    faces = "first" if channels_last else "faces"
    nodes = []
    if channels_last:
        nodes.append(helper.make_node("Transpose", ["faces"], ["first"], perm=[0, 3, 1, 2]))
    nodes += [
        helper.make_node("Conv", [faces, "kernel"], ["map"], strides=[3, 3]),
        helper.make_node("BatchNormalization", ["map", "gamma", "beta", "mean", "variance"], ["norm"]),
        helper.make_node("PRelu", ["norm", "slope"], ["active"])
    ]
    if target is None:
        nodes.append(helper.make_node("Flatten", ["active"], ["row"]))
    else:
        weights["target"] = np.array(target, np.int64)
        nodes.append(helper.make_node("Reshape", ["active", "target"], ["row"]))
    nodes += [helper.make_node("Gemm", ["row", "matrix", "bias"], ["embedding"], transB=1), *extra]
    sides = [size, size] if isinstance(size, int) else list(size)
    shape = [batch, *sides, 3] if channels_last else [batch, 3, *sides]
    proto = TensorProto.FLOAT16 if kind == np.float16 else TensorProto.FLOAT
    return model(nodes, weights, [("faces", shape, proto)],
                 [("embedding", None if embedding is None else [batch, embedding], proto)])


def write(path, graph):
    """The file's path as text."""
    onnx.save(graph, str(path))
    return str(path)
