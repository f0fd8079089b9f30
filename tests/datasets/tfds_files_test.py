"""Splits of TensorFlow Datasets become folders of files; a stand-in for the library serves them."""

from __future__ import annotations

import os
import sys
import types

import numpy as np
import pytest

from tf_ipr.datasets import clic, lfw, tfds_files
from tf_ipr.files import image_file


class FakeTfds(types.ModuleType):
    """What of TensorFlow Datasets the project uses, with examples given in advance."""

    def __init__(self, data_dir, examples=(), error=None):
        super().__init__("tensorflow_datasets")
        self.data_dir, self.examples, self.error = f"{data_dir}/1.0.0", list(examples), error
        self.downloads = 0
        self.decoders = None
        self.decode = types.SimpleNamespace(SkipDecoding=lambda: "skip")

    def builder(self, name):
        del name
        return self

    def download_and_prepare(self):
        if self.error:
            raise self.error
        self.downloads += 1

    def as_dataset(self, split, decoders):
        assert split
        self.decoders = decoders
        return self.examples

    def as_numpy(self, dataset):
        return dataset


@pytest.fixture
def fake_tfds(tmp_path, monkeypatch):
    fake = FakeTfds(tmp_path / "tfds")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", fake)
    return fake


def test_lfw_keeps_the_stored_files_and_numbers_them_per_person(tmp_path, fake_tfds):
    fake_tfds.examples = [{"label": b"Ada", "image": b"1"}, {"label": b"Bob", "image": b"2"},
                          {"label": b"Ada", "image": b"3"}]
    (tmp_path / lfw.TRAIN_LIST).write_text("2\nAda\t2\nBob\t1\n")
    faces = lfw.train(tmp_path)
    assert [face.path.name for face in faces] == ["Ada_0001.jpg", "Ada_0002.jpg", "Bob_0001.jpg"]
    assert [face.path.read_bytes() for face in faces] == [b"1", b"3", b"2"]
    assert fake_tfds.decoders == {"image": "skip"}


def test_clic_is_cut_into_whole_patches(fake_tfds):
    image = np.random.default_rng(0).integers(0, 256, (40, 70, 3), dtype=np.uint8)
    fake_tfds.examples = [{"image": image}, {"image": image[:31]}]
    paths = clic.patches("validation", 32)
    assert [path.name for path in paths] == ["00000_00_00.png", "00000_00_01.png"]
    np.testing.assert_array_equal(image_file.read_image(paths[1]), image[:32, 32:64])


def test_a_split_is_written_once(fake_tfds):
    fake_tfds.examples = [{"image": np.zeros((32, 32, 3), np.uint8)}]
    assert clic.patches("train", 32) == clic.patches("train", 32)
    assert fake_tfds.downloads == 1


def test_an_interrupted_export_leaves_no_folder(tmp_path, fake_tfds):
    fake_tfds.examples = [{"image": np.zeros((32, 32, 3), np.uint8)}, {}]
    with pytest.raises(KeyError):
        clic.patches("train", 32)
    assert not os.listdir(tmp_path / "tfds" / "1.0.0-files")


def test_a_failed_download_says_what_to_do(fake_tfds):
    fake_tfds.error = RuntimeError("no network")
    with pytest.raises(tfds_files.DatasetError,
                       match=r"'clic' \(train\) .*no network. Give a folder of images"):
        clic.patches("train")


def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(tfds_files.DatasetError, match=r"pip install 'tf_ipr\[train\]'"):
        clic.patches("train")


def test_clic_checks_its_arguments():
    with pytest.raises(ValueError, match="split is 'all'; it must be one of train, validation"):
        clic.patches("all")
    with pytest.raises(ValueError, match="patch_size is 8; it must be at least 16"):
        clic.patches("train", 8)
