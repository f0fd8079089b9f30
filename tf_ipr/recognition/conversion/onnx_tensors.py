"""ONNX's operators without weights in TensorFlow: arithmetic, activations, shapes, sums.

Of every activation the first dimension is the batch. What would mix faces, or needs a batch of known
size, has no translation.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from tf_ipr.recognition.conversion.onnx_values import Operation, Untranslatable, Value


def elementwise(function, inputs: int = 1):
    """An operator of that many inputs, with ONNX's broadcasting, which is NumPy's."""
    def translate(op: Operation) -> Value:
        if op.sets("axis") or op.get("broadcast", 0):
            raise Untranslatable(f"a {op.kind} of opset 6 or older, with its own broadcasting")
        tensors, channels_last = _of_one_order(op, range(inputs or op.count()))
        return Value(function(*tensors), channels_last)

    return translate


def _of_one_order(op: Operation, indices):
    """The inputs such that NumPy's rules for broadcasting hold; whether pictures are channels last."""
    values = [op.value(index) for index in indices]
    activations = [value for value in values if isinstance(value, Value)]
    pictures = all(len(value.shape) == 4 for value in activations)
    last = pictures and any(value.channels_last for value in activations)
    if not last:
        return [op.plain(index) for index in indices], False
    tensors = []
    for index, value in zip(indices, values):
        if isinstance(value, Value):
            tensors.append(value.last())
        else:
            array = op.constant(index)
            if array.ndim > 4:
                raise Untranslatable(f"a {op.kind} with a constant of {array.ndim} dimensions")
            array = array.reshape([1] * (4 - array.ndim) + list(array.shape))
            tensors.append(array.transpose(0, 2, 3, 1))
    return tensors, True


def p_relu(op: Operation) -> Value:
    """PRelu, whose slopes may be one for each channel, in whatever shape."""
    slope, x = op.constant(1), op.value(0)
    if len(x.shape) == 4 and slope.ndim == 1 and slope.size == x.shape[1]:
        slope = slope.reshape(-1, 1, 1)         # as MXNet wrote it, and as onnxruntime takes it
    (x, slope), last = _of_one_order(op.given([x, slope]), range(2))
    if np.all(slope <= 1.0):
        return Value(tf.maximum(x, x * slope), last)        # the same, in two operations
    return Value(tf.maximum(x, 0.0) + slope * tf.minimum(x, 0.0), last)


def clip(op: Operation) -> Value:
    """Clip, with limits as settings or as inputs."""
    low, high = (float(op.constant(index)) if op.has(index) else op.get(name, None)
                 for index, name in ((1, "min"), (2, "max")))
    x = op.value(0)
    y = x.tensor
    y = y if low is None else tf.maximum(y, low)
    return Value(y if high is None else tf.minimum(y, high), x.channels_last)


def _setting(function):
    """An activation function that looks at the node's settings."""
    def translate(op: Operation) -> Value:
        x = op.value(0)
        return Value(function(x.tensor, op), x.channels_last)

    return translate


def _hard_sigmoid(x, op: Operation):
    return tf.clip_by_value(op.get("alpha", 0.2) * x + op.get("beta", 0.5), 0.0, 1.0)


def _elu(x, op: Operation):
    # The exponential of a large x would make the gradient of what is not chosen infinite.
    return tf.where(x > 0, x, op.get("alpha", 1.0) * tf.math.expm1(tf.minimum(x, 0.0)))


def identity(op: Operation) -> Value:
    """Identity, and Dropout in inference."""
    return op.value(0)


def cast(op: Operation) -> Value:
    """Cast between kinds of floats: everything is computed in float32."""
    if op.get("to", 1) not in (1, 10, 11):
        raise Untranslatable("a Cast of activations to integers")
    return op.value(0)


def flatten(op: Operation) -> Value:
    """Flatten of each face."""
    x = op.plain(0)
    if op.get("axis", 1) not in (1, 1 - len(x.shape)):
        raise Untranslatable(f"a Flatten at axis {op.get('axis', 1)}, which mixes faces")
    return _reshape(x, [math.prod(x.shape[1:])])


def reshape(op: Operation) -> Value:
    """Reshape that leaves the batch alone."""
    x, target = op.plain(0), op.constant(1).tolist()
    each, inner = math.prod(x.shape[1:]), list(target[1:])
    if not op.get("allowzero", 0):
        inner = [x.shape[axis] if length == 0 else length for axis, length in enumerate(inner, start=1)]
    # The first length is the batch (-1: whatever it is; or the number that the file declares), unless
    # the rest does not hold one face. Then the parity check would fail, too.
    known = math.prod(length for length in inner if length != -1)
    if inner.count(-1) == 1 and known and each % known == 0:
        inner = [each // known if length == -1 else length for length in inner]
    if not target or math.prod(inner) != each:
        raise Untranslatable(f"a Reshape of {[None, *x.shape[1:]]} to {target}, which mixes faces")
    return _reshape(x, inner)


def _reshape(x, inner) -> Value:
    return Value(tf.reshape(x, [-1, *inner]))


def transpose(op: Operation) -> Value:
    """Transpose; between channels first and last it is only another view."""
    x, order = op.value(0), op.get("perm", None)
    if not order or order[0] != 0:
        raise Untranslatable(f"a Transpose to {order}, which moves the batch")
    if order == [0, 3, 1, 2] and not x.channels_last:
        return Value(x.tensor, channels_last=True)
    if order == [0, 2, 3, 1] and x.channels_last:
        return Value(x.tensor)
    return Value(tf.transpose(x.plain(), order))


def squeeze(op: Operation) -> Value:
    """Squeeze of dimensions other than the batch."""
    x = op.plain(0)
    axes = op.integers("axes", 1) or [axis for axis, length in enumerate(x.shape) if length == 1]
    return Value(tf.squeeze(x, _inner(op, axes, len(x.shape))))


def unsqueeze(op: Operation) -> Value:
    """Unsqueeze behind the batch."""
    x, axes = op.plain(0), op.integers("axes", 1)
    for axis in sorted(_inner(op, axes, len(x.shape) + len(axes))):
        x = tf.expand_dims(x, axis)
    return Value(x)


def concat(op: Operation) -> Value:
    """Concat of activations; of pictures along the channels without a transposition."""
    values = [op.value(index) for index in range(op.count())]
    if not all(isinstance(value, Value) for value in values):
        raise Untranslatable("a Concat of activations and constants")
    rank = len(values[0].shape)
    axis, = _inner(op, [op.get("axis", None)], rank)
    if rank == 4 and any(value.channels_last for value in values):
        return Value(tf.concat([value.last() for value in values], [0, 3, 1, 2][axis]),
                     channels_last=True)
    return Value(tf.concat([value.plain() for value in values], axis))


def split(op: Operation):
    """Split along a dimension other than the batch: a list of values."""
    x = op.value(0)
    axis, = _inner(op, [op.get("axis", 0)], len(x.shape))
    sizes = op.integers("split", 1) or op.outputs()
    place = [0, 3, 1, 2][axis] if x.channels_last else axis
    return [Value(part, x.channels_last) for part in tf.split(x.tensor, sizes, place)]


def slice_(op: Operation) -> Value:
    """Slice of dimensions other than the batch."""
    x = op.plain(0)
    starts, ends = op.integers("starts", 1), op.integers("ends", 2)
    axes = op.integers("axes", 3) or list(range(len(starts)))
    steps = op.integers("steps", 4) or [1] * len(starts)
    parts = [slice(None)] * len(x.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps):
        axis %= len(x.shape)
        if axis == 0:
            raise Untranslatable("a Slice of the batch")
        parts[axis] = slice(*slice(start, end, step).indices(x.shape[axis]))
        if step < 0:
            raise Untranslatable("a Slice that goes backwards")
    return Value(x[tuple(parts)])


def pad(op: Operation) -> Value:
    """Pad with a constant."""
    x, pads = op.plain(0), op.integers("pads", 1)
    if op.get("mode", "constant") != "constant" or op.has(3) or min(pads) < 0:
        raise Untranslatable("a Pad other than with a constant on all dimensions")
    value = float(op.constant(2)) if op.has(2) else op.get("value", 0.0)
    half = len(pads) // 2
    if pads[0] or pads[half]:
        raise Untranslatable("a Pad of the batch")
    return Value(tf.pad(x, list(zip(pads[:half], pads[half:])), constant_values=value))


def _reduce(function):
    """A sum, mean or norm over dimensions of each face."""
    def translate(op: Operation) -> Value:
        x = op.value(0)
        rank = len(x.shape)
        axes = _inner(op, op.integers("axes", 1) or list(range(rank)), rank)
        keep = bool(op.get("keepdims", 1))
        if x.channels_last and keep:
            return Value(function(x.tensor, [[0, 3, 1, 2][axis] for axis in axes], keep),
                         channels_last=True)
        return Value(function(x.plain(), axes, keep))

    return translate


def _norm(x, axes, keep):
    # The gradient of the root at 0 would be infinite.
    return tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(x), axes, keepdims=keep), 1e-24))


def lp_normalization(op: Operation) -> Value:
    """LpNormalization of order 2."""
    if op.get("p", 2) != 2:
        raise Untranslatable(f"an LpNormalization of order {op.get('p', 2)}")
    x = op.plain(0)
    axis, = _inner(op, [op.get("axis", -1)], len(x.shape))
    return Value(x / _norm(x, [axis], True))


def softmax(op: Operation) -> Value:
    """Softmax along one dimension."""
    x = op.plain(0)
    axis, = _inner(op, [op.get("axis", -1)], len(x.shape))
    return Value(tf.nn.softmax(x, axis))


def _inner(op: Operation, axes, rank: int):
    """Axes counted from the front; the batch must not be among them."""
    axes = [axis % rank for axis in axes]
    if 0 in axes:
        raise Untranslatable(f"a {op.kind} along the batch")
    return axes


OPERATORS = {
    "Abs": elementwise(tf.abs),
    "Add": elementwise(tf.add, 2),
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Div": elementwise(tf.divide, 2),
    "Dropout": identity,
    "Elu": _setting(_elu),
    "Erf": elementwise(tf.math.erf),
    "Exp": elementwise(tf.exp),
    "Flatten": flatten,
    "HardSigmoid": _setting(_hard_sigmoid),
    "HardSwish": elementwise(lambda x: x * tf.clip_by_value(x / 6 + 0.5, 0.0, 1.0)),
    "Identity": identity,
    "LeakyRelu": _setting(lambda x, op: tf.nn.leaky_relu(x, op.get("alpha", 0.01))),
    "LpNormalization": lp_normalization,
    "Max": elementwise(lambda *xs: _fold(tf.maximum, xs), 0),
    "Min": elementwise(lambda *xs: _fold(tf.minimum, xs), 0),
    "Mul": elementwise(tf.multiply, 2),
    "Neg": elementwise(tf.negative),
    "PRelu": p_relu,
    "Pad": pad,
    "Pow": elementwise(tf.pow, 2),
    "ReduceL2": _reduce(_norm),
    "ReduceMean": _reduce(lambda x, axes, keep: tf.reduce_mean(x, axes, keepdims=keep)),
    "ReduceSum": _reduce(lambda x, axes, keep: tf.reduce_sum(x, axes, keepdims=keep)),
    "Relu": elementwise(tf.nn.relu),
    "Reshape": reshape,
    "Sigmoid": elementwise(tf.sigmoid),
    "Slice": slice_,
    "Softmax": softmax,
    "Split": split,
    "Sqrt": elementwise(tf.sqrt),
    "Squeeze": squeeze,
    "Sub": elementwise(tf.subtract, 2),
    "Sum": elementwise(lambda *xs: sum(xs), 0),
    "Tanh": elementwise(tf.tanh),
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}


def _fold(function, tensors):
    first, *others = tensors
    for other in others:
        first = function(first, other)
    return first
