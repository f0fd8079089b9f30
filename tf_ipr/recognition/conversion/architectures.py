"""The recognisers that can be converted: how each is read, built and fed.

A new architecture is a file in `backbones` and an entry here.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

import tensorflow as tf

from tf_ipr.recognition.backbones import cosface20, curricularface_ir101, dlib_resnet, mobilefacenet
from tf_ipr.recognition.conversion import dlib_weights, mxnet_params, pytorch_checkpoint
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


def _pytorch(from_pytorch) -> Callable[[str], tf.keras.Model]:
    def build(path) -> tf.keras.Model:
        tensors = pytorch_checkpoint.PyTorchTensors(pytorch_checkpoint.read(path), str(path))
        model = from_pytorch(tensors)
        tensors.finish()
        return model

    return build


def _mobilefacenet_mxnet(path) -> tf.keras.Model:
    symbol = mxnet_params.read_symbol(symbol_path(path))
    tensors = mxnet_params.MXNetTensors(mxnet_params.read(path), symbol, str(path))
    model = mobilefacenet.from_mxnet(tensors)
    tensors.finish()
    return model


def _dlib_resnet(path) -> tf.keras.Model:
    weights = dlib_weights.DlibWeights(path)
    model = dlib_resnet.from_dlib(weights)
    weights.finish()
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


def _registry() -> dict[str, Architecture]:
    imagenet = range_from_mean([255 * x for x in (0.485, 0.456, 0.406)],
                               [255 * x for x in (0.229, 0.224, 0.225)])
    signed = range_from_mean([127.5] * 3, [127.5] * 3)
    return {
        "cosface20": Architecture(_pytorch(cosface20.from_pytorch), Description(
            name="cosface20", architecture="cosface20", size=cosface20.SIZE,
            value_range=range_from_mean([127.5] * 3, [128] * 3),
            template=cosface20.TEMPLATE.tolist(), embedding_size=cosface20.EMBEDDING_SIZE,
            licence="unknown",
            source="https://github.com/MuggleWang/CosFace_pytorch")),
        "curricularface_ir101": Architecture(
            _pytorch(curricularface_ir101.from_pytorch), Description(
                name="curricularface_ir101", architecture="curricularface_ir101",
                size=curricularface_ir101.SIZE, value_range=signed,
                embedding_size=curricularface_ir101.EMBEDDING_SIZE, licence="MIT",
                source="https://github.com/HuangYG123/CurricularFace")),
        "dlib_resnet": Architecture(_dlib_resnet, Description(
            name="dlib_resnet", architecture="dlib_resnet", size=dlib_resnet.SIZE,
            value_range=range_from_mean(dlib_resnet.MEAN, [dlib_resnet.SCALE] * 3),
            template=dlib_resnet.TEMPLATE.tolist(), embedding_size=dlib_resnet.EMBEDDING_SIZE,
            distance="euclidean", threshold=0.92, licence="public domain",
            source="https://pypi.org/project/face_recognition_models")),
        "mobilefacenet_pytorch": Architecture(_pytorch(mobilefacenet.from_pytorch), Description(
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
