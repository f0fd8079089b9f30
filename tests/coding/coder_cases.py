"""Small models and symbols that several coder tests share."""

from __future__ import annotations

import functools

import numpy as np

from tf_ipr.format.tables import ProbabilityTables

NUM_SCALES = 64


def gaussian_pmf(scale, radius, mean=0.0):
    values = np.arange(-radius, radius + 1)
    return np.exp(-0.5 * ((values - mean) / scale) ** 2) + 1e-12


@functools.cache
def tables(channels: int = 3) -> ProbabilityTables:
    """64 scales of y from almost certain to wide, and one table per channel of z."""
    pmfs, lowest = [], []
    for scale in np.geomspace(0.11, 20, NUM_SCALES):
        radius = int(np.ceil(3.5 * scale)) + 1
        pmfs.append(gaussian_pmf(scale, radius))
        lowest.append(-radius)
    for channel in range(channels):
        pmfs.append(gaussian_pmf(2.0 + channel, 9 + channel, mean=channel / 3))
        lowest.append(-9 - channel)
    return ProbabilityTables.from_pmfs(pmfs, lowest)


def draw(rng, shape, low, high, skip=0.0, model=None):
    """Symbols drawn from random tables low..high-1; a share is skipped: table -1, symbol 0."""
    model = model or tables()
    numbers = rng.integers(low, high, shape)
    slots = rng.integers(0, 4096, shape)
    passed = slots[..., None] >= np.cumsum(model.frequency, axis=1)[numbers]
    symbols = model.lowest[numbers] + passed.sum(axis=-1)
    skipped = rng.random(shape) < skip
    return (np.where(skipped, 0, symbols).astype(np.int32),
            np.where(skipped, -1, numbers).astype(np.int32))


def draw_image(seed, num_side=24, num_main=120, batch=1, skip=0.5):
    """side_symbols, side_tables, symbols, tables, each int32 [batch, number]."""
    rng = np.random.default_rng(seed)
    side = draw(rng, (batch, num_side), NUM_SCALES, tables().num_tables)
    return side + draw(rng, (batch, num_main), 1, NUM_SCALES, skip)


def lane_start(phases, start_state):
    """Section 8 of docs/bitstream.md."""
    check = 0
    for symbols, _ in phases:
        check = check * 257 + sum((1 + i % 32748) * int(s) for i, s in enumerate(symbols))
    return 32768 + (start_state - 32768 + check) % 32749


def scalar_encode(model, phases, lanes, start_state):
    """The encoder of docs/bitstream.md in plain Python: words and states.

    Args:
      model: ProbabilityTables.
      phases: [(symbols, tables), ...], flat, in decoding order; table -1: not coded.
      lanes: K.
      start_state: int, from the header.
    """
    states, words = [lane_start(phases, start_state)] * lanes, []
    for symbols, numbers in reversed(phases):
        coded = [(int(s), int(t)) for s, t in zip(symbols, numbers) if t >= 0]
        for j in reversed(range(len(coded))):
            symbol, table = coded[j]
            n = symbol - int(model.lowest[table])
            f = int(model.frequency[table][n])
            c = int(model.frequency[table][:n].sum())
            x = states[j % lanes]
            if x >= f << 19:
                words.append(x & 0xFFFF)
                x >>= 16
            states[j % lanes] = (x // f) * 4096 + x % f + c
    return words[::-1], states
