"""CompressAI's hyperprior: our file holds its strings. Trained weights are not needed for that."""

import importlib.util

import numpy as np
import pytest

from tf_ipr.evaluation.codecs import compressai_codec
from tf_ipr.evaluation.codecs.compressai_codec import HYPERPRIOR


@pytest.mark.skipif(importlib.util.find_spec("compressai") is not None, reason="it is installed")
def test_without_compressai_it_says_so():
    assert HYPERPRIOR.unavailable_reason() == "CompressAI is not installed; pip install compressai"
    with pytest.raises(ValueError, match="bmshj2018-hyperprior is not available: CompressAI"):
        HYPERPRIOR.encode(np.zeros([64, 64, 3], np.uint8), 1)


@pytest.mark.parametrize("height, width", [(64, 64), (65, 100)])
def test_the_file_decodes_to_what_the_network_decodes(monkeypatch, height, width):
    zoo = pytest.importorskip("compressai.zoo")
    import torch

    torch.manual_seed(0)
    network = zoo.bmshj2018_hyperprior(1, pretrained=False).eval()
    network.update(force=True)
    monkeypatch.setattr(compressai_codec, "_network", lambda quality: network)
    monkeypatch.setattr(compressai_codec, "_unavailable_reason", lambda: None)
    image = np.random.default_rng(0).integers(0, 255, [height, width, 3]).astype(np.uint8)
    data = HYPERPRIOR.encode(image, 1)
    padded = np.pad(image, [(0, -height % 64), (0, -width % 64), (0, 0)], "edge")
    pixels = torch.from_numpy(padded.transpose(2, 0, 1)[None].copy()).float() / 255
    with torch.no_grad():
        coded = network.compress(pixels)
        expected = network.decompress(coded["strings"], coded["shape"])["x_hat"][0]
    expected = (expected * 255).round().clamp(0, 255).numpy().transpose(1, 2, 0)
    np.testing.assert_array_equal(HYPERPRIOR.decode(data), expected[:height, :width])
    assert len(data) == sum(len(part[0]) for part in coded["strings"]) + HYPERPRIOR.container_bytes(data)
