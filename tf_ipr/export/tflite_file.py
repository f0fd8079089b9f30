"""TFLite files: conversion, the check of operations, half-size weights, what a file says.

A file is a TFLite model with a zip archive appended, as TFLite's own metadata does it: runtimes
ignore it, `unzip -p encoder.tflite metadata.json` and Python's zipfile read it.
"""

from __future__ import annotations

import collections
import io
import json
import zipfile

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from tf_ipr.export.export_error import ExportError

METADATA = "metadata.json"
_SMALLEST_HALVED = 1024  # numbers; below, the operation that widens them costs more than it saves
_FINEST = 24  # Integers are tried in steps of 1 to 2^-23.
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items()
              if isinstance(value, int)}
# Runtimes take this entry as leave to compute in half precision; the exact part cannot survive it.
_HALF_PRECISION_LEAVE = b"reduced_precision_support"


def convert(function, module: tf.Module, signature: str) -> schema.ModelT:
    """A `tf.function` with an input signature and its owner -> TFLite model in float32.

    Raises:
      ExportError: it needs operations that TFLite does not have built in.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    # A `TensorArray` is written in place; else each write would copy it in three pieces.
    converter._experimental_enable_dynamic_update_slice = True  # pylint: disable=protected-access
    try:
        content = converter.convert()
    except Exception as error:  # The converter has several kinds, some of them private.
        raise ExportError(f"TFLite cannot hold `{signature}` with built-in operations: "
                          f"{error}") from error
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    model.signatureDefs[0].signatureKey = signature.encode()
    model.metadata = [entry for entry in model.metadata or []
                      if entry.name != _HALF_PRECISION_LEAVE]
    share_constants(model)
    return model


def operations(model: schema.ModelT) -> collections.Counter:
    """How often each operation stands in the file, all subgraphs together.

    Raises:
      ExportError: one of them is custom, TensorFlow's ("Flex") included.
    """
    custom = sorted(code.customCode.decode() for code in model.operatorCodes if code.customCode)
    if custom:
        raise ExportError(f"The graph needs the custom operations {', '.join(custom)}; an encoder "
                          "consists of TFLite's built-in ones.")
    return collections.Counter(_operator_name(model, operator) for graph in model.subgraphs
                               for operator in graph.operators)


def halve_weights(model: schema.ModelT) -> int:
    """Stores the filters of convolutions and products in fewer bytes; returns how many it did.

    Integers within ±127, and the same divided by a power of two, become int8, which does not change
    them; all others float16. They are widened to float32 when the file is loaded; nothing is computed
    in less. Biases stay: they may be integers that float16 does not hold.
    """
    graph = model.subgraphs[0]
    filters = sorted({operator.inputs[1] for operator in graph.operators
                      if _operator_name(model, operator) in ("CONV_2D", "FULLY_CONNECTED")})
    widen = []
    for index in filters:
        tensor, values = graph.tensors[index], constant(model, graph.tensors[index])
        if values is None or values.size < _SMALLEST_HALVED:
            continue
        graph.tensors.append(_narrow(model, tensor, values))
        tensor.buffer = 0  # the empty buffer
        operator = schema.OperatorT()
        operator.opcodeIndex = _operator_code(model, schema.BuiltinOperator.DEQUANTIZE)
        operator.inputs, operator.outputs = [len(graph.tensors) - 1], [index]
        widen.append(operator)
    graph.operators = widen + graph.operators
    return len(widen)


def _narrow(model: schema.ModelT, tensor: schema.TensorT, values: np.ndarray) -> schema.TensorT:
    """A tensor of fewer bytes that takes over the buffer of `tensor`."""
    narrow = schema.TensorT()
    narrow.shape, narrow.buffer, narrow.name = tensor.shape, tensor.buffer, tensor.name + b"/narrow"
    narrow.hasRank, narrow.isVariable = tensor.hasRank, False
    scale = _int8_scale(values)
    if scale is None:
        narrow.type, data = schema.TensorType.FLOAT16, values.astype(np.float16)
    else:
        narrow.type, data = schema.TensorType.INT8, (values / scale).astype(np.int8)
        narrow.quantization = schema.QuantizationParametersT()
        narrow.quantization.scale, narrow.quantization.zeroPoint = [scale], [0]
    model.buffers[tensor.buffer].data = np.frombuffer(data.tobytes(), np.uint8)
    return narrow


def _int8_scale(values: np.ndarray) -> float | None:
    """The largest power of two of which all values are multiples within ±127; None if there is none."""
    for exponent in range(0, -_FINEST, -1):
        scaled = values * 2.0 ** -exponent
        if np.abs(scaled).max() > 127:
            return None
        if np.array_equal(scaled, np.round(scaled)):
            return 2.0 ** exponent
    return None


def share_constants(model: schema.ModelT) -> None:
    """Stores equal constants once; the converter writes one for every loop that reads it."""
    first = {}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                tensor.buffer = first.setdefault(bytes(data), tensor.buffer)
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None


def constant(model: schema.ModelT, tensor: schema.TensorT) -> np.ndarray | None:
    """The values of a constant float32, float16 or int8 tensor, as float32; None for any other."""
    dtypes = {schema.TensorType.FLOAT32: "<f4", schema.TensorType.FLOAT16: "<f2",
              schema.TensorType.INT8: "i1"}
    data = model.buffers[tensor.buffer].data
    if tensor.type not in dtypes or data is None or not len(data):
        return None
    values = np.frombuffer(bytes(data), dtypes[tensor.type]).astype(np.float32)
    if tensor.type == schema.TensorType.INT8 and tensor.quantization is not None:
        values *= np.float32(tensor.quantization.scale[0])
    return values.reshape(tensor.shape)


def to_bytes(model: schema.ModelT, metadata: dict) -> bytes:
    """The file: the model and `metadata` as metadata.json."""
    model.description = f"tf_ipr {metadata['part']}, model {metadata['model_id']}".encode()
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    file = io.BytesIO(bytes(builder.Output()))
    with zipfile.ZipFile(file, "a") as archive:
        # A fixed date, so that equal models make equal files.
        archive.writestr(zipfile.ZipInfo(METADATA), json.dumps(metadata, indent=1) + "\n")
    return file.getvalue()


def _operator_name(model, operator) -> str:
    code = model.operatorCodes[operator.opcodeIndex]
    return _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]


def _operator_code(model, builtin: int) -> int:
    for index, code in enumerate(model.operatorCodes):
        if code.builtinCode == builtin:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 3  # the first that takes float16
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
