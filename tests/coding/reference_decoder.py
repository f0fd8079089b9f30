"""A slow and obvious decoder, written from docs/bitstream.md alone.

Plain Python integers; NumPy only carries arrays. It shares no code with the package.
"""

from __future__ import annotations

import numpy as np


def decode_stream(stream, arrays):
    """Decodes all symbols of a stream.

    Args:
      stream: bytes.
      arrays: mapping with the arrays of `entropy.npz` (section 4 of the page).

    Returns:
      dict with width, height, quality, model_id, version, header_hash, and the symbols
      z [h_z, w_z, C] and y [h_y, w_y, M], int64.

    Raises:
      ValueError: the stream is damaged.
    """
    header, position = read_header(stream)
    lanes = 2
    while lanes < 32 and lanes * 16384 < header["height"] * header["width"]:
        lanes *= 2
    states, position = read_states(stream, position, lanes)
    require((len(stream) - position) % 2 == 0, "half a word")
    words = [stream[i] * 256 + stream[i + 1] for i in range(position, len(stream), 2)]
    coder = Coder(states, words, arrays)

    height_y, width_y = -(-header["height"] // 16), -(-header["width"] // 16)
    height_z, width_z = -(-height_y // 4), -(-width_y // 4)
    channels = len(arrays["size"]) - 64
    z_tables = [64 + channel for _ in range(height_z * width_z) for channel in range(channels)]
    z = np.array(coder.decode(z_tables)).reshape(height_z, width_z, channels)
    tables = integer_network(z, arrays)[:height_y, :width_y]
    y = np.array(coder.decode(tables.reshape(-1).tolist())).reshape(tables.shape)
    start = 32768 + (header["header_hash"] + 257 * checksum(z) + checksum(y)) % 32749
    require(all(state == start for state in coder.states), "final state")
    require(coder.position == len(words), "words left over")
    return dict(header, z=z, y=y)


def require(condition, what):
    if not condition:
        raise ValueError("damaged stream: " + what)


def read_header(stream):
    """Section 1."""
    require(len(stream) >= 7 and stream[0] == 0xFB and stream[1] // 16 == 1, "not version 1")
    require(2 <= stream[6] <= 200, "quality")
    width, position = read_varint(stream, 7)
    height, position = read_varint(stream, position)
    hash_value = 0
    for byte in stream[:position]:
        hash_value = (hash_value * 257 + byte) % 32749
    return {"version": (stream[1] // 16, stream[1] % 16), "model_id": stream[2:6].hex(),
            "quality": stream[6] / 2, "width": width + 16, "height": height + 16,
            "header_hash": hash_value}, position


def checksum(symbols):
    """Section 8."""
    return sum((1 + i % 32748) * symbol for i, symbol in enumerate(symbols.reshape(-1).tolist()))


def read_varint(stream, position):
    value = 0
    for index in range(4):
        require(position + index < len(stream), "truncated")
        byte = stream[position + index]
        value += byte % 128 * 128 ** index
        if byte < 128:
            require(byte > 0 or index == 0, "varint")
            return value, position + index + 1
    raise ValueError("damaged stream: varint")


def read_states(stream, position, lanes):
    """Section 3."""
    require(position + lanes // 2 <= len(stream), "truncated")
    exponents = []
    for byte in stream[position:position + lanes // 2]:
        exponents += [byte // 16, byte % 16]
    position += lanes // 2
    bits = "".join(f"{byte:08b}" for byte in stream[position:])
    states, at = [], 0
    for exponent in exponents:
        require(at + 15 + exponent <= len(bits), "truncated")
        states.append(int("1" + bits[at:at + 15 + exponent], 2))
        at += 15 + exponent
    size = -(-at // 8)
    require("1" not in bits[at:8 * size], "padding")
    return states, position + size


class Coder:
    """Section 5."""

    def __init__(self, states, words, arrays):
        self.states, self.words, self.position = states, words, 0
        self.first_coded = int(arrays["first_coded"])
        self.tables = [([int(f) for f in row[:count]], int(low)) for row, count, low in
                       zip(arrays["frequency"], arrays["size"], arrays["lowest"])]

    def decode(self, tables):
        symbols = [0] * len(tables)
        coded = [index for index, table in enumerate(tables)
                 if table >= self.first_coded]  # Others are skipped (section 6).
        for j, index in enumerate(coded):
            lane = j % len(self.states)
            frequencies, lowest = self.tables[tables[index]]
            high, slot = divmod(self.states[lane], 4096)
            n, c = 0, 0
            while slot >= c + frequencies[n]:
                c += frequencies[n]
                n += 1
            symbols[index] = lowest + n
            state = frequencies[n] * high + slot - c
            if state < 32768:
                require(self.position < len(self.words), "no next word")
                state = state * 65536 + self.words[self.position]
                self.position += 1
            self.states[lane] = state
        return symbols


def integer_network(z, arrays):
    """Section 7: z [h_z, w_z, C] -> table numbers, uncut."""
    layers = sum(1 for name in arrays if name.startswith("kernel_"))
    values = z.astype(np.int64)
    for i in range(layers):
        height, width, _ = values.shape
        ring = np.pad(values, [[1, 1], [1, 1], [0, 0]])
        patch = np.concatenate([ring[1 + dy:1 + dy + height, 1 + dx:1 + dx + width]
                                for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=-1)
        values = patch @ arrays[f"kernel_{i}"].astype(np.int64) + arrays[f"bias_{i}"]
        shift = int(arrays[f"shift_{i}"])
        if shift > 0:
            values = (values + 2 ** (shift - 1)) // 2 ** shift
        values = (np.clip(values + 32, 0, 63) if i == layers - 1 else np.clip(values, 0, 255))
        if int(arrays[f"up_{i}"]):
            height, width, channels = values.shape
            values = values.reshape(height, width, 2, 2, channels // 4)
            values = values.transpose(0, 2, 1, 3, 4).reshape(2 * height, 2 * width, channels // 4)
    return values
