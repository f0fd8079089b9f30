"""Whole streams decode with a decoder written from docs/bitstream.md alone."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.coding import coder_cases, reference_decoder
from tf_ipr.coding import SymbolCoder, header_bytes, stream_bytes, table_ops
from tf_ipr.format.bitstream import Header, pack, parse, start_state
from tf_ipr.format.lane_count import num_lanes

CHANNELS, LATENT, FIRST_CODED = 3, 4, 5
LAYERS = [(CHANNELS, 8, 0), (8, 12, 1), (3, 4 * LATENT, 1)]  # inputs, outputs, up


def model_arrays(seed):
    """A random model: tables and integer layers whose output spreads over the indexes."""
    rng = np.random.default_rng(seed)
    arrays = {**coder_cases.tables(CHANNELS).to_arrays(), "first_coded": np.int32(FIRST_CODED)}
    for i, (inputs, outputs, up) in enumerate(LAYERS):
        arrays[f"kernel_{i}"] = rng.integers(-127, 128, (9 * inputs, outputs)).astype(np.int16)
        arrays[f"bias_{i}"] = rng.integers(-2000, 9000, outputs).astype(np.int32)
        arrays[f"shift_{i}"] = np.int32([3, 6, 9][i])
        arrays[f"up_{i}"] = np.int32(up)
    return arrays


def encode(seed, width, height):
    """A random image's symbols and stream, through the package."""
    rng = np.random.default_rng(seed)
    arrays, tables = model_arrays(seed), coder_cases.tables(CHANNELS)
    height_y, width_y = -(-height // 16), -(-width // 16)
    shape_z = (-(-height_y // 4), -(-width_y // 4), CHANNELS)
    side_tables = np.broadcast_to(64 + np.arange(CHANNELS), shape_z).reshape(1, -1)
    z = np.array(table_ops.clip(tables, rng.integers(-12, 13, side_tables.shape).astype(np.int32),
                             side_tables.astype(np.int32)))
    index = reference_decoder.integer_network(z.reshape(shape_z), arrays)[:height_y, :width_y]
    numbers = np.where(index < FIRST_CODED, -1, index).reshape(1, -1).astype(np.int32)
    y = np.array(table_ops.clip(tables, rng.integers(-9, 10, numbers.shape).astype(np.int32), numbers))
    header = Header(width, height, 33.5, "00112233")
    words, num_words, states = SymbolCoder(tables).encode(
        z, side_tables.astype(np.int32), y, numbers, num_lanes(height, width),
        tf.constant([start_state(header.to_bytes())]))
    stream = pack(header, states[0], words[0, :num_words[0]])
    in_graph, length = stream_bytes(header_bytes(width, height, 67, "00112233"), states[0],
                                    words[0], num_words[0])
    assert in_graph[:length].numpy().tobytes() == stream
    return arrays, stream, z.reshape(shape_z), y.reshape(index.shape), index


@pytest.mark.parametrize("seed, width, height", [(0, 16, 16), (1, 250, 250), (2, 100, 333),
                                                 (3, 65, 64)])
def test_all_symbols_come_back(seed, width, height):
    arrays, stream, z, y, index = encode(seed, width, height)
    decoded = reference_decoder.decode_stream(stream, arrays)
    np.testing.assert_array_equal(decoded["z"], z)
    np.testing.assert_array_equal(decoded["y"], y)
    assert (decoded["width"], decoded["height"]) == (width, height)
    assert decoded["quality"] == 33.5 and decoded["model_id"] == "00112233"
    assert 32768 + decoded["header_hash"] == parse(stream)[3]
    if width > 16:
        assert 0 < (index == 0).mean() < 1 and len(np.unique(index)) > 10


def test_exact_stream_never_changes():
    # Made by this test's encoder. A change breaks every stream: it needs a new major version.
    _, stream, _, _, _ = encode(0, 16, 16)
    assert stream.hex() == "fb1000112233430000108fff19a0471080008000"


def test_every_flipped_bit_is_noticed():
    arrays, stream, _, _, _ = encode(3, 65, 64)
    for bit in range(8 * len(stream)):
        changed = bytearray(stream)
        changed[bit // 8] ^= 1 << bit % 8
        if changed[2:6] != stream[2:6]:
            continue  # The model's name: a decoder of this model refuses it.
        with pytest.raises(ValueError, match="damaged stream"):
            reference_decoder.decode_stream(bytes(changed), arrays)
