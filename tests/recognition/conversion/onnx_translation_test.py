"""Every operator that is translated gives what onnxruntime gives, for any batch, and has a gradient."""

import numpy as np
import pytest
import tensorflow as tf

from tests.recognition.conversion import onnx_graphs
from tests.recognition.conversion.onnx_graphs import helper, tiny
from tf_ipr.recognition.conversion import onnx_file, onnx_translation
from tf_ipr.recognition.conversion.onnx_values import Untranslatable

SIZE = 9
RNG = np.random.default_rng(0)


def _array(*shape):
    return RNG.normal(0, 0.5, shape).astype(np.float32)


def _integers(*values):
    return np.array(values, np.int64)


def _node(kind, *weights, **settings):
    """One node on the faces, [B, 3, 9, 9]; arrays are its further inputs."""
    names = [f"w{index}" if weight is not None else "" for index, weight in enumerate(weights)]
    return ([helper.make_node(kind, ["faces", *names], ["result"], **settings)],
            {name: weight for name, weight in zip(names, weights) if name})


def _positive(kind, *weights, **settings):
    """The same on |faces| + 0.5."""
    nodes, arrays = _node(kind, *weights, **settings)
    nodes[0].input[0] = "positive"
    return ([helper.make_node("Abs", ["faces"], ["absolute"]),
             helper.make_node("Add", ["absolute", "half"], ["positive"]), *nodes],
            {**arrays, "half": np.float32(0.5)})


def _nodes(*nodes, **weights):
    return ([helper.make_node(kind, inputs.split(), outputs.split(), **settings)
             for kind, inputs, outputs, settings in nodes], weights)


CASES = {
    "Conv": _node("Conv", _array(4, 3, 3, 3), _array(4), pads=[1, 1, 1, 1]),
    "Conv, uneven pads and strides": _node("Conv", _array(4, 3, 3, 2), strides=[2, 1],
                                           pads=[0, 1, 2, 0]),
    "Conv, dilated": _node("Conv", _array(4, 3, 3, 3), dilations=[2, 2]),
    "Conv, SAME_UPPER": _node("Conv", _array(4, 3, 4, 4), strides=[2, 2], auto_pad="SAME_UPPER"),
    "Conv, SAME_LOWER": _node("Conv", _array(4, 3, 4, 4), strides=[2, 2], auto_pad="SAME_LOWER"),
    "Conv, VALID": _node("Conv", _array(4, 3, 4, 4), auto_pad="VALID"),
    "Conv, depthwise": _node("Conv", _array(3, 1, 3, 3), _array(3), group=3, strides=[2, 2],
                             pads=[1, 1, 1, 1]),
    "Conv, depthwise with a multiplier": _node("Conv", _array(6, 1, 3, 3), group=3),
    "Conv, depthwise with uneven strides": _node("Conv", _array(3, 1, 3, 3), group=3, strides=[2, 1]),
    "Conv, groups": _nodes(("Concat", "faces faces", "six", dict(axis=1)),
                           ("Conv", "six k", "result", dict(group=2)), k=_array(4, 3, 3, 3)),
    "BatchNormalization": _node("BatchNormalization", _array(3), _array(3), _array(3),
                                np.abs(_array(3)) + 1, epsilon=1e-3),
    "BatchNormalization behind a Conv": _nodes(
        ("Conv", "faces k", "map", {}), ("BatchNormalization", "map g b m v", "result", {}),
        k=_array(4, 3, 3, 3), g=_array(4), b=_array(4), m=_array(4), v=np.abs(_array(4)) + 1),
    "BatchNormalization behind a Conv that something else reads": _nodes(
        ("Conv", "faces k", "map", {}), ("BatchNormalization", "map g b m v", "norm", {}),
        ("Add", "map norm", "result", {}), k=_array(3, 3, 3, 3), g=_array(3), b=_array(3), m=_array(3),
        v=np.abs(_array(3)) + 1),
    "BatchNormalization of rows": _nodes(("Flatten", "faces", "row", {}),
                                         ("BatchNormalization", "row g b m v", "result", {}),
                                         g=_array(243), b=_array(243), m=_array(243),
                                         v=np.abs(_array(243)) + 1),
    "PRelu": _node("PRelu", _array(3, 1, 1)),
    "PRelu, one slope": _node("PRelu", _array(1)),
    "PRelu, slopes above 1": _node("PRelu", _array(3, 1, 1) + 2),
    "Relu": _node("Relu"),
    "LeakyRelu": _node("LeakyRelu", alpha=0.2),
    "Elu": _node("Elu", alpha=0.7),
    "Sigmoid": _node("Sigmoid"),
    "HardSigmoid": _node("HardSigmoid", alpha=0.3, beta=0.4),
    "HardSwish": _node("HardSwish"),
    "Tanh": _node("Tanh"),
    "Erf": _node("Erf"),
    "Exp": _node("Exp"),
    "Neg": _node("Neg"),
    "Abs": _node("Abs"),
    "Softmax": _node("Softmax", axis=1),
    "Clip": _node("Clip", np.float32(-0.2), np.float32(0.6)),
    "Clip, below": _node("Clip", None, np.float32(0.6)),
    "Sqrt": _positive("Sqrt"),
    "Pow": _positive("Pow", np.float32(1.5)),
    "Div": _positive("Div", _array(3, 1, 1) + 3),
    "Add": _node("Add", _array(3, 1, 1)),
    "Sub": _node("Sub", _array(1)),
    "Mul": _node("Mul", _array(9)),
    "Max": _node("Max", _array(3, 9, 9), np.float32(0)),
    "Min": _node("Min", _array(3, 1, 1)),
    "Sum": _node("Sum", _array(3, 1, 1), _array(1)),
    "Mul of a picture and a gate": _nodes(("GlobalAveragePool", "faces", "mean", {}),
                                          ("Sigmoid", "mean", "gate", {}),
                                          ("Mul", "faces gate", "result", {})),
    "Add of a view and a constant": _nodes(("Flatten", "faces", "row", {}),
                                           ("Add", "row c", "result", {}), c=_array(243)),
    "GlobalAveragePool": _node("GlobalAveragePool"),
    "GlobalMaxPool": _node("GlobalMaxPool"),
    "AveragePool": _node("AveragePool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    "AveragePool, padding counts": _node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                                         count_include_pad=1),
    "MaxPool": _node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    "Flatten": _node("Flatten"),
    "Flatten of an exchanged picture": _nodes(("Relu", "faces", "active", {}),
                                              ("Transpose", "active", "last", dict(perm=[0, 2, 3, 1])),
                                              ("Flatten", "last", "result", {})),
    "Gemm": _nodes(("Flatten", "faces", "row", {}),
                   ("Gemm", "row m c", "result", dict(alpha=0.5, beta=2.0)),
                   m=_array(243, 5), c=_array(5)),
    "MatMul": _nodes(("Flatten", "faces", "row", {}), ("MatMul", "row m", "result", {}),
                     m=_array(243, 5)),
    "Reshape": _node("Reshape", _integers(0, 3, -1)),
    "Reshape, -1 first": _node("Reshape", _integers(-1, 9, 27)),
    "Transpose": _node("Transpose", perm=[0, 2, 1, 3]),
    "Shuffled channels": _nodes(
        ("Concat", "faces faces", "six", dict(axis=1)), ("Reshape", "six a", "groups", {}),
        ("Transpose", "groups", "turned", dict(perm=[0, 2, 1, 3, 4])),
        ("Reshape", "turned b", "result", {}), a=_integers(0, 2, 3, 9, 9), b=_integers(0, 6, 9, 9)),
    "Concat, rows": _nodes(("Relu", "faces", "active", {}),
                           ("Concat", "faces active", "result", dict(axis=2))),
    "Split": _nodes(("Split", "faces s", "a b", dict(axis=1)), ("Mul", "a b", "result", {}),
                    s=_integers(1, 2)),
    "Slice": _node("Slice", _integers(1, -4), _integers(9, -1), _integers(2, 3), _integers(2, 1)),
    "Pad": _node("Pad", _integers(0, 0, 1, 2, 0, 0, 3, 0), np.float32(0.7)),
    "Squeeze": _nodes(("GlobalAveragePool", "faces", "mean", {}),
                      ("Squeeze", "mean axes", "result", {}), axes=_integers(2, 3)),
    "Unsqueeze": _nodes(("Flatten", "faces", "row", {}), ("Unsqueeze", "row axes", "result", {}),
                        axes=_integers(1)),
    "ReduceMean": _node("ReduceMean", axes=[2, 3], keepdims=0),
    "ReduceMean, kept": _node("ReduceMean", axes=[1]),
    "ReduceSum": _node("ReduceSum", _integers(-1)),
    "ReduceL2": _node("ReduceL2", axes=[1]),
    "LpNormalization": _nodes(("Flatten", "faces", "row", {}),
                              ("LpNormalization", "row", "result", dict(axis=1))),
    "Dropout and Identity": _nodes(("Dropout", "faces", "same", {}),
                                   ("Identity", "same", "result", {})),
    "Cast": _nodes(("Cast", "faces", "half", dict(to=10)), ("Cast", "half", "result", dict(to=1))),
    "Constants are computed once": _nodes(("Cast", "k16", "k", dict(to=1)),
                                          ("Conv", "faces k", "result", {}),
                                          k16=_array(4, 3, 3, 3).astype(np.float16)),
    "A view as PyTorch writes it": _nodes(
        ("Relu", "faces", "active", {}), ("Shape", "active", "shape", {}),
        ("Gather", "shape zero", "batch", {}), ("Unsqueeze", "batch first", "one", {}),
        ("Concat", "one rest", "target", dict(axis=0)), ("Reshape", "active target", "result", {}),
        zero=np.int64(0), first=_integers(0), rest=_integers(-1)),
}


def _read(tmp_path, graph):
    return onnx_file.read(onnx_graphs.write(tmp_path / "model.onnx", graph))


def _as_recogniser(nodes, weights, opset=17):
    """The nodes' result as one row for each face."""
    nodes = [*nodes, helper.make_node("Flatten", ["result"], ["embedding"])]
    return onnx_graphs.model(nodes, weights, [("faces", ["N", 3, SIZE, SIZE])], [("embedding", None)],
                             opset)


def _compare(file, atol):
    faces = RNG.normal(0, 1, [3, file.size, file.size, 3]).astype(np.float32)
    network = tf.function(onnx_translation.translate(file), autograph=False, input_signature=[
        tf.TensorSpec([None, file.size, file.size, 3])])
    with tf.GradientTape() as tape:
        watched = tf.constant(faces)
        tape.watch(watched)
        ours = network(watched)
    gradient = tape.gradient(ours, watched).numpy()
    assert np.all(np.isfinite(gradient)) and np.any(gradient)
    expected = file.session()(faces)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=atol * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("case", CASES)
def test_operator_equals_onnxruntimes(tmp_path, case):
    nodes, weights = CASES[case]
    _compare(_read(tmp_path, _as_recogniser(nodes, weights)), 1e-3 if case == "Cast" else 1e-5)


@pytest.mark.parametrize("nodes, weights, opset", [
    (*_node("Clip", min=-0.2, max=0.6), 10),
    (*_node("Pad", pads=[0, 0, 1, 2, 0, 0, 3, 0], value=0.7), 10),
    (*_node("Slice", starts=[1], ends=[9], axes=[2]), 9),
    (*_node("ReduceSum", axes=[2], keepdims=0), 12),
    (*_nodes(("GlobalAveragePool", "faces", "mean", {}),
             ("Squeeze", "mean", "result", dict(axes=[2, 3]))), 12),
    (*_nodes(("Flatten", "faces", "row", {}), ("Unsqueeze", "row", "result", dict(axes=[2]))), 12),
    (*_nodes(("Split", "faces", "a b", dict(axis=2, split=[4, 5])),
             ("ReduceSum", "b", "result", dict(axes=[2]))), 12),
], ids=["Clip", "Pad", "Slice", "ReduceSum", "Squeeze", "Unsqueeze", "Split"])
def test_settings_that_became_inputs_are_understood_in_both_forms(tmp_path, nodes, weights, opset):
    _compare(_read(tmp_path, _as_recogniser(nodes, weights, opset)), 1e-5)


def test_every_operator_of_the_table_is_tested():
    used = {node.op_type for nodes, _ in CASES.values() for node in nodes}
    assert set(onnx_translation.OPERATORS) <= used


@pytest.mark.parametrize("options", [
    dict(),
    dict(batch="N"),
    dict(channels_last=True),
    dict(target=[1, 384]),
    dict(target=[-1, 384]),
    dict(embedding=None)
])
def test_whole_recogniser_equals_onnxruntime_for_any_batch(tmp_path, options):
    _compare(_read(tmp_path, tiny(**options)), 1e-5)


def test_half_precision_is_computed_in_single(tmp_path):
    _compare(_read(tmp_path, tiny(kind=np.float16)), 1e-2)


def test_all_unknown_operators_are_named_at_once(tmp_path):
    nodes, weights = _nodes(("Mish", "faces", "a", {}), ("Selu", "a", "b", {}),
                            ("Mish", "b", "result", {}))
    with pytest.raises(Untranslatable, match="the operators Mish, Selu$"):
        onnx_translation.translate(_read(tmp_path, _as_recogniser(nodes, weights, opset=18)))


@pytest.mark.parametrize("nodes, message", [
    (_node("Transpose", perm=[1, 0, 2, 3]), "moves the batch"),
    (_node("ReduceMean", axes=[0]), "along the batch"),
    (_node("Flatten", axis=2), "mixes faces"),
    (_node("Slice", _integers(8), _integers(0), _integers(2), _integers(-1)), "backwards"),
    (_node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), "MaxPool with ceil_mode"),
    (_nodes(("Cast", "faces", "whole", dict(to=6)),
            ("Cast", "whole", "result", dict(to=1))), "Cast of activations"),
])
def test_uses_that_have_no_translation_are_named(tmp_path, nodes, message):
    nodes, weights = nodes
    row = helper.make_node("Reshape", ["result", "row"], ["embedding"])
    file = _read(tmp_path, onnx_graphs.model([*nodes, row], {**weights, "row": _integers(1, -1)},
                                             [("faces", [1, 3, SIZE, SIZE])], [("embedding", None)]))
    with pytest.raises(Untranslatable, match=message):
        onnx_translation.translate(file)(tf.zeros([2, SIZE, SIZE, 3]))
