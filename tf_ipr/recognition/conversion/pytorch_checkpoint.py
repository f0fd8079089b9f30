"""PyTorch state dicts, read without running anything they hold."""

from __future__ import annotations

import collections.abc
import pickle

import numpy as np

from tf_ipr.recognition.conversion import tensors


class UnsafeCheckpoint(ValueError):
    """A file that holds more than tensors: unpickling it could run code."""


def read(path) -> dict[str, np.ndarray]:
    """Reads a state dict, in the legacy or the zip format.

    PyTorch files are pickles, and a pickle may run code. `weights_only=True` restricts it to
    tensors and plain containers; whatever else it meets is refused.

    Args:
        path: a `.pt` or `.pth` file: a dict of tensors, or such a dict under "state_dict". A
            prefix "module." on every key (from DataParallel) is removed.

    Returns:
        Arrays by key.

    Raises:
        ImportError: if PyTorch is not installed.
        UnsafeCheckpoint: if the file holds other objects than tensors.
        ValueError: if it is no PyTorch file, or holds no dict of tensors.
        OSError: if it cannot be read.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("reading a PyTorch checkpoint needs PyTorch 2 or newer: "
                          "pip install torch --index-url https://download.pytorch.org/whl/cpu"
                          ) from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0] if str(error) else "unpickling error"
        if "GLOBAL" in str(error) or "Unsupported" in str(error):
            raise UnsafeCheckpoint(
                f"{path} holds other objects than tensors and was refused, because loading them "
                f"could run code ({_first_global(str(error)) or reason}). Ask its author for a "
                "plain state dict.") from error
        raise ValueError(f"{path} is not a PyTorch checkpoint ({reason})") from error
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"{path} is not a PyTorch checkpoint ({error})") from error
    if isinstance(content, collections.abc.Mapping) and "state_dict" in content:
        content = content["state_dict"]
    if not isinstance(content, collections.abc.Mapping) or not content or not all(
            isinstance(value, torch.Tensor) for value in content.values()):
        raise ValueError(f"{path} holds no dict of tensors; save model.state_dict()")
    if all(key.startswith("module.") for key in content):
        content = {key[len("module."):]: value for key, value in content.items()}
    return {key: value.float().numpy() for key, value in content.items()}


def _first_global(message: str) -> str:
    """The line of PyTorch's long message that names the forbidden object."""
    lines = [line.strip() for line in message.splitlines() if "GLOBAL" in line]
    return lines[0] if lines else ""


class PyTorchTensors(tensors.Tensors):
    """Tensors with PyTorch's names and orders."""

    def __init__(self, arrays: dict[str, np.ndarray], source: str):
        super().__init__(arrays, source)
        for name in arrays:
            if name.endswith(".num_batches_tracked"):
                self.ignore(name)

    def conv(self, name: str, size: int, inputs: int, outputs: int) -> np.ndarray:
        """Kernel [size, size, inputs, outputs] of a Conv2d without bias."""
        kernel = self.take(f"{name}.weight", [outputs, inputs, size, size])
        return kernel.transpose(2, 3, 1, 0)

    def depthwise(self, name: str, size: int, channels: int) -> np.ndarray:
        """Kernel [size, size, channels, 1] of a depthwise Conv2d without bias."""
        return self.take(f"{name}.weight", [channels, 1, size, size]).transpose(2, 3, 0, 1)

    def norm(self, name: str, channels: int, learned: bool = True, epsilon: float = 1e-5):
        """(scale, shift) of a BatchNorm; `learned=False` for one made with affine=False."""
        gamma = self.take(f"{name}.weight", [channels]) if learned else np.ones(channels)
        beta = self.take(f"{name}.bias", [channels]) if learned else np.zeros(channels)
        return tensors.norm_to_affine(gamma, beta, self.take(f"{name}.running_mean", [channels]),
                                      self.take(f"{name}.running_var", [channels]), epsilon)
