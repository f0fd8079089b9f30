"""The recognisers that can be converted: how each is read, built and fed.

A new architecture is a file in `backbones` and an entry here.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Callable, Dict

import tensorflow as tf

from tf_ipr.recognition.backbones import mobilefacenet
from tf_ipr.recognition.conversion import mxnet_params, pytorch_checkpoint
from tf_ipr.recognition.description import Description, range_from_mean


@dataclasses.dataclass(frozen=True)
class Architecture:
    """How to make a recogniser from a checkpoint file.

    Attributes:
        build: path of the checkpoint → Keras model; raises ValueError where they do not fit.
        facts: the description, but for the fields that depend on the checkpoint. `licence` and
            `source` name the published weights; flags override them.
    """

    build: Callable[[str], tf.keras.Model]
    facts: Description


def _mobilefacenet_pytorch(path) -> tf.keras.Model:
    tensors = pytorch_checkpoint.PyTorchTensors(pytorch_checkpoint.read(path), str(path))
    model = mobilefacenet.from_pytorch(tensors)
    tensors.finish()
    return model


def _mobilefacenet_mxnet(path) -> tf.keras.Model:
    symbol = mxnet_params.read_symbol(symbol_path(path))
    tensors = mxnet_params.MXNetTensors(mxnet_params.read(path), symbol, str(path))
    model = mobilefacenet.from_mxnet(tensors)
    tensors.finish()
    return model


def symbol_path(params_path) -> pathlib.Path:
    """The symbol graph that belongs to `NAME.params`: `NAME.symbol.json` beside it."""
    path = pathlib.Path(params_path)
    symbol = path.with_name(path.name[:-len(".params")] + ".symbol.json"
                            if path.name.endswith(".params") else path.name + ".symbol.json")
    if not symbol.is_file():
        raise ValueError(f"{symbol} is missing: an MXNet checkpoint needs its symbol graph "
                         "beside it")
    return symbol


def _registry() -> Dict[str, Architecture]:
    imagenet = range_from_mean([255 * x for x in (0.485, 0.456, 0.406)],
                               [255 * x for x in (0.229, 0.224, 0.225)])
    return {
        "mobilefacenet_pytorch": Architecture(_mobilefacenet_pytorch, Description(
            name="mobilefacenet", architecture="mobilefacenet_pytorch",
            size=mobilefacenet.SIZE, value_range=imagenet,
            embedding_size=mobilefacenet.EMBEDDING_SIZE, licence="Apache-2.0",
            source="https://github.com/foamliu/MobileFaceNet")),
        "mobilefacenet_mxnet": Architecture(_mobilefacenet_mxnet, Description(
            name="mobilefacenet", architecture="mobilefacenet_mxnet",
            size=mobilefacenet.SIZE, value_range=range_from_mean([127.5] * 3, [128] * 3),
            embedding_size=mobilefacenet.EMBEDDING_SIZE, licence="MIT (code); weights: "
            "non-commercial research", source="https://github.com/deepinsight/insightface")),
    }


ARCHITECTURES = _registry()
