"""PyTorch checkpoints: both file formats, and never code."""

import os
import pickle

import numpy as np
import pytest

from tf_ipr.recognition.conversion import pytorch_checkpoint
from tf_ipr.recognition.conversion.pytorch_checkpoint import UnsafeCheckpoint, read

torch = pytest.importorskip("torch")

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.float16)}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3},
                                  lambda s: {f"module.{k}": v for k, v in s.items()}],
                         ids=["plain", "wrapped", "parallel"])
def test_both_formats_are_read(tmp_path, zipped, wrap):
    torch.save(wrap(STATE), tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    arrays = read(tmp_path / "w.pt")
    assert list(arrays) == ["a.weight", "b"]
    np.testing.assert_array_equal(arrays["a.weight"], [[0, 1, 2], [3, 4, 5]])
    assert arrays["b"].dtype == np.float32


class _Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_code_is_refused_and_not_run(tmp_path, zipped):
    trace = tmp_path / "trace"
    torch.save({"w": _Malicious(str(trace))}, tmp_path / "bad.pt",
               _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnsafeCheckpoint, match="was refused, because loading them could run code"):
        read(tmp_path / "bad.pt")
    assert not trace.exists()


def test_whole_modules_are_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    with pytest.raises(UnsafeCheckpoint, match="plain state dict"):
        read(tmp_path / "module.pt")


def test_plain_pickle_with_code_is_refused(tmp_path):
    trace = tmp_path / "trace"
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(_Malicious(str(trace))))
    with pytest.raises(ValueError):
        read(tmp_path / "bad.pkl")
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"no checkpoint", os.urandom(2000)])
def test_other_files_are_named(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(ValueError, match="x.pt"):
        read(tmp_path / "x.pt")


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {}, torch.ones(3)])
def test_files_without_a_dict_of_tensors_are_named(tmp_path, content):
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(ValueError, match="holds no dict of tensors; save model.state_dict"):
        read(tmp_path / "x.pt")


def test_missing_file_and_missing_pytorch_are_named(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent.pt")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ImportError, match="needs PyTorch 2 or newer: pip install torch"):
        pytorch_checkpoint.read(tmp_path / "absent.pt")
