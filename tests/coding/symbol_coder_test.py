"""The symbol coder: round trips, exact words, size, damage."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from tests.coding import coder_cases
from tf_ipr.coding import SymbolCoder, table_ops
from tf_ipr.format.tables import ProbabilityTables

CODER = SymbolCoder(coder_cases.tables())
NUMBERS = tf.TensorSpec([None, None], tf.int32)
COUNTS = tf.TensorSpec([None], tf.int32)
START = 40000


@tf.function(input_signature=[NUMBERS] * 4 + [COUNTS] * 2)
def _encode(side_symbols, side_tables, symbols, tables, lanes, start):
    return CODER.encode(side_symbols, side_tables, symbols, tables, lanes, start)


@tf.function(input_signature=[NUMBERS, COUNTS, NUMBERS, NUMBERS, NUMBERS, COUNTS, COUNTS])
def _decode(words, num_words, states, side_tables, tables, lanes, start):
    side_symbols, state = CODER.decode_side(words, num_words, states, side_tables, lanes)
    symbols, state = CODER.decode(state, tables)
    return side_symbols, symbols, CODER.finished(state, start)


def _filled(batch, value):
    return np.full(batch, value, np.int32)


def encode(image, lanes, start=START):
    batch = image[0].shape[0]
    return [part.numpy() for part in _encode(*image, _filled(batch, lanes), _filled(batch, start))]


def decode(words, num_words, states, image, lanes, start=START):
    batch = image[0].shape[0]
    return [part.numpy() for part in _decode(words, num_words, states, image[1], image[3],
                                             _filled(batch, lanes), _filled(batch, start))]


def assert_round_trip(image, lanes, start=START):
    words, num_words, states = encode(image, lanes, start)
    side_symbols, symbols, finished = decode(words, num_words, states, image, lanes, start)
    np.testing.assert_array_equal(side_symbols, image[0])
    np.testing.assert_array_equal(symbols, image[2])
    assert finished.all()
    return words, num_words, states


@hypothesis.settings(max_examples=20, deadline=None, derandomize=True)
@hypothesis.given(
    seed=strategies.integers(0, 1 << 30), num_side=strategies.integers(0, 40),
    num_main=strategies.integers(0, 700), batch=strategies.integers(1, 3),
    skip=strategies.sampled_from([0.0, 0.3, 0.95, 1.0]),
    lanes=strategies.sampled_from([1, 2, 4, 8, 16, 32]),
    start=strategies.sampled_from([1 << 15, START, 65516]))
def test_what_is_encoded_is_decoded(seed, num_side, num_main, batch, skip, lanes, start):
    image = coder_cases.draw_image(seed, num_side, num_main, batch, skip)
    words, num_words, states = assert_round_trip(image, lanes, start)
    assert states.min() >= 1 << 15
    for row in range(batch):
        phases = [(image[0][row], image[1][row]), (image[2][row], image[3][row])]
        expected = coder_cases.scalar_encode(CODER.tables, phases, lanes, start)
        np.testing.assert_array_equal(words[row, :num_words[row]], expected[0])
        np.testing.assert_array_equal(states[row], expected[1])
        assert not words[row, num_words[row]:].any()


def test_exact_words_never_change():
    # Made by this coder and equal to coder_cases.scalar_encode. A change breaks every stream.
    tables = ProbabilityTables.from_pmfs([[1, 2, 5], [1, 1, 1, 1, 60]], [-1, 0])
    side = np.int32([[-1, 0, 1, 1, 0, -1]])
    main = np.int32([[0, 4, 4, 1, 0, 3, 2, 4, 0, 1, 2, 3]])
    numbers = np.int32([[1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, 1]])
    words, num_words, states = SymbolCoder(tables).encode(
        side, np.zeros_like(side), main, numbers, 2, tf.constant([START]))
    np.testing.assert_array_equal(states, [[487688, 9180403]])
    np.testing.assert_array_equal(words[0, :num_words[0]], [4108, 26448, 8208])



@pytest.mark.parametrize("lanes", [1, 4, 32])
def test_size_is_the_ideal_code_length_and_19_bits_per_lane(lanes):
    image = coder_cases.draw_image(3, 500, 6000, skip=0.2)
    _, num_words, states = assert_round_trip(image, lanes)
    ideal = float(np.sum(table_ops.bits(CODER.tables, image[0], image[1]))
                  + np.sum(table_ops.bits(CODER.tables, image[2], image[3])))
    start = coder_cases.lane_start([(image[0][0], None), (image[2][0], None)], START)
    information = 16 * num_words[0] + np.sum(np.log2(states) - np.log2(start))
    assert abs(information - ideal) < 5 + 2e-4 * ideal
    stored = 16 * num_words[0] + np.sum(np.floor(np.log2(states)) + 4)
    assert stored < ideal + 20 * lanes + 10


def test_a_batch_is_its_images_one_by_one():
    batch = coder_cases.draw_image(5, 30, 300, batch=3)
    together = encode(batch, 4)
    for row in range(3):
        alone = encode([part[row:row + 1] for part in batch], 4)
        for whole, single in zip(together, alone):
            np.testing.assert_array_equal(whole[row], single[0])


def test_images_of_different_size_and_lanes_share_a_batch():
    small, large = coder_cases.draw_image(6, 6, 50), coder_cases.draw_image(7, 30, 400)
    mixed = [np.concatenate([np.pad(a, [[0, 0], [0, b.shape[1] - a.shape[1]]],
                                    constant_values=-(index % 2)), b])
             for index, (a, b) in enumerate(zip(small, large))]
    lanes, start = np.int32([2, 8]), np.int32([33333, 44444])
    words, num_words, states = (part.numpy() for part in _encode(*mixed, lanes, start))
    for row, image in enumerate((small, large)):
        alone = encode(image, lanes[row], start[row])
        np.testing.assert_array_equal(num_words[row], alone[1][0])
        np.testing.assert_array_equal(words[row, :num_words[row]], alone[0][0, :num_words[row]])
        np.testing.assert_array_equal(states[row, :lanes[row]], alone[2][0])
    side_symbols, symbols, finished = _decode(words, num_words, states, mixed[1], mixed[3], lanes,
                                              start)
    np.testing.assert_array_equal(side_symbols, mixed[0])
    np.testing.assert_array_equal(symbols, mixed[2])
    assert finished.numpy().all()


def test_a_damaged_image_does_not_disturb_its_neighbours():
    image = coder_cases.draw_image(8, 20, 200, batch=2)
    words, num_words, states = encode(image, 4)
    words[0] ^= 0x1234
    _, symbols, finished = decode(words, num_words, states, image, 4)
    np.testing.assert_array_equal(symbols[1], image[2][1])
    np.testing.assert_array_equal(finished, [False, True])


def test_damage_is_noticed_and_decoding_stays_in_bounds():
    image = coder_cases.draw_image(9, 20, 200)
    words, num_words, states = encode(image, 4)
    count = int(num_words[0])
    for bit in range(0, 16 * count, 7):
        flipped = words.copy()
        flipped[0, bit // 16] ^= 1 << bit % 16
        assert not decode(flipped, num_words, states, image, 4)[2].all()
    for bit in range(4 * 31):
        flipped = states.copy()
        flipped[0, bit // 31] ^= 1 << bit % 31
        assert not decode(words, num_words, flipped, image, 4)[2].all()
    for kept in range(count):
        _, symbols, finished = decode(words[:, :kept], _filled(1, kept), states, image, 4)
        assert not finished.all()
        np.testing.assert_array_equal(table_ops.clip(CODER.tables, symbols, image[3]), symbols)


def test_words_left_over_are_noticed():
    image = coder_cases.draw_image(10)
    words, num_words, states = encode(image, 2)
    _, symbols, finished = decode(words, num_words + 1, states, image, 2)
    np.testing.assert_array_equal(symbols, image[2])
    assert not finished.all()


def test_what_is_given_for_skipped_symbols_does_not_matter():
    image = coder_cases.draw_image(13)
    changed = image[:2] + (np.where(image[3] < 0, 55, image[2]).astype(np.int32), image[3])
    for expected, result in zip(encode(image, 2), encode(changed, 2)):
        np.testing.assert_array_equal(result, expected)


def test_another_start_state_is_noticed():
    image = coder_cases.draw_image(11)
    words, num_words, states = encode(image, 2, START)
    assert not decode(words, num_words, states, image, 2, START + 1)[2].all()


def test_nonsense_words_and_states_stay_in_bounds():
    image = coder_cases.draw_image(12, 40, 500)
    rng = np.random.default_rng(0)
    words = rng.integers(-(1 << 31), 1 << 31, (1, 3)).astype(np.int32)
    states = np.int32([[0, -5, 1, 77]])
    side_symbols, symbols, finished = decode(words, _filled(1, 3), states, image, 4)
    np.testing.assert_array_equal(table_ops.clip(CODER.tables, side_symbols, image[1]), side_symbols)
    np.testing.assert_array_equal(table_ops.clip(CODER.tables, symbols, image[3]), symbols)
    assert not finished.all()
