"""MXNet parameter lists, written here by their layout, are read or refused."""

import struct

import numpy as np
import pytest

from tf_ipr.recognition.conversion import mxnet_params
from tf_ipr.recognition.conversion.tensors import CheckpointMismatch


def _list(arrays):
    data = struct.pack("<QQQ", 0x112, 0, len(arrays))
    for array in arrays.values():
        data += struct.pack("<IiI", 0xF993FAC9, 0, array.ndim)
        data += struct.pack(f"<{array.ndim}q", *array.shape) + struct.pack("<ii", 1, 0)
        data += struct.pack("<i", {"f": 0, "d": 1, "e": 2}[array.dtype.char]) + array.tobytes()
    data += struct.pack("<Q", len(arrays))
    for name in arrays:
        data += struct.pack("<Q", len(name)) + name.encode()
    return data


ARRAYS = {"arg:conv_weight": np.arange(24, dtype="<f4").reshape(2, 3, 2, 2),
          "aux:norm_moving_var": np.ones(3, "<f8"), "arg:half": np.ones([1, 4], "<f2")}


def test_arrays_are_read_by_name(tmp_path):
    (tmp_path / "w.params").write_bytes(_list(ARRAYS))
    arrays = mxnet_params.read(tmp_path / "w.params")
    assert list(arrays) == ["conv_weight", "norm_moving_var", "half"]
    for given, expected in zip(arrays.values(), ARRAYS.values()):
        np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize("spoil, message", [
    (lambda data: b"", "it ends too early"),
    (lambda data: data[:-3], "it ends too early"),
    (lambda data: b"\0" * 100, "magic number 0x112"),
    (lambda data: data[:24] + b"\0\0\0\0" + data[28:], "only dense arrays"),
    (lambda data: data[:36] + struct.pack("<q", 1 << 60) + data[44:], "it ends too early"),
    (lambda data: data[:36] + struct.pack("<q", -1) + data[44:], "has type 0 and shape"),
])
def test_damaged_lists_are_refused(tmp_path, spoil, message):
    (tmp_path / "w.params").write_bytes(spoil(_list(ARRAYS)))
    with pytest.raises(ValueError, match=f"not an MXNet parameter list: .*{message}"):
        mxnet_params.read(tmp_path / "w.params")


def test_random_damage_gives_arrays_or_a_clear_error(tmp_path):
    rng, data, path = np.random.default_rng(0), _list(ARRAYS), tmp_path / "w.params"
    for _ in range(300):
        spoilt = bytearray(data)
        spoilt[rng.integers(len(data))] = rng.integers(256)
        path.write_bytes(spoilt)
        try:
            mxnet_params.read(path)
        except ValueError as error:
            assert "not an MXNet parameter list" in str(error)


def test_details_of_layers_come_from_the_graph(tmp_path):
    (tmp_path / "s.json").write_text(
        '{"nodes": [{"op": "null", "name": "data"}, {"op": "BatchNorm", "name": "norm", '
        '"attrs": {"eps": "0.5", "fix_gamma": "True"}}]}')
    symbol = mxnet_params.read_symbol(tmp_path / "s.json")
    arrays = {f"norm_{part}": np.full([2], value, np.float32) for part, value in
              dict(gamma=7, beta=1, moving_mean=2, moving_var=0.5).items()}
    tensors = mxnet_params.MXNetTensors(arrays, symbol, "w")
    scale, shift = tensors.norm("norm", 2)        # gamma is fixed to 1, variance + eps = 1
    np.testing.assert_allclose(scale, 1.0)
    np.testing.assert_allclose(shift, -1.0)
    tensors.expect_scalar("norm", "_minus_scalar", 3.0)
    with pytest.raises(CheckpointMismatch, match="graph: norm is BatchNorm, expected _minus_s"):
        tensors.finish()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": [1]}', "\xff"])
def test_files_that_are_no_graph_are_named(tmp_path, text):
    (tmp_path / "s.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="s.json is not an MXNet symbol graph"):
        mxnet_params.read_symbol(tmp_path / "s.json")
