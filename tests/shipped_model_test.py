"""The model that ships: it is exact, small, and its golden streams decode for ever."""

import dataclasses
import hashlib
import importlib.util
import json
import os
import pathlib

import numpy as np
import pytest

import tf_ipr
from tf_ipr.files import image_file
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.models import frozen_network, model_folder
from tf_ipr.models.codec import TensorFlowCodec

_HERE = pathlib.Path(__file__).parent
_GOLDEN = _HERE / "golden"
_CASES = [(size, quality) for size in ("33x50", "128x128") for quality in (1, 50, 100)]


@pytest.fixture(scope="module")
def codec():
    return TensorFlowCodec.load()


@pytest.fixture(scope="module")
def reference_decoder():
    path = _HERE / "coding" / "reference_decoder.py"
    spec = importlib.util.spec_from_file_location("reference_decoder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _image(size):
    width, height = map(int, size.split("x"))
    asset = pathlib.Path(tf_ipr.__file__).parent / "assets" / "astronaut.png"
    image = image_file.read_image(asset)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top:top + height, left:left + width]


def _hash(symbols):
    digest = hashlib.sha256()
    for part in symbols:
        digest.update(np.ascontiguousarray(part, "<i4").tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("size, quality", _CASES)
def test_golden_streams_decode_to_their_symbols(codec, reference_decoder, size, quality):
    path = _GOLDEN / f"{size}_q{quality}.ipr"
    if os.environ.get("TF_IPR_WRITE_GOLDEN"):
        path.write_bytes(codec.compress(_image(size), quality=quality))
        record = json.loads((_GOLDEN / "symbols.json").read_text()) if (
            _GOLDEN / "symbols.json").exists() else {}
        record[path.name] = _hash(codec.symbols(path.read_bytes()))
        (_GOLDEN / "symbols.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    stream = path.read_bytes()
    expected = json.loads((_GOLDEN / "symbols.json").read_text())[path.name]
    assert _hash(codec.symbols(stream)) == expected
    with np.load(shipped_models.folder() / "entropy.npz") as arrays:
        decoded = reference_decoder.decode_stream(stream, dict(arrays))
    assert _hash((decoded["z"], decoded["y"])) == expected


def test_golden_streams_show_what_was_coded(codec):
    for size, minimum_psnr_db in (("33x50", 20), ("128x128", 22)):
        image = _image(size).astype(float)
        psnr_db = []
        for quality in (1, 50, 100):
            decoded = codec.decompress((_GOLDEN / f"{size}_q{quality}.ipr").read_bytes())
            psnr_db.append(10 * np.log10(255 ** 2 / np.mean((image - decoded) ** 2)))
        assert psnr_db == sorted(psnr_db)
        assert psnr_db[-1] > minimum_psnr_db + 8


def test_every_sum_of_the_integer_network_is_exact_in_float32():
    with np.load(shipped_models.folder() / "entropy.npz") as arrays:
        network = frozen_network.FrozenHyperSynthesis.from_arrays(arrays)
    assert frozen_network.check_bound(network.layers) < 2 ** 24


def test_the_model_id_is_that_of_its_files(codec):
    with np.load(shipped_models.folder() / "entropy.npz") as arrays:
        assert model_folder.model_id_of(dict(arrays)) == codec.model_id


@pytest.mark.parametrize("parts, megabytes", [
    (["config.json", "entropy.npz", "weights.npz"], 12), (["encoder.tflite"], 6),
    (["decoder.tflite"], 6),
    (["decoder/**/*"], 6)])
def test_the_shipped_artefacts_are_small(parts, megabytes):
    files = [p for part in parts for p in shipped_models.folder().glob(part) if p.is_file()]
    assert len(files) >= len(parts)
    assert sum(p.stat().st_size for p in files) <= megabytes * 1e6


def test_a_stream_finds_the_shipped_model_that_made_it(codec):
    image = _image("33x50")
    assert shipped_models.folder_of_stream(codec.compress(image)) == shipped_models.folder()
    for name in shipped_models.ALIGNED.values():
        aligned = TensorFlowCodec.load(shipped_models.folder(name))
        stream = aligned.compress(image)
        assert shipped_models.folder_of_stream(stream) == shipped_models.folder(name)
        assert aligned.decompress(stream).shape == image.shape


def test_a_stream_of_no_shipped_model_is_refused_by_name(codec):
    header, states, words, _ = bitstream.parse(codec.compress(_image("33x50")))
    foreign = bitstream.pack(dataclasses.replace(header, model_id="01234567"), states, words)
    with pytest.raises(ValueError, match="made with model 01234567; the shipped models are"):
        shipped_models.folder_of_stream(foreign)


def test_the_model_of_a_stream_is_found_whatever_size_it_declares(codec):
    large = bitstream.Header(1 << 15, 1 << 15, 50.0, codec.model_id)
    assert shipped_models.folder_of_stream(large.to_bytes()) == shipped_models.folder()
