"""The step loop against a plain Python loop."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_ipr.coding import scan


def _step(carry, factor, term):
    state, = carry
    return (state * factor % 1009 + term,), state + factor


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("unroll, num_steps", [(1, 0), (1, 1), (1, 45), (2, 64), (4, 130), (4, 256)])
def test_a_scan_is_a_loop(unroll, num_steps, backward):
    rng = np.random.default_rng(num_steps)
    total = 256
    factor, term = rng.integers(1, 50, (2, total, 2, 3)).astype(np.int32)
    run = -(-num_steps // unroll) * unroll
    state, expected = np.ones((2, 3), np.int32), np.zeros_like(factor)
    for t in (reversed(range(run)) if backward else range(run)):
        (state,), expected[t] = _step((state,), factor[t], term[t])

    (result,), outs = tf.function(lambda count: scan.scan(
        _step, (tf.ones([2, 3], tf.int32),), [tf.constant(factor), tf.constant(term)], count,
        unroll, backward))(tf.constant(num_steps))
    np.testing.assert_array_equal(result, state)
    np.testing.assert_array_equal(outs[:run], expected[:run])
    if backward:
        assert not outs[run:].numpy().any()
