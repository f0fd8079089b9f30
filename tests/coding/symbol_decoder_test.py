"""The decoder for servers against the portable one: the same from any words, good or bad."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.coding import coder_cases
from tf_ipr.coding import SymbolCoder, SymbolDecoder
from tf_ipr.coding import lanes as lanes_lib

PORTABLE, TUNED = SymbolCoder(coder_cases.tables()), SymbolDecoder(coder_cases.tables())
START = tf.constant([33000, 40000, 50000])


def _decode(coder, words, num_words, states, side_tables, tables, lanes):
    side, state = coder.decode_side(words, num_words, states, side_tables, lanes)
    symbols, state = coder.decode(state, tables)
    finished = coder.finished(state, START)
    own = tf.where(tf.range(tf.shape(states)[1]) < lanes[:, tf.newaxis], state.states, 0)
    return [t.numpy() for t in (side, symbols, own, state.position, state.checksum, finished)]


@pytest.fixture(scope="module", name="coded")
def fixture_coded():
    """Three images of 2, 4 and 8 lanes as one batch, the last two with padding."""
    sizes = (40, 300, 1100)
    tables = np.full((2, 3, max(sizes)), -1, np.int32)
    symbols = np.zeros_like(tables)
    for image, size in enumerate(sizes):
        side, side_tables, main, main_tables = coder_cases.draw_image(image, size, size)
        symbols[:, image, :size] = side[0], main[0]
        tables[:, image, :size] = side_tables[0], main_tables[0]
    lanes = tf.constant([2, 4, 8])
    words, num_words, states = PORTABLE.encode(symbols[0], tables[0], symbols[1], tables[1], lanes,
                                               START)
    return symbols, tables, (words, num_words, states), lanes


def test_good_streams_of_different_lanes_decode_to_their_symbols(coded):
    symbols, tables, stream, lanes = coded
    found = _decode(TUNED, *stream, *tables, lanes)
    np.testing.assert_array_equal(found[0], symbols[0])
    np.testing.assert_array_equal(found[1], symbols[1])
    assert found[-1].all()


@pytest.mark.parametrize("seed", range(5))
def test_bad_words_and_states_give_what_the_portable_decoder_gives(coded, seed):
    _, tables, (words, num_words, states), lanes = coded
    rng = np.random.default_rng(seed)
    damaged = np.where(rng.random(words.shape) < 0.1, rng.integers(0, 1 << 16, words.shape), words)
    stream = (tf.constant(damaged, tf.int32), num_words // (1 + seed % 2),
              tf.constant(rng.integers(1 << 15, (1 << 31) - 1, states.shape, endpoint=True),
                          tf.int32))
    for expected, found in zip(_decode(PORTABLE, *stream, *tables, lanes),
                               _decode(TUNED, *stream, *tables, lanes)):
        np.testing.assert_array_equal(found, expected)


def test_extreme_states_survive_a_step_without_symbols():
    states = tf.constant([[1 << 15, (1 << 31) - 1]])
    nothing = tf.fill([1, 3], -1)
    _, state = TUNED.decode_side(tf.zeros([1, 0], tf.int32), tf.constant([0]), states, nothing)
    np.testing.assert_array_equal(state.states, states)


def test_without_lanes_all_states_are_lanes():
    image = coder_cases.draw_image(7, 24, 200)
    start = tf.constant([40000])
    words, num_words, states = PORTABLE.encode(*image, lanes_lib.MIN_LANES, start)
    side, state = TUNED.decode_side(words, num_words, states, image[1])
    symbols, state = TUNED.decode(state, image[3])
    np.testing.assert_array_equal(side, image[0])
    np.testing.assert_array_equal(symbols, image[2])
    assert TUNED.finished(state, start).numpy().all()
