"""An ONNX graph becomes a TensorFlow function: differentiable, channels last, for any batch.

No library that is kept up fits beside TensorFlow 2.14 (docs/recognition.md), so this translates the
operators that face recognisers consist of. Every operator is tested against onnxruntime, and every file
that is converted is compared with onnxruntime on a face (`onnx_recognizer.py`). What it does not know
it names.

What does not depend on the picture is computed once, and a batch norm behind a convolution becomes part
of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.conversion import onnx_layers, onnx_tensors
from tf_ipr.recognition.conversion.onnx_file import OnnxFile
from tf_ipr.recognition.conversion.onnx_values import Node, Operation, Untranslatable, Value

OPERATORS = {**onnx_layers.OPERATORS, **onnx_tensors.OPERATORS}


def translate(file: OnnxFile) -> Callable[[tf.Tensor], tf.Tensor]:
    """The graph as a TensorFlow function.

    Args:
        file: as read.

    Returns:
        float32 [B, S, S, 3] → [B, D]; float32 throughout, also where the file computes in half
        precision.

    Raises:
        Untranslatable: naming all operators that have no translation, or the first that is used in a
            way that has none. (The latter only when the function is called.)
    """
    graph, opsets = file.model.graph, file.model.opset_import
    constants, nodes = _fold_constants(graph, opsets)
    nodes = _fold_norms(constants, nodes, graph.output[0].name)
    unknown = sorted(_unknown(nodes, constants))
    if unknown:
        raise Untranslatable(f"the operator{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}")

    def network(faces: tf.Tensor) -> tf.Tensor:
        values = {graph.input[0].name: Value(faces, channels_last=file.channels_first), **constants}
        for node in nodes:
            given = [values[name] if name else None for name in node.inputs]
            values.update(zip(node.outputs, _results(node, given, opsets)))
        return tf.reshape(values[graph.output[0].name].plain(), [-1, file.embedding_size])

    return network


def _results(node: Node, given: list, opsets) -> list:
    """What a node makes of what it is given."""
    if node.kind == "Shape":
        # What is computed from it is a Reshape's target, where -1 is any batch.
        shape = np.array([-1 if length is None else length for length in given[0].shape], np.int64)
        return [shape[node.settings.get("start", 0):node.settings.get("end", None)]]
    if not any(isinstance(value, Value) for value in given):
        return _evaluate(node, given, opsets)
    results = OPERATORS[node.kind](Operation(node, given))
    return results if isinstance(results, list) else [results]


def _unknown(nodes: list[Node], constants) -> set[str]:
    """Operators of activations that have no translation."""
    known = set(constants)      # constants, and what is computed from shapes alone
    unknown = set()
    for node in nodes:
        if node.kind == "Shape" or all(name in known or not name for name in node.inputs):
            known.update(node.outputs)
        elif node.kind not in OPERATORS:
            unknown.add(node.kind)
    return unknown


def _fold_constants(graph, opsets):
    """(name → array of all that is constant, the nodes that are not)."""
    from onnx import numpy_helper  # pylint: disable=import-outside-toplevel  # A package of an extra.

    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for proto in graph.node:
        node = _node(proto)
        if all(name in constants or not name for name in node.inputs):
            given = [constants[name] if name else None for name in node.inputs]
            constants.update(zip(node.outputs, _evaluate(node, given, opsets)))
        else:
            nodes.append(node)
    return constants, nodes


def _node(proto) -> Node:
    from onnx import helper  # pylint: disable=import-outside-toplevel

    def setting(attribute):
        value = helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            return value.decode()
        return list(value) if attribute.ints or attribute.floats else value

    settings = {attribute.name: setting(attribute) for attribute in proto.attribute}
    kind = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
    return Node(kind, list(proto.input), list(proto.output), settings, proto)


def _evaluate(node: Node, given: list[np.ndarray], opsets) -> list[np.ndarray]:
    """A node of constants, by ONNX's own reference."""
    from onnx import helper, reference  # pylint: disable=import-outside-toplevel

    named = {name: value for name, value in zip(node.inputs, given) if name}
    function = helper.make_function("", "constant", list(named), node.outputs, [node.proto], opsets)
    try:
        return reference.ReferenceEvaluator(function).run(None, named, attributes={})
    except Exception as error:  # pylint: disable=broad-except  # Of many kinds.
        raise Untranslatable(f"a {node.kind} of constants ({error})") from error


def _fold_norms(constants: dict[str, np.ndarray], nodes: list[Node], output: str) -> list[Node]:
    """Batch norms behind convolutions that nothing else looks at, folded into kernel and bias."""
    readers: dict[str, int] = {output: 1}
    for node in nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    made_by = {node.outputs[0]: node for node in nodes}
    kept = []
    for node in nodes:
        before = made_by.get(node.inputs[0]) if node.kind == "BatchNormalization" else None
        if (before is None or before.kind != "Conv" or readers[before.outputs[0]] != 1
                or not all(name in constants for name in [*node.inputs[1:], *before.inputs[1:]])):
            kept.append(node)
            continue
        scale, shift = onnx_layers.norm_to_affine(
            Operation(node, [None, *(constants[name] for name in node.inputs[1:])]))
        kernel = constants[before.inputs[1]].astype(np.float32)
        bias = constants[before.inputs[2]].astype(np.float32) if len(before.inputs) > 2 else 0.0
        name = before.outputs[0]
        constants[f"{name}/kernel"] = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
        constants[f"{name}/bias"] = bias * scale + shift
        before.inputs = [before.inputs[0], f"{name}/kernel", f"{name}/bias"]
        before.outputs = list(node.outputs)
        made_by[node.outputs[0]] = before
    return kept
