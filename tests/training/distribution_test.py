"""Data-parallel training, each in a process of its own, since devices are set up at the start."""

import json
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from PIL import Image

from tests.docs import code_blocks

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_PROGRAM = textwrap.dedent("""
    import json, sys
    import numpy as np
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = (tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]) if sys.argv[1] == "mirrored"
                else tf.distribute.MultiWorkerMirroredStrategy())
    from tf_ipr.losses.objective import Objective
    from tf_ipr.format.model_config import ModelConfig
    from tf_ipr.models.training_model import TrainingModel
    from tf_ipr.training import loop
    from tf_ipr.training.step import TrainingStep
    images = np.random.default_rng(0).integers(0, 256, [4, 32, 32, 3], np.uint8)
    tf.keras.utils.set_random_seed(1)
    with strategy.scope():
        config = ModelConfig(width=24, latent_channels=32, side_channels=8, hyper_width=16)
        step = TrainingStep(TrainingModel(config), Objective())

    def batches(first):
        return tf.data.Dataset.from_tensors(dict(image=images.astype(np.float32))).repeat()

    run = loop.Run(steps=2, validate_every=2)
    folder = loop.train(step, batches, images, run, sys.argv[2], {}, strategy)
    print(json.dumps(dict(steps=int(step.step.numpy()), replicas=strategy.num_replicas_in_sync,
                          model=(folder / "config.json").is_file())))
""")


def _free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


@pytest.mark.parametrize("kind, replicas", [("mirrored", 2), ("multi_worker", 1)])
def test_a_strategy_trains_and_leaves_a_model(kind, replicas, tmp_path):
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    if kind == "multi_worker":
        cluster = dict(worker=[f"localhost:{_free_port()}"])
        environment["TF_CONFIG"] = json.dumps(dict(cluster=cluster,
                                                   task=dict(type="worker", index=0)))
    done = subprocess.run([sys.executable, "-c", _PROGRAM, kind, str(tmp_path)], text=True,
                          capture_output=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == dict(steps=2, replicas=replicas, model=True)


def _commands_of_the_page():
    """The two commands of docs/training.md: for each its TF_CONFIG and its arguments."""
    for command in code_blocks.commands(_ROOT / "docs" / "training.md"):
        if command.text.startswith("TF_CONFIG="):
            variable, _, *arguments = shlex.split(command.text)
            yield variable.removeprefix("TF_CONFIG="), arguments


def test_the_two_commands_of_the_page_train_one_model(tmp_path):
    (tmp_path / "flags").symlink_to(_ROOT / "flags")
    (tmp_path / "pictures").mkdir()
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 256, [40, 40, 3], np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")
    # Small data and free ports in the place of the page's.
    small = ["--dataset=folder", f"--data_dir={tmp_path}/pictures", "--protocol_dir=", "--validation_share=0.2",
             "--crop_size=32", "--batch_size=2", "--steps=2", "--validate_every=2", "--num_rates=2"]
    ports = {"12355": str(_free_port()), "12356": str(_free_port())}
    processes = []
    for config, arguments in _commands_of_the_page():
        config = re.sub("12355|12356", lambda port: ports[port.group()], config)
        processes.append(subprocess.Popen(
            [sys.executable, "-m", "tf_ipr.bin.train", *arguments, *small], text=True, cwd=tmp_path,
            env=dict(os.environ, TF_CONFIG=config, TF_CPP_MIN_LOG_LEVEL="3"), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT))
    assert len(processes) == 2
    try:
        for number, process in enumerate(processes):
            said = process.communicate(timeout=600)[0]
            assert process.returncode == 0, said[-2000:]
            assert f"The model is in runs/worker_{number}/model." in said
    finally:
        for process in processes:  # One that waits for the other would wait for ever.
            process.kill()
    first, second = (np.load(tmp_path / f"runs/worker_{number}/model/weights.npz") for number in (0, 1))
    assert first.files and all(np.array_equal(first[name], second[name]) for name in first.files)
