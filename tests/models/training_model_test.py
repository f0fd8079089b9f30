"""Training codes as the encoder does, within the reach of the tables."""

import numpy as np
import tensorflow as tf

from tf_ipr.coding import table_ops
from tf_ipr.models.entropy_model import MAX_SYMBOL, EntropyModel
from tf_ipr.models.frozen_network import FIRST_CODED, NUM_SCALES
from tf_ipr.models.training_model import quantise


def test_symbols_are_the_encoders_up_to_the_reach_of_each_table():
    tables = EntropyModel(2).freeze()
    reaches = -tables.lowest[:NUM_SCALES]
    for index in range(NUM_SCALES):
        reach = int(reaches[index])
        residual = tf.linspace(-reach - 0.49, reach + 0.49, 999)
        symbols = quantise(residual, tf.fill([999], float(index)))
        table = tf.fill([999], index if index >= FIRST_CODED else -1)
        coded = table_ops.clip(tables, tf.cast(tf.floor(residual + 0.5), tf.int32), table)
        np.testing.assert_allclose(symbols, coded, atol=1e-4)
    assert reaches.max() == MAX_SYMBOL


def test_beyond_a_tables_reach_training_clips_to_the_widest_only():
    tables = EntropyModel(2).freeze()
    assert -tables.lowest[FIRST_CODED] < MAX_SYMBOL
    symbols = quantise(tf.constant([-999.0, 200.0, 999.0]), tf.fill([3], float(FIRST_CODED)))
    np.testing.assert_allclose(symbols, [-255, 200, 255])
