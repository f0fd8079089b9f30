"""Both MobileFaceNets equal an independent evaluation of their published graphs in PyTorch."""

import json

import numpy as np
import pytest

from tests.trained_norms import with_trained_norms
from tf_ipr.recognition.backbones import mobilefacenet
from tf_ipr.recognition.conversion import mxnet_params, pytorch_checkpoint
from tf_ipr.recognition.conversion.tensors import CheckpointMismatch

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

_BLOCKS = [(2, 64, 2)] + [(2, 64, 1)] * 4 + [(4, 128, 2)] + [(2, 128, 1)] * 6 + [
    (4, 128, 2)] + [(2, 128, 1)] * 2


class _Reference(nn.Module):
    """foamliu/MobileFaceNet by its keys, with convolutions and norms as separate modules."""

    def __init__(self):
        super().__init__()

        def unit(inputs, outputs, size, stride=1, groups=1):
            return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2,
                                           groups=groups, bias=False),
                                 nn.BatchNorm2d(outputs), nn.ReLU6())

        def holder(**parts):
            module = nn.Module()
            for name, part in parts.items():
                setattr(module, name, part)
            return module

        self.conv1 = unit(3, 64, 3, 2)
        self.dw_conv = holder(depthwise=nn.Conv2d(64, 64, 3, 1, 1, groups=64, bias=False),
                              pointwise=nn.Conv2d(64, 64, 1, bias=False),
                              bn1=nn.BatchNorm2d(64), bn2=nn.BatchNorm2d(64))
        blocks, inputs = [], 64
        for expansion, outputs, stride in _BLOCKS:
            width = inputs * expansion
            blocks.append(holder(conv=nn.Sequential(
                unit(inputs, width, 1), unit(width, width, 3, stride, width),
                nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs))))
            inputs = outputs
        self.features = nn.ModuleList(blocks)
        self.conv2 = unit(128, 512, 1)
        self.gdconv = holder(depthwise=nn.Conv2d(512, 512, 7, groups=512, bias=False),
                             bn=nn.BatchNorm2d(512))
        self.conv3 = nn.Conv2d(512, 128, 1)
        self.bn = nn.BatchNorm2d(128)

    def forward(self, x):
        x = self.conv1(x)
        x = functional.relu(self.dw_conv.bn1(self.dw_conv.depthwise(x)))
        x = functional.relu(self.dw_conv.bn2(self.dw_conv.pointwise(x)))
        for block, (_, outputs, stride) in zip(self.features, _BLOCKS):
            y = block.conv(x)
            x = x + y if stride == 1 and x.shape[1] == outputs else y
        x = self.gdconv.bn(self.gdconv.depthwise(self.conv2(x)))
        return self.bn(self.conv3(x)).flatten(1)


def _arrays(module):
    return {key: value.numpy() for key, value in module.state_dict().items()}


def _cosines(ours, theirs):
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    return np.sum(ours * theirs, -1) / np.linalg.norm(ours, axis=-1) / np.linalg.norm(
        theirs, axis=-1)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).normal(0, 1, (2, 112, 112, 3)).astype(np.float32)


def _check_pytorch(reference, pixels):
    tensors = pytorch_checkpoint.PyTorchTensors(_arrays(reference), "reference")
    model = mobilefacenet.from_pytorch(tensors)
    tensors.finish()
    with torch.no_grad():
        theirs = reference(torch.from_numpy(pixels.transpose(0, 3, 1, 2)))
    assert np.all(_cosines(model(pixels), theirs.numpy()) > 0.99999)


def test_pytorch_flavour_with_random_weights(pixels):
    _check_pytorch(with_trained_norms(_Reference()), pixels)


def test_pytorch_flavour_with_the_published_weights(shared_dir, pixels):
    path = shared_dir / "recognizers/mobilefacenet_arcface_ms1m.pt"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    reference = _Reference()
    reference.load_state_dict(torch.load(path, "cpu", weights_only=True))
    _check_pytorch(reference.eval(), pixels)


def test_differences_of_a_checkpoint_are_listed():
    arrays = _arrays(_Reference())
    del arrays["conv3.bias"]
    arrays["conv1.0.weight"] = arrays["conv1.0.weight"][:32]
    arrays["head.weight"] = np.zeros([3])
    tensors = pytorch_checkpoint.PyTorchTensors(arrays, "face.pt")
    mobilefacenet.from_pytorch(tensors)
    with pytest.raises(CheckpointMismatch) as error:
        tensors.finish()
    for text in ("face.pt does not fit the architecture, 3 differences",
                 "missing: conv3.bias (128,)", "not used: head.weight (3,)",
                 "shape: conv1.0.weight is (32, 3, 3, 3), expected (64, 3, 3, 3)"):
        assert text in str(error.value)


def _run_symbol(symbol_path, arrays, pixels):
    """Evaluates an MXNet graph node by node."""
    graph = json.loads(symbol_path.read_text())
    values = []
    for node in graph["nodes"]:
        attributes = {key: mxnet_params._parse(value)
                      for key, value in node.get("attrs", {}).items()}
        x = [values[index] for index, *_ in node["inputs"]]
        op = node["op"]
        if op == "null":
            y = pixels if node["name"] == "data" else torch.tensor(arrays[node["name"]])
        elif op == "_minus_scalar":
            y = x[0] - attributes["scalar"]
        elif op == "_mul_scalar":
            y = x[0] * attributes["scalar"]
        elif op == "Convolution":
            y = functional.conv2d(x[0], x[1], None, attributes["stride"], attributes["pad"],
                                  groups=attributes["num_group"])
        elif op == "BatchNorm":
            gamma = torch.ones_like(x[1]) if attributes["fix_gamma"] else x[1]
            y = functional.batch_norm(x[0], x[3], x[4], gamma, x[2],
                                      eps=attributes.get("eps", 1e-3))
        elif op == "LeakyReLU":
            y = functional.prelu(x[0], x[1])
        elif op == "elemwise_add":
            y = x[0] + x[1]
        else:
            assert op == "FullyConnected"
            y = functional.linear(x[0].flatten(1), x[1], x[2])
        values.append(y)
    return values[graph["heads"][0][0]]


def test_mxnet_flavour_equals_its_symbol_graph(shared_dir):
    path = shared_dir / "recognizers/mobilefacenet_y1_ms1m.params"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    symbol_path = path.with_suffix(".symbol.json")
    arrays = mxnet_params.read(path)
    tensors = mxnet_params.MXNetTensors(arrays, mxnet_params.read_symbol(symbol_path), str(path))
    model = mobilefacenet.from_mxnet(tensors)
    tensors.finish()
    grey = np.random.default_rng(1).uniform(0, 255, (2, 112, 112, 3)).astype(np.float32)
    theirs = _run_symbol(symbol_path, arrays, torch.from_numpy(grey.transpose(0, 3, 1, 2)))
    assert np.all(_cosines(model((grey - 127.5) / 128), theirs.numpy()) > 0.99999)
