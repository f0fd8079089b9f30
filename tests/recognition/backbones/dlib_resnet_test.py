"""dlib's weights are read without dlib, and give dlib's embeddings."""

import numpy as np
import pytest

from tf_ipr.faces import alignment
from tf_ipr.recognition import known_face
from tf_ipr.recognition.backbones import dlib_resnet
from tf_ipr.recognition.conversion import architectures, dlib_weights
from tf_ipr.recognition.conversion.tensors import CheckpointMismatch


def _integer(value):
    data = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "little")
    return bytes([len(data)]) + data


def _layer(name, values, before=b""):
    values = np.asarray(values, "<f4")
    shape = b"".join(_integer(n) for n in (len(values), 1, 1, 1))
    return bytes([1, len(name)]) + name.encode() + before + _integer(2) + shape + values.tobytes()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.dat"
    path.write_bytes(b"head" + _layer("con_4", np.arange(300)) + b"settings"
                     + _layer("fc_2", [1.5, 2.5], _integer(1) + _integer(2)) + b"end")
    return path


def test_tensors_come_in_the_order_of_the_layers(file):
    weights = dlib_weights.DlibWeights(file)
    np.testing.assert_array_equal(weights.take("con_4", 300), np.arange(300))
    np.testing.assert_array_equal(weights.take("fc_2", 2), [1.5, 2.5])
    weights.finish()


def test_other_networks_are_refused(file, tmp_path):
    with pytest.raises(CheckpointMismatch, match="has 300 parameters .* expected 301"):
        dlib_weights.DlibWeights(file).take("con_4", 301)
    with pytest.raises(CheckpointMismatch, match="expected a layer affine_ with 4 parameters"):
        dlib_weights.DlibWeights(file).take("affine_", 4)
    cut = tmp_path / "cut.dat"
    cut.write_bytes(file.read_bytes()[:500])
    with pytest.raises(CheckpointMismatch, match="ends within layer con_4"):
        dlib_weights.DlibWeights(cut).take("con_4", 300)
    (tmp_path / "long.dat").write_bytes(bytes(5000))
    with pytest.raises(CheckpointMismatch, match="5000 bytes are left"):
        dlib_weights.DlibWeights(tmp_path / "long.dat").finish()
    with pytest.raises(CheckpointMismatch, match="not dlib's face recognition network"):
        dlib_resnet.from_dlib(dlib_weights.DlibWeights(tmp_path / "long.dat"))


def test_embeddings_are_those_of_dlibs_own_module():
    dlib = pytest.importorskip("dlib")
    try:
        path = dlib_weights.installed_path()
    except ImportError as error:
        pytest.skip(str(error))
    architecture = architectures.ARCHITECTURES["dlib_resnet"]
    crop = alignment.align(known_face.image()[None].astype(np.float32),
                           known_face.LANDMARKS[None], 150, dlib_resnet.TEMPLATE)[0].numpy()
    chips = [np.round(crop).astype(np.uint8),
             np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)]
    scale, shift = architecture.facts.scale_and_shift
    ours = architecture.build(path)(np.stack(chips) * scale + shift).numpy()
    reference = dlib.face_recognition_model_v1(str(path))
    for chip, embedding in zip(chips, ours):
        np.testing.assert_allclose(embedding, reference.compute_face_descriptor(chip), atol=1e-5)
