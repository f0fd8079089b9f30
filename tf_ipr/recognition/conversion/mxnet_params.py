"""MXNet parameter lists and symbol graphs, read without MXNet.

Layout of a `.params` file, little endian (MXNet 1.x, `src/ndarray/ndarray.cc`):

    uint64 0x112, uint64 0                         magic number of a list, reserved
    uint64 n, then n arrays:
        uint32 0xF993FAC9                          version 2 of a stored array
        int32  0                                   storage type: dense
        uint32 d, int64 × d                        shape
        int32, int32                               device type and number
        int32                                      type: 0 float32, 1 float64, 2 float16
        values
    uint64 n, then n times: uint64 length, name    "arg:NAME" or "aux:NAME"
"""

from __future__ import annotations

import ast
import json
import pathlib
import struct

import numpy as np

from tf_ipr.recognition.conversion import tensors

_LIST_MAGIC, _ARRAY_MAGIC = 0x112, 0xF993FAC9
_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f8"), 2: np.dtype("<f2")}


class _Reader:
    """Bytes taken from the front, with a clear error where they end."""

    def __init__(self, data: bytes, path):
        self._data, self._path, self._at = data, path, 0

    def unpack(self, form: str):
        values = struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))
        return values[0] if len(values) == 1 else values

    def bytes(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise self.error("it ends too early")
        self._at += count
        return self._data[self._at - count:self._at]

    def error(self, reason: str) -> ValueError:
        return ValueError(f"{self._path} is not an MXNet parameter list: {reason}")


def read(path) -> dict[str, np.ndarray]:
    """Reads a `.params` file: arrays by name, without the prefixes "arg:" and "aux:".

    Raises:
        ValueError: if the file is no such list, is cut off, or has arrays of other kinds.
        OSError: if it cannot be read.
    """
    reader = _Reader(pathlib.Path(path).read_bytes(), path)
    if reader.unpack("QQ") != (_LIST_MAGIC, 0):
        raise reader.error("it does not begin with the magic number 0x112")
    arrays = [_read_array(reader) for _ in range(reader.unpack("Q"))]
    if reader.unpack("Q") != len(arrays):
        raise reader.error("there are not as many names as arrays")
    names = [reader.bytes(reader.unpack("Q")).decode("utf-8", "replace") for _ in arrays]
    return {name.split(":", 1)[-1]: array for name, array in zip(names, arrays)}


def _read_array(reader: _Reader) -> np.ndarray:
    magic, storage, rank = reader.unpack("IiI")
    if magic != _ARRAY_MAGIC or storage != 0 or rank > 8:
        raise reader.error(f"an array has magic {magic:#x}, storage {storage}, rank {rank}; "
                           "only dense arrays of MXNet 1.x are known")
    shape = [reader.unpack("q") for _ in range(rank)]
    reader.unpack("ii")
    kind = reader.unpack("i")
    if kind not in _TYPES or any(length < 0 for length in shape):
        raise reader.error(f"an array has type {kind} and shape {shape}")
    count = int(np.prod(shape, dtype=object)) if shape else 1
    return np.frombuffer(reader.bytes(count * _TYPES[kind].itemsize), _TYPES[kind]).reshape(shape)


def read_symbol(path) -> dict[str, dict]:
    """Attributes of every operator in a symbol graph, by name, values parsed.

    Returns:
        For example {"conv_1_conv2d": {"op": "Convolution", "kernel": (3, 3), ...}, ...}, in the
        graph's order.

    Raises:
        ValueError: if the file is no symbol graph.
        OSError: if it cannot be read.
    """
    try:
        nodes = json.loads(pathlib.Path(path).read_text("utf-8"))["nodes"]
        return {node["name"]: {"op": node["op"], **{
            key: _parse(value) for key, value in (node.get("attrs") or {}).items()}}
            for node in nodes if node["op"] != "null"}
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError,
            json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not an MXNet symbol graph ({error!r})") from error


def _parse(value: str):
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


class MXNetTensors(tensors.Tensors):
    """Tensors with MXNet's names and orders; details of layers come from the symbol graph."""

    def __init__(self, arrays: dict[str, np.ndarray], symbol: dict[str, dict], source: str):
        super().__init__(arrays, source)
        self._symbol = symbol

    def attributes(self, name: str, op: str) -> dict:
        """The graph's attributes of operator `name`, which must be an `op`."""
        node = self._symbol.get(name, {"op": "nothing"})
        if node["op"] != op:
            self._differences.append(f"graph: {name} is {node['op']}, expected {op}")
        return node

    def expect_scalar(self, name: str, op: str, value: float) -> None:
        """Notes a difference unless operator `name` applies `op` with the constant `value`."""
        scalar = self.attributes(name, op).get("scalar")
        if scalar != value:
            self._differences.append(f"graph: {name} has the constant {scalar}, expected {value}")

    def conv(self, name: str, size: int, inputs: int, outputs: int) -> np.ndarray:
        """Kernel [size, size, inputs, outputs] of a Convolution without bias."""
        self.attributes(name, "Convolution")
        kernel = self.take(f"{name}_weight", [outputs, inputs, size, size])
        return kernel.transpose(2, 3, 1, 0)

    def depthwise(self, name: str, size: int, channels: int) -> np.ndarray:
        """Kernel [size, size, channels, 1] of a depthwise Convolution without bias."""
        self.attributes(name, "Convolution")
        return self.take(f"{name}_weight", [channels, 1, size, size]).transpose(2, 3, 0, 1)

    def norm(self, name: str, channels: int):
        """(scale, shift) of a BatchNorm; MXNet's defaults are eps=1e-3 and fix_gamma=True."""
        attributes = self.attributes(name, "BatchNorm")
        gamma = self.take(f"{name}_gamma", [channels])
        if attributes.get("fix_gamma", True):
            gamma = np.ones(channels)
        return tensors.norm_to_affine(
            gamma, self.take(f"{name}_beta", [channels]),
            self.take(f"{name}_moving_mean", [channels]),
            self.take(f"{name}_moving_var", [channels]), attributes.get("eps", 1e-3))
