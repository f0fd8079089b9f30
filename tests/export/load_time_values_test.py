"""What is computed at loading is there in every process that loads, and small in the file."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.export.load_time_values import HalfPrecisionVariable, LoadTimeValue, is_half


class _Module(tf.Module):
    """x -> variable * x + the first of a million values."""

    def __init__(self, seed: int = 3):
        super().__init__()
        self.value = LoadTimeValue(lambda: tf.range(seed, seed + 1_000_000), "value")
        variable = tf.Variable(np.full([500_000], 0.5, np.float32))
        self.apply = tf.function(lambda x: variable[0] * x + tf.cast(self.value()[0], tf.float32),
                                 input_signature=[tf.TensorSpec([])])
        self.apply.get_concrete_function()
        self._not_saved = lambda: variable
        self.half = HalfPrecisionVariable(variable, "half")


@pytest.fixture(scope="module", name="folder")
def fixture_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    module = _Module()
    assert float(module.apply(2.0)) == 4.0
    tf.saved_model.save(module, str(folder), signatures=module.apply)
    return folder


def test_the_file_holds_what_the_value_is_made_of(folder):
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert 1_000_000 < size < 1_100_000  # the half-precision variable, and neither 4 MB nor 2 MB


def test_loaded_twice_and_one_forgotten(folder):
    first, second = (tf.saved_model.load(str(folder)) for _ in range(2))
    del first
    gc.collect()
    assert float(second.apply(tf.constant(2.0))) == 4.0


def test_a_session_as_a_server_loads_it(folder):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder))
        signature = meta.signature_def["serving_default"]
        output, = signature.outputs.values()
        entry, = signature.inputs.values()
        assert session.run(output.name, {entry.name: 6.0}) == 6.0


def test_only_values_that_half_precision_holds_are_halved():
    exact, inexact, large = (tf.Variable([0.5, x]) for x in (0.25, 0.1, 1e6))
    assert is_half(exact) and not is_half(inexact) and not is_half(large)
    with pytest.raises(ValueError, match="weights/7 is not a float32 variable"):
        HalfPrecisionVariable(inexact, "weights/7")
