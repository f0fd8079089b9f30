"""A training learns, survives kills, meets a rate, stops on nonsense and runs anywhere."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.format.model_folder import CheckpointError
from tf_ipr.losses.objective import Objective
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.models.training_model import Forward, TrainingModel
from tf_ipr.training import loop, schedule
from tf_ipr.training.step import TrainingStep

TINY = ModelConfig(width=24, latent_channels=32, side_channels=8, hyper_width=16)
RUN = loop.Run(steps=6, learning_rate=1e-3, validate_every=3, save_every=1e9)


@pytest.fixture(autouse=True)
def eager(request):
    """A few steps run sooner than their graph is built; `in_graph` tests are about the graph."""
    tf.config.run_functions_eagerly("in_graph" not in request.keywords)
    yield
    tf.config.run_functions_eagerly(False)


def _images(count=4, size=64):
    y, x = np.mgrid[0:size, 0:size]
    pictures = [127 + 100 * np.sin(x / (3 + i)) * np.cos(y / (4 + i)) for i in range(count)]
    return np.repeat(np.stack(pictures)[..., None], 3, -1).astype(np.uint8)


def _batches(first):
    data = _images().astype(np.float32)
    dataset = tf.data.Dataset.from_tensor_slices(dict(image=data)).repeat().batch(2)
    return dataset.skip(first)


def _step(objective=None, config=TINY, **kwargs):
    tf.keras.utils.set_random_seed(1)
    return TrainingStep(TrainingModel(config), objective or Objective(), **kwargs)


def test_a_run_leaves_a_model_that_codes(tmp_path):
    folder = loop.train(_step(), _batches, _images(), RUN, tmp_path, {})
    tf.config.run_functions_eagerly(False)
    codec = TensorFlowCodec.load(folder)
    image = _images()[0]
    assert codec.decompress(codec.compress(image, quality=50)).shape == image.shape
    config = json.loads((folder / "config.json").read_text())
    assert config["training"]["steps"] == 6
    assert [p["quality"] for p in config["training"]["validation"]] == [1, 25, 50, 75, 100]
    assert list((tmp_path / "tensorboard").iterdir())


@pytest.mark.in_graph
def test_the_loss_falls():
    step = _step()
    take = tf.function(step.__call__)
    image = tf.constant(_images(), tf.float32)
    losses = [float(take(image, tf.constant(2e-3))["loss"]) for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    half = dataclasses.replace(RUN, steps=6)
    step = _step()

    def interrupted(first):
        yield from list(_batches(first).take(4))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(step, interrupted, _images(), dataclasses.replace(half, save_every=0.0),
                   tmp_path, {})
    again = _step()
    seen = []

    def resumed(first):
        seen.append(first)
        return _batches(first)

    loop.train(again, resumed, _images(), half, tmp_path, {})
    assert seen == [4]
    assert int(again.step) == 6
    assert int(again.optimizer.iterations) == 6


def test_a_run_that_is_stopped_before_its_first_validation_leaves_a_model(tmp_path, capsys):
    def stopped(first):
        yield from list(_batches(first).take(2))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(_step(), stopped, _images(), RUN, tmp_path, {})
    assert "saved at step 2" in capsys.readouterr().err
    assert json.loads((tmp_path / "model/config.json").read_text())["training"]["steps"] == 2
    tf.config.run_functions_eagerly(False)
    codec = TensorFlowCodec.load(tmp_path / "model")
    assert codec.decompress(codec.compress(_images()[0])).shape == _images()[0].shape
    tf.config.run_functions_eagerly(True)
    loop.train(_step(), _batches, _images(), RUN, tmp_path, {})
    assert "goes on from step 2 of 6" in capsys.readouterr().err


def test_a_folder_with_a_model_of_something_else_is_not_trained_into(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="model of something else"):
        loop.train(_step(), _batches, _images(), RUN, tmp_path, {})
    assert (tmp_path / "model/config.json").read_text() == "{}"


def test_restored_variables_are_those_that_were_saved(tmp_path):
    step = _step()
    loop.train(step, _batches, _images(), RUN, tmp_path, {})
    other = _step()
    assert loop.RunCheckpoints(tmp_path, other, {}).restore()
    for a, b in zip(step.all_variables, other.all_variables):
        assert np.array_equal(a, b), a.name


def _no_batch(first):
    raise AssertionError("no batch should be asked for")


def test_a_finished_run_is_not_trained_again_and_its_model_is_whole(tmp_path):
    folder = loop.train(_step(), _batches, _images(), RUN, tmp_path, {})
    (folder / "weights.npz").unlink()
    loop.train(_step(), _no_batch, _images(), RUN, tmp_path, {})
    assert model_folder.load(folder)[1]["training"]["steps"] == 6


@pytest.mark.parametrize("in_the_middle", [False, True])
def test_a_final_model_that_a_kill_left_unwritten_is_written_at_the_next_start(
        tmp_path, monkeypatch, in_the_middle):
    save = model_folder.save

    def killed(model, folder, training, side_prior):
        if training["steps"] < 6:
            return save(model, folder, training, side_prior)
        if in_the_middle:  # The arrays are new, config.json is not.
            config = (folder / "config.json").read_text()
            save(model, folder, training, side_prior)
            (folder / "config.json").write_text(config)
        raise KeyboardInterrupt

    run = dataclasses.replace(RUN, validate_every=4)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(model_folder, "save", killed)
        loop.train(_step(), _batches, _images(), run, tmp_path, {})
    assert model_folder.read_config(tmp_path / "model")["training"]["steps"] == 4
    last = _step()
    folder = loop.train(last, _no_batch, _images(), run, tmp_path, {})
    model, config = model_folder.load(folder)
    assert config["training"]["steps"] == 6
    with last.averaged_weights() as averaged:
        for a, b in zip(model.network.synthesis.variables, averaged.network.synthesis.variables):
            assert np.array_equal(a, b), a.name


def test_a_folder_of_other_settings_is_refused(tmp_path):
    loop.RunCheckpoints(tmp_path, _step(), dict(objective="rec"))
    with pytest.raises(CheckpointError, match="objective: 'rec' there, 'ip' now"):
        loop.RunCheckpoints(tmp_path, _step(), dict(objective="ip"))


def test_a_run_of_before_a_setting_was_recorded_goes_on(tmp_path):
    loop.RunCheckpoints(tmp_path, _step(), dict(objective="rec")).save()
    step = _step()
    assert loop.RunCheckpoints(tmp_path, step, dict(objective="rec", ema_decay=0.999)).restore()


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    loop.RunCheckpoints(tmp_path, _step(), {}).save()
    other = _step(config=dataclasses.replace(TINY, latent_channels=16))
    with pytest.raises(CheckpointError, match="does not fit"):
        loop.RunCheckpoints(tmp_path, other, {}).restore()


def test_a_loss_that_is_no_number_stops_the_run_and_is_not_saved(tmp_path):
    def broken(first):
        good = next(iter(_batches(first)))
        yield good
        yield dict(image=good["image"] * np.nan)

    with pytest.raises(loop.TrainingDiverged, match="Step 1: .*loss nan.* not all finite") as error:
        loop.train(_step(), broken, _images(), dataclasses.replace(RUN, validate_every=1), tmp_path,
                   {})
    assert not list((tmp_path / "checkpoints").glob("*.index"))
    # A run resumed with another learning rate would be refused.
    assert f"another --run_dir, --init_from={tmp_path / 'model'} and a lower" in str(error.value)


def test_a_gradient_that_is_no_number_stops_the_run_though_its_loss_is_one(tmp_path):
    def steep(image, reconstruction, *_):
        return tf.sqrt(0 * tf.reduce_sum(reconstruction, [1, 2, 3]))

    step = _step(Objective("ip"), identity_loss=steep)
    with pytest.raises(loop.TrainingDiverged, match="Step 0: .*gradient_norm nan") as error:
        loop.train(step, _batches, _images(), dataclasses.replace(RUN, save_every=0.0), tmp_path,
                   {})
    assert not list((tmp_path / "checkpoints").glob("*.index"))
    assert "--init_from" not in str(error.value)  # No model is there yet.


def test_the_weight_of_the_rate_moves_towards_the_target(tmp_path):
    step = _step()
    loop.train(step, _batches, _images(), dataclasses.replace(RUN, target_bpp=0.01), tmp_path, {})
    assert float(step.log_lambda_factor) > 0  # too many bits, so bits become dearer


def test_rate_control_stands_still_at_the_target_and_is_bounded():
    assert schedule.log_lambda_move(0.3, 0.3) == 0
    assert 0 < schedule.log_lambda_move(0.33, 0.3) < 0.5
    assert schedule.log_lambda_move(1e9, 0.3) == 0.5
    assert schedule.log_lambda_move(0.0, 0.3) == -0.5


def test_the_learning_rate_warms_up_stays_and_falls():
    rates = [schedule.learning_rate(s, 1000, 1e-3, 1e-5) for s in range(1001)]
    assert rates[0] == pytest.approx(1e-5)
    assert rates[100:500] == [1e-3] * 400
    assert rates[500:] == sorted(rates[500:], reverse=True)
    assert rates[1000] == pytest.approx(1e-5)


@pytest.mark.in_graph
def test_the_compiled_step_does_what_the_plain_one_does():
    # One quality and no noise-free terms differ: compare what randomness does not touch.
    image = tf.constant(_images(), tf.float32)
    results = []
    for jit in (False, True):
        step = _step(config=dataclasses.replace(TINY, num_rates=1))
        metrics = tf.function(step.__call__, jit_compile=jit)(image, tf.constant(1e-3))
        results.append({k: float(v) for k, v in metrics.items()})
    assert results[0]["psnr_db"] == pytest.approx(results[1]["psnr_db"], abs=1e-3)
    assert results[0]["distortion"] == pytest.approx(results[1]["distortion"], rel=1e-4)
    assert results[0]["rate_bpp"] == pytest.approx(results[1]["rate_bpp"], rel=0.05)  # noise


def test_the_average_of_the_weights_is_swapped_in_and_out():
    step = _step()
    step(tf.constant(_images(), tf.float32), tf.constant(1e-2))
    before = [v.numpy() for v in step.model.trainable_variables]
    with step.averaged_weights() as model:
        inside = [v.numpy() for v in model.trainable_variables]
    after = [v.numpy() for v in step.model.trainable_variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after))
    assert all(np.array_equal(a, b) for a, b in zip(inside, step.averages))
    assert any(not np.array_equal(a, b) for a, b in zip(inside, before))


@pytest.mark.parametrize("values, text", [
    (dict(objective="gan"), "rec, ip, ipr"), (dict(distortion="l1"), "l2, msssim"),
    (dict(lambda_rate_min=3.0, lambda_rate_max=1.0), "not above"),
    (dict(lambda_id=0.0), "objective rec"),
    (dict(objective="ip", background_rate=0.5), "background_rate is 0.5"),
    (dict(objective="rec", background_rate=2.0), "1 for rec"),
])
def test_impossible_objectives_are_named(values, text):
    with pytest.raises(ValueError, match=text):
        Objective(**values)


def test_identity_objectives_ask_for_a_recogniser():
    with pytest.raises(ValueError, match="--recognizer"):
        _step(Objective("ipr"))


@pytest.mark.parametrize("objective, expected", [
    ("rec", (0.2 + 0.5 * 3) / 0.5 ** 0.5),
    ("ipr", (0.2 + 0.5 * 3 + 2 * 0.1) / 0.5 ** 0.5),
    ("ip", (0.5 * 3 + 2 * 0.1) / 0.5 ** 0.5),
])
def test_objectives_are_the_equations(objective, expected):
    # Mean squared error 0.002 of pixels in 0..1, 3 bits per pixel, 1 - cos = 0.1, by hand.
    image = tf.zeros([1, 16, 16, 3])
    other = image + 255 * 0.002 ** 0.5
    forward = Forward(other, tf.constant([3.0]), tf.constant([1.0]), tf.constant([[[2.0]]]))
    loss, distortion = Objective(objective, lambda_id=2.0)(
        image, forward, tf.constant([0.5]), tf.constant([0.1]))
    assert float(distortion[0]) == pytest.approx(0.2, rel=1e-5)
    assert float(loss[0]) == pytest.approx(expected, rel=1e-5)


def test_the_weight_of_the_rate_is_geometric_in_the_quality():
    objective = Objective(lambda_rate_max=4.0, lambda_rate_min=0.25)
    weights = objective.lambda_rate(tf.constant([1.0, 50.5, 100.0])).numpy()
    assert np.allclose(weights, [4, 1, 0.25])
