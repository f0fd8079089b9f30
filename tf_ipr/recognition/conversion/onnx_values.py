"""What passes between translated ONNX operators: tensors that know their order of dimensions."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


class Untranslatable(ValueError):
    """An ONNX graph has something that has no translation; the text names it."""


@dataclasses.dataclass(frozen=True)
class Value:
    """An activation: a tensor whose first dimension is the batch.

    Attributes:
        tensor: float32.
        channels_last: whether a [B, C, H, W] of the ONNX graph is held as [B, H, W, C].
    """

    tensor: tf.Tensor
    channels_last: bool = False

    def last(self) -> tf.Tensor:
        """[B, H, W, C] of a [B, C, H, W]."""
        if self.channels_last:
            return self.tensor
        if len(self.tensor.shape) != 4:
            raise Untranslatable(
                f"a layer of pictures that is given {len(self.tensor.shape)} dimensions")
        return tf.transpose(self.tensor, _TO_LAST)

    def plain(self) -> tf.Tensor:
        """In the order of the ONNX graph."""
        return tf.transpose(self.tensor, _TO_FIRST) if self.channels_last else self.tensor

    @property
    def shape(self) -> list[int | None]:
        """In the order of the ONNX graph; None for the batch."""
        shape = self.tensor.shape.as_list()
        return [shape[axis] for axis in _TO_FIRST] if self.channels_last else shape


@dataclasses.dataclass
class Node:
    """An operator of the graph: names of what it reads and makes, its settings, and how the file has it."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    settings: dict[str, Any]
    proto: Any


class Operation:
    """One node with what it is given.

    Attributes:
        kind: the operator's name.
    """

    def __init__(self, node: Node, values: list[Any]):
        """Takes the node's inputs: `Value`s, NumPy arrays, or None for one that is left out."""
        self.kind = node.kind
        self._node, self._values = node, values

    def get(self, name: str, default):
        """A setting, with bytes as text and sequences as lists."""
        return self._node.settings.get(name, default)

    def sets(self, name: str) -> bool:
        """Whether the node has a setting of that name."""
        return name in self._node.settings

    def given(self, values: list[Any]) -> Operation:
        """The same node with other inputs."""
        return Operation(self._node, values)

    def has(self, index: int) -> bool:
        return index < len(self._values) and self._values[index] is not None

    def count(self) -> int:
        return len(self._values)

    def outputs(self) -> int:
        return len(self._node.outputs)

    def value(self, index: int):
        """An input as it is: a `Value` or an array."""
        return self._values[index]

    def is_constant(self, index: int) -> bool:
        return isinstance(self._values[index], np.ndarray)

    def constant(self, index: int) -> np.ndarray:
        """An input that must be known; floats as float32."""
        if not self.has(index) or not self.is_constant(index):
            raise Untranslatable(f"a {self.kind} whose input {index} is computed")
        array = self._values[index]
        return array.astype(np.float32) if array.dtype.kind == "f" else array

    def picture(self, index: int) -> tf.Tensor:
        """An activation as [B, H, W, C]."""
        if self.is_constant(index):
            raise Untranslatable(f"a {self.kind} of constants")
        return self._values[index].last()

    def plain(self, index: int):
        """An input in the order of the graph."""
        return self.constant(index) if self.is_constant(index) else self._values[index].plain()

    def integers(self, name: str, index: int, default=None) -> list[int] | None:
        """What is a setting in old versions of an operator and an input in new ones."""
        if name in self._node.settings:
            given = self._node.settings[name]
            return list(given) if isinstance(given, (list, tuple)) else [given]
        if self.has(index):
            return self.constant(index).astype(int).ravel().tolist()
        return default
