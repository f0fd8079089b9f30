"""Shipped models: by name from anywhere, by the id in a stream, and a folder before a name."""

import json

import pytest

from tf_ipr.format import bitstream, model_folder, shipped_models
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.model_folder import CheckpointError


def _stream_of(model_id):
    return bitstream.Header(64, 48, 50.0, model_id).to_bytes() + bytes(40)


@pytest.mark.parametrize("name", sorted(shipped_models.folders()))
def test_a_name_gives_a_folder_from_any_place(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = shipped_models.folder_of(name)
    model_id = model_folder.read_config(folder)["model_id"]
    assert folder.name == name and folder.is_absolute()
    assert shipped_models.name_of(model_id) == f"{name} ({model_id})"
    assert shipped_models.folder_of_stream(_stream_of(model_id)) == folder


def test_no_name_is_the_default_and_a_folder_goes_before_a_name(tmp_path, monkeypatch):
    assert shipped_models.folder_of() == shipped_models.folder_of("") == shipped_models.folder()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lfw_l2_ip").mkdir()
    assert shipped_models.folder_of("lfw_l2_ip").is_absolute()  # an empty folder is no model
    (tmp_path / "lfw_l2_ip" / "config.json").write_text(json.dumps({}))
    assert not shipped_models.folder_of("lfw_l2_ip").is_absolute()


def test_what_is_neither_a_name_nor_a_folder_is_refused_with_the_names():
    for given in ("lfw_l2_ipp", "runs/absent"):
        with pytest.raises(CheckpointError, match=f"{given}.*lfw_align112_l2_ip"):
            shipped_models.folder_of(given)


def test_a_stream_of_another_model_names_both_models():
    ids = [model_folder.read_config(shipped_models.folder(name))["model_id"]
           for name in ("lfw_l2_ip", "lfw_l2_rec")]
    header = bitstream.Header(64, 48, 50.0, ids[0])
    shipped_models.require_model(header, ids[0])
    with pytest.raises(BitstreamError, match=r"lfw_l2_ip \(.*holds model lfw_l2_rec \("):
        shipped_models.require_model(header, ids[1])
    with pytest.raises(BitstreamError, match="model 01234567; the shipped models are .*lfw_l2_ip"):
        shipped_models.folder_of_stream(_stream_of("01234567"))
