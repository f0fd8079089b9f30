"""CurricularFace's IR-101 and CosFace's 20 layers equal independent modules in PyTorch."""

import numpy as np
import pytest

from tests.trained_norms import with_trained_norms
from tf_ipr.recognition.backbones import cosface20, curricularface_ir101
from tf_ipr.recognition.conversion.pytorch_checkpoint import PyTorchTensors

torch = pytest.importorskip("torch")
nn = torch.nn


class _Unit(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.shortcut_layer = nn.MaxPool2d(1, stride) if inputs == outputs else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs), nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs))

    def forward(self, x):
        return self.shortcut_layer(x) + self.res_layer(x)


class _Ir(nn.Module):
    """IR networks of the CurricularFace repository, for any number of units."""

    def __init__(self, stages):
        super().__init__()
        self.input_layer = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False),
                                         nn.BatchNorm2d(64), nn.PReLU(64))
        units, inputs = [], 64
        for channels, count in stages:
            for index in range(count):
                units.append(_Unit(inputs, channels, 2 if index == 0 else 1))
                inputs = channels
        self.body = nn.Sequential(*units)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(512), nn.Dropout(0.4), nn.Flatten(), nn.Linear(512 * 49, 512),
            nn.BatchNorm1d(512, affine=False))

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


class _SphereBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.prelu1 = nn.PReLU(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.prelu2 = nn.PReLU(channels)

    def forward(self, x):
        return x + self.prelu2(self.conv2(self.prelu1(self.conv1(x))))


class _Sphere20(nn.Module):
    """Takes crops 112 high and 96 wide."""

    def __init__(self):
        super().__init__()
        inputs = 3
        for stage, (channels, blocks) in enumerate([(64, 1), (128, 2), (256, 4), (512, 1)], 1):
            setattr(self, f"layer{stage}", nn.Sequential(
                nn.Conv2d(inputs, channels, 3, 2, 1), nn.PReLU(channels),
                *[_SphereBlock(channels) for _ in range(blocks)]))
            inputs = channels
        self.fc = nn.Linear(512 * 7 * 6, 512)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.flatten(1))


def _check(build, reference, crop):
    """Embeddings of two random faces agree; `crop` is what the reference sees of them."""
    arrays = {key: value.numpy() for key, value in reference.state_dict().items()}
    tensors = PyTorchTensors(arrays, "reference")
    model = build(tensors)
    tensors.finish()
    pixels = np.random.default_rng(0).normal(0, 1, (2, 112, 112, 3)).astype(np.float32)
    with torch.no_grad():
        theirs = reference(torch.from_numpy(
            np.ascontiguousarray(crop(pixels).transpose(0, 3, 1, 2)))).numpy()
    ours = model(pixels).numpy()
    cosines = np.sum(ours * theirs, -1) / np.linalg.norm(ours, axis=-1) / np.linalg.norm(
        theirs, axis=-1)
    assert np.all(cosines > 0.99999)


def test_ir_network_of_few_units(monkeypatch):
    stages = ((64, 2), (128, 1), (256, 2), (512, 1))
    monkeypatch.setattr(curricularface_ir101, "_STAGES", stages)
    _check(curricularface_ir101.from_pytorch, with_trained_norms(_Ir(stages)), lambda x: x)


def test_ir101_has_the_published_number_of_units():
    assert [count for _, count in curricularface_ir101._STAGES] == [3, 13, 30, 3]


def test_cosface_sees_the_middle_columns():
    _check(cosface20.from_pytorch, with_trained_norms(_Sphere20()), lambda x: x[:, :, 8:-8])
