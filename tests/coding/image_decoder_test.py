"""The decoder for devices gives the symbols of `SymbolCoder`, and notices the same damage."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.coding import coder_cases
from tf_ipr.coding import SymbolCoder
from tf_ipr.coding.image_decoder import BLOCKS, UNROLL, ImageDecoder

START = 41234
FIRST_TABLE = 1  # `draw_image` draws from there.
CODER = SymbolCoder(coder_cases.tables())
DECODER = ImageDecoder(coder_cases.tables(), (4, 32), FIRST_TABLE)


def _encode(image, lanes):
    words, num_words, states = CODER.encode(*image, lanes, tf.constant([START]))
    return words[0, :num_words[0]].numpy(), states[0].numpy()


def _spec(*shape):
    return tf.TensorSpec(shape, tf.int32)


@tf.function(autograph=False, input_signature=[
    _spec(None), _spec(), _spec(32), _spec(None), _spec(None), _spec(), _spec()])
def _graph(words, num_words, states, side_tables, tables, lanes, start_state):
    state = DECODER.start(words, num_words, states)
    side, state = DECODER.decode_all(state, side_tables, lanes)
    main, state = DECODER.decode(state, tables, lanes)
    return side, main, DECODER.finished(state, start_state, lanes), state.last < state.end


def _decode(words, states, image, lanes, num_words=None, start_state=START):
    padded = np.full(32, 1 << 15, np.int32)
    padded[:len(states)] = states
    num_words = len(words) if num_words is None else num_words
    return [part.numpy() for part in _graph(words, num_words, padded, image[1][0], image[3][0], lanes,
                                            start_state)]


@pytest.mark.parametrize("lanes", [2, 4, 8, 32])
@pytest.mark.parametrize("skip", [0.0, 0.7, 1.0])
def test_symbols_come_back(lanes, skip):
    image = coder_cases.draw_image(lanes, 24 * lanes, 900, skip=skip)
    side, main, finished, overrun = _decode(*_encode(image, lanes), image, lanes)
    np.testing.assert_array_equal(side, image[0][0])
    np.testing.assert_array_equal(main, image[2][0])
    assert finished and not overrun


@pytest.mark.parametrize("number", [0, 1, 2 * UNROLL, 2 * UNROLL + 1, 2 * UNROLL * BLOCKS,
                                    2 * UNROLL * BLOCKS + 1, 5 * UNROLL * BLOCKS])
def test_any_number_of_symbols_fits_the_loops(number):
    image = coder_cases.draw_image(1, 6, number, skip=0.0)
    _, main, finished, _ = _decode(*_encode(image, 2), image, 2)
    np.testing.assert_array_equal(main, image[2][0])
    assert finished


@pytest.mark.parametrize("lanes", [2, 32])
def test_damage_is_noticed(lanes):
    image = coder_cases.draw_image(9, 40, 300)
    words, states = _encode(image, lanes)
    for bit in range(0, 16 * len(words), 11):
        flipped = words.copy()
        flipped[bit // 16] ^= 1 << bit % 16
        assert not _decode(flipped, states, image, lanes)[2]
    for bit in range(0, lanes * 31, 5):
        flipped = states.copy()
        flipped[bit // 31] ^= 1 << bit % 31
        assert not _decode(words, np.maximum(flipped, 1 << 15), image, lanes)[2]
    for kept in range(0, len(words), 3):
        assert not _decode(words[:kept], states, image, lanes)[2]
    assert not _decode(np.append(words, 0), states, image, lanes)[2]
    assert not _decode(words, states, image, lanes, start_state=START + 1)[2]


def test_words_that_run_out_end_the_loop():
    image = coder_cases.draw_image(2, 40, 9000, skip=0.0)
    words, states = _encode(image, 2)
    _, main, finished, overrun = _decode(words[:30], states, image, 2)
    assert overrun and not finished and main.shape == image[2][0].shape
    idle = DECODER._symbol[0].numpy()  # what rows that were never found are filled with
    assert (main[2000:] == idle).all()


def test_a_negative_number_of_words_decodes_nothing():
    image = coder_cases.draw_image(3, 40, 300, skip=0.0)
    words, states = _encode(image, 4)
    side, _, finished, _ = _decode(words, states, image, 4, num_words=-1)
    assert not finished and len(set(side)) == 1


def test_many_symbols_take_tables_of_wider_rows():
    """Rows are 16-bit numbers as long as that suffices."""
    many = coder_cases.tables(3)
    assert ImageDecoder(many, (2,)).constants["row_of_slot"].dtype == np.int16
    pmfs, lowest = [np.ones(4000)] * 9, [-2000] * 9
    wide = type(many).from_pmfs(pmfs, lowest)
    decoder = ImageDecoder(wide, (2,))
    assert decoder.constants["row_of_slot"].dtype == np.int32
    rng = np.random.default_rng(0)
    image = (coder_cases.draw(rng, (1, 10), 0, 9, model=wide)
             + coder_cases.draw(rng, (1, 50), 0, 9, model=wide))
    words, num_words, states = SymbolCoder(wide).encode(*image, 2, tf.constant([START]))
    state = decoder.start(words[0, :num_words[0]], num_words[0], states[0])
    _, state = decoder.decode_all(state, image[1][0], 2)
    main, state = decoder.decode(state, image[3][0], 2)
    np.testing.assert_array_equal(main, image[2][0])
    assert decoder.finished(state, tf.constant(START), 2)
