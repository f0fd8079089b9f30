"""The integer network: what is trained is what is coded, and what is coded is exact."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.models import frozen_network, integer_network
from tf_ipr.models.frozen_network import ExactnessError, FrozenHyperSynthesis, FrozenLayer


@pytest.fixture(scope="module")
def network():
    tf.random.set_seed(3)
    return integer_network.IntegerHyperSynthesis(8, 16, 24)


def _latents(*shape, spread=4.0, seed=0):
    z = np.random.default_rng(seed).normal(0, spread, shape)
    return tf.constant(np.clip(np.round(z), -127, 127), tf.float32)


def test_indexes_are_integers_of_the_tables_and_four_times_finer(network):
    index = network(_latents(2, 3, 5, 8)).numpy()
    assert index.shape == (2, 12, 20, 24)
    assert np.array_equal(index, np.round(index))
    assert index.min() >= 0 and index.max() <= 63


@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0, 1000.0])
def test_the_frozen_network_equals_the_trained_one(network, spread):
    z = _latents(1, 4, 4, 8, spread=spread)
    assert np.array_equal(network.freeze()(z), network(z))


def test_the_frozen_network_equals_integer_arithmetic(network):
    z = _latents(1, 3, 3, 8, spread=10.0)
    x = z.numpy().astype(np.int64)
    for i, layer in enumerate(network.freeze().layers):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        height, width = x.shape[1:3]
        patches = np.concatenate([padded[:, a:a + height, b:b + width]
                                  for a in range(3) for b in range(3)], -1)
        acc = patches @ layer.kernel.astype(np.int64) + layer.bias
        x = (acc + (1 << layer.shift - 1)) >> layer.shift
        x = np.clip(x, 0, 255) if i < 2 else np.clip(x + 32, 0, 63)
        if layer.upsample:
            x = tf.nn.depth_to_space(x, 2).numpy()
    assert np.array_equal(network.freeze()(z), x)


def test_eager_graph_and_xla_agree(network):
    frozen, z = network.freeze(), _latents(2, 4, 4, 8, spread=50.0)
    expected = frozen(z).numpy()
    assert np.array_equal(tf.function(frozen.__call__)(z), expected)
    assert np.array_equal(tf.function(frozen.__call__, jit_compile=True)(z), expected)


def test_tflite_agrees_with_built_in_operators_and_no_convolution(network):
    frozen = network.freeze()
    function = tf.function(frozen.__call__).get_concrete_function(tf.TensorSpec([1, 4, 4, 8]))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    operators = {op["op_name"] for op in interpreter._get_ops_details()}
    assert not any("CONV" in name for name in operators), operators
    interpreter.allocate_tensors()
    z = _latents(1, 4, 4, 8, spread=50.0)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], z)
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.array_equal(output, frozen(z))


def test_arrays_bring_the_frozen_network_back(network):
    frozen, z = network.freeze(), _latents(1, 2, 2, 8)
    again = FrozenHyperSynthesis.from_arrays(frozen.to_arrays())
    assert np.array_equal(again(z), frozen(z))


def test_integers_assigned_to_a_layer_come_back(network):
    frozen = network.freeze()
    other = integer_network.IntegerHyperSynthesis(8, 16, 24)
    for layer, values in zip(other.layers, frozen.layers):
        layer.assign_integers(values.kernel.astype(np.float32), values.bias.astype(np.float32))
    for a, b in zip(other.freeze().layers, frozen.layers):
        assert np.array_equal(a.kernel, b.kernel) and np.array_equal(a.bias, b.bias)


def test_the_bound_is_the_largest_sum_any_input_can_reach():
    kernel = np.zeros([9, 2], np.int16)
    kernel[:, 0] = 127
    layer = FrozenLayer(kernel, np.array([5, -7], np.int32), 4, False)
    assert frozen_network.check_bound([layer]) == 9 * 127 * 127 + 5 + 8
    assert frozen_network.check_bound([layer, layer]) == 9 * 127 * 255 + 5 + 8


@pytest.mark.parametrize("change", [
    dict(kernel=np.full([9 * 64, 2], 127, np.int16)),
    dict(bias=np.array([0, 1 << 24], np.int32)),
])
def test_weights_that_could_leave_the_exact_range_are_refused(change):
    layer = FrozenLayer(np.ones([9 * 64, 2], np.int16), np.zeros(2, np.int32), 4, False)
    with pytest.raises(ExactnessError, match="2\\^24"):
        FrozenHyperSynthesis([layer, dataclasses.replace(layer, **change)])


def test_weights_beyond_127_are_refused():
    layer = FrozenLayer(np.full([9, 2], 128, np.int16), np.zeros(2, np.int32), 4, False)
    with pytest.raises(ExactnessError, match="128"):
        frozen_network.check_bound([layer])


def test_rounding_passes_gradients_and_clipping_only_those_that_lead_back():
    x = tf.Variable([-2.0, 0.3, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        rounded = tf.reduce_sum(integer_network.round_half_up(x) * [1.0, 2.0, 3.0])
        upwards = -tf.reduce_sum(integer_network.clip_towards(x, 0, 1))
        downwards = tf.reduce_sum(integer_network.clip_towards(x, 0, 1))
    assert tape.gradient(rounded, x).numpy().tolist() == [1, 2, 3]
    assert tape.gradient(upwards, x).numpy().tolist() == [-1, -1, 0]
    assert tape.gradient(downwards, x).numpy().tolist() == [0, 1, 1]
