"""Models on disk: what is saved comes back, and what does not fit is refused by name."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.models import model_folder
from tf_ipr.models.training_model import TrainingModel
from tf_ipr.training.validation import freeze
from tf_ipr.training.warm_start import warm_start

TINY = ModelConfig(width=24, latent_channels=32, side_channels=8, hyper_width=16)


@pytest.fixture(scope="module")
def trained():
    tf.keras.utils.set_random_seed(5)
    model = TrainingModel(TINY)
    for variable in model.trainable_variables:
        variable.assign_add(tf.random.normal(variable.shape, 0, 0.02))
    return model


@pytest.fixture
def folder(trained, tmp_path):
    prior = trained.entropy_model.side_prior.trainable_variables
    model_folder.save(freeze(trained), tmp_path / "model", dict(steps=3), prior)
    return tmp_path / "model"


def _image():
    return tf.constant(np.random.default_rng(4).uniform(0, 255, [1, 40, 56, 3]), tf.float32)


def test_a_saved_model_codes_and_decodes_as_before(trained, folder):
    before, (after, config) = freeze(trained), model_folder.load(folder)
    quality = tf.constant([30.0])
    ours = before.symbols(before.network.analyse(_image()), quality)
    theirs = after.symbols(after.network.analyse(_image()), quality)
    for a, b in zip(ours, theirs):
        assert np.array_equal(a, b)
    decoded = [model.reconstruct(ours.side, ours.latent, quality, 40, 56) for model in (before, after)]
    assert np.allclose(*decoded, atol=1e-3)
    assert config["training"] == dict(steps=3)


def test_the_id_is_that_of_the_exact_part_alone(trained, folder):
    config = json.loads((folder / "config.json").read_text())
    exact = model_folder.entropy_arrays(freeze(trained))
    assert model_folder.model_id_of(exact) == config["model_id"]
    changed = dict(exact, bias_0=exact["bias_0"] + 1)
    assert model_folder.model_id_of(changed) != config["model_id"]


def test_training_starts_where_the_saved_model_stands(trained, folder):
    other = TrainingModel(TINY)
    warm_start(other, folder)
    a, b = freeze(trained), freeze(other)
    for name, value in model_folder.entropy_arrays(a).items():
        assert np.array_equal(value, model_folder.entropy_arrays(b)[name]), name


def test_training_refuses_a_model_of_another_configuration(folder):
    other = TrainingModel(ModelConfig(width=24, latent_channels=16, side_channels=8, hyper_width=16))
    with pytest.raises(CheckpointError, match="latent_channels: 32 there, 16 here"):
        warm_start(other, folder)


def test_training_refuses_a_model_without_its_prior(trained, tmp_path):
    model_folder.save(freeze(trained), tmp_path, {})
    with pytest.raises(CheckpointError, match="side_prior/00"):
        warm_start(TrainingModel(TINY), tmp_path)


@pytest.mark.parametrize("name", ["config.json", "entropy.npz", "weights.npz"])
def test_a_missing_or_damaged_file_is_named(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(CheckpointError, match=name):
        model_folder.load(folder)
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        model_folder.load(folder)


def test_an_archive_with_any_byte_changed_is_refused_or_read_as_it_was(tmp_path):
    generator = np.random.default_rng(0)
    arrays = {"gain/00": generator.normal(size=[3, 5]).astype(np.float32)}
    path = tmp_path / "weights.npz"
    np.savez_compressed(path, **arrays)
    good = path.read_bytes()
    refused = 0
    for position in range(len(good)):
        for change in (1, 6, 255):  # by 1 it seems encrypted, by 6 packed by another method
            path.write_bytes(good[:position] + bytes([good[position] ^ change]) + good[position + 1:])
            try:
                read = model_folder.read_arrays(path)
            except CheckpointError:
                refused += 1
                continue
            assert all(np.array_equal(value, arrays[name]) for name, value in read.items())
    assert refused > len(good)


def test_an_array_in_place_of_an_archive_is_refused(tmp_path):
    with open(tmp_path / "weights.npz", "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(CheckpointError, match="weights.npz is missing or damaged"):
        model_folder.read_arrays(tmp_path / "weights.npz")


@pytest.mark.parametrize("change, text", [
    (dict(format=1), "format is 1, not a str"), (dict(model_id=7), "model_id is 7, not a str"),
    (dict(model=[3]), "not a dict"), (dict(model=dict(analysis_blocks=3)), "two integers"),
    (dict(model=dict(architecture=["mobile"])), "must be one of mobile, hyperprior"),
    (dict(model=dict(width=256)), "1..192")])
def test_a_description_of_the_wrong_kind_is_refused(folder, change, text):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(CheckpointError, match=text):
        model_folder.load(folder)


def test_weights_of_another_architecture_are_refused_with_the_first_differences(folder):
    config = json.loads((folder / "config.json").read_text())
    config["model"]["width"] = 32
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"analysis/00 has shape \(1, 1, 192, 24\)"):
        model_folder.load(folder)


def test_files_of_different_models_are_not_mixed(folder):
    with np.load(folder / "entropy.npz") as file:
        arrays = dict(file)
    arrays["bias_1"] = arrays["bias_1"] + 1
    np.savez(folder / "entropy.npz", **arrays)
    with pytest.raises(CheckpointError, match="different models"):
        model_folder.load(folder)


def test_a_later_format_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(dict(config, format="2.0")))
    with pytest.raises(CheckpointError, match="format 2.0"):
        model_folder.load(folder)


def test_what_cannot_be_written_leaves_nothing(trained, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        model_folder.save(freeze(trained), tmp_path / "file" / "model", {})
    assert list(tmp_path.rglob("*")) == [tmp_path / "file"]
    assert (tmp_path / "file").read_text() == "in the way"
