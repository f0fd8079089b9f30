"""Integer probability tables: what the coder codes with, and what a model freezes.

Both sides of a stream must use exactly the same integers, so a table is quantised once (when a
model is frozen), stored as integers, and never derived from floating point again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

PRECISION_BITS = 12
TOTAL = 1 << PRECISION_BITS  # Frequencies of one table sum to this.


class DecoderLookup(NamedTuple):
    """Slot tables, flat [(num_tables + 1) * 4096]; slot s of table t stands at t * 4096 + s.

    The last table is the identity step of a lane that codes nothing (frequency 4096).
    """

    frequency: np.ndarray  # int32, 1..4096: frequency of the slot's symbol.
    offset: np.ndarray  # int32, 0..4095: slot minus the symbol's cumulative frequency.
    symbol: np.ndarray  # int16, the symbol itself (0 in the identity table).


class ProbabilityTables:
    """Frequencies of `num_tables` alphabets of consecutive integers; immutable.

    Guarantees, checked on construction:
      1. every symbol of table t, `lowest[t] .. lowest[t] + size[t] - 1`, has frequency 1..4095;
      2. the frequencies of a table sum to 4096;
      3. entries beyond a table's size are 0.

    Attributes:
      frequency: int32 [num_tables, max_symbols].
      lowest: int32 [num_tables], first symbol of each table, -32768..32767.
      size: int32 [num_tables], number of symbols, 2..max_symbols.
    """

    def __init__(self, frequency, lowest, size):
        """Checks and freezes the three arrays; raises ValueError naming the first bad table."""
        self.frequency = _frozen(frequency, "frequency", 2)
        self.lowest = _frozen(lowest, "lowest", 1)
        self.size = _frozen(size, "size", 1)
        _validate(self.frequency, self.lowest, self.size)

    @classmethod
    def from_pmfs(cls, pmfs: Sequence, lowest: Sequence) -> ProbabilityTables:
        """Quantises probability mass functions, each to the shortest expected code.

        Args:
          pmfs: one 1-D float array per table, 2..4096 non-negative entries; normalised here.
          lowest: first symbol of each table.

        Raises:
          ValueError: a mass function is empty, too long, negative, not finite or all zero.
        """
        if len(pmfs) != len(lowest):
            raise ValueError(
                f"{len(pmfs)} mass functions but {len(lowest)} lowest symbols; "
                "give one lowest symbol per mass function."
            )
        rows = [quantize_pmf(pmf) for pmf in pmfs]
        frequency = np.zeros((len(rows), max((len(row) for row in rows), default=0)), np.int32)
        for table, row in enumerate(rows):
            frequency[table, : len(row)] = row
        return cls(frequency, np.asarray(lowest), np.array([len(row) for row in rows]))

    @classmethod
    def from_arrays(cls, mapping: Mapping) -> ProbabilityTables:
        """Reads `frequency`, `lowest` and `size` from a mapping, e.g. an opened `.npz` file."""
        missing = [name for name in ("frequency", "lowest", "size") if name not in mapping]
        if missing:
            raise ValueError(
                f"Probability tables lack {', '.join(missing)}; "
                "a file of tables holds frequency, lowest and size."
            )
        return cls(mapping["frequency"], mapping["lowest"], mapping["size"])

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The three arrays by name, for `np.savez`."""
        return {"frequency": self.frequency, "lowest": self.lowest, "size": self.size}

    @property
    def num_tables(self) -> int:
        return self.frequency.shape[0]

    @property
    def max_symbols(self) -> int:
        return self.frequency.shape[1]

    @property
    def cumulative(self) -> np.ndarray:
        """int32 [num_tables, max_symbols]: sum of the frequencies of all smaller symbols."""
        return (np.cumsum(self.frequency, axis=1) - self.frequency).astype(np.int32)

    def decoder_lookup(self) -> DecoderLookup:
        """The slot tables of the decoder, see `DecoderLookup`."""
        slots = np.arange(TOTAL, dtype=np.int32)
        index = np.stack([np.repeat(np.arange(self.max_symbols), row) for row in self.frequency])
        frequency = np.take_along_axis(self.frequency, index, axis=1)
        offset = slots - np.take_along_axis(self.cumulative, index, axis=1)
        symbol = index + self.lowest[:, None]
        identity: tuple[np.ndarray, ...] = (np.full(TOTAL, TOTAL), slots, np.zeros(TOTAL))
        parts = [
            np.append(part.reshape(-1), last)
            for part, last in zip((frequency, offset, symbol), identity)
        ]
        return DecoderLookup(
            parts[0].astype(np.int32), parts[1].astype(np.int32), parts[2].astype(np.int16)
        )


def quantize_pmf(pmf) -> np.ndarray:
    """Integer frequencies, all >= 1, summing to 4096, of least expected code length.

    Minimises sum_i -p_i log2(f_i / 4096). The sum is separable and concave in each f_i, so moving
    single units from where they are missed least to where they help most ends at the optimum.

    Args:
      pmf: 1-D array, 2..4096 finite non-negative entries, not all zero.

    Returns:
      int32, same length.
    """
    pmf = np.asarray(pmf, np.float64)
    if pmf.ndim != 1 or not 2 <= pmf.size <= TOTAL:
        raise ValueError(
            f"A mass function has shape {pmf.shape}; it must be 1-D with 2..{TOTAL} "
            "entries, so that each symbol can have a frequency of at least 1."
        )
    if not np.all(np.isfinite(pmf)) or np.any(pmf < 0) or pmf.sum() <= 0:
        raise ValueError(
            "A mass function has negative, infinite, not-a-number or only zero "
            f"entries (min {pmf.min()}, sum {pmf.sum()})."
        )
    pmf = pmf / pmf.sum()
    frequency = np.maximum(np.rint(pmf * TOTAL), 1).astype(np.int64)
    while True:
        gain = pmf * np.log2((frequency + 1) / frequency)
        loss = np.where(frequency > 1, pmf * np.log2(frequency / np.maximum(frequency - 1, 1)), np.inf)
        excess = frequency.sum() - TOTAL
        if excess < 0:
            frequency[np.argmax(gain)] += 1
        elif excess > 0:
            frequency[np.argmin(loss)] -= 1
        elif gain.max() > loss.min():
            frequency[np.argmax(gain)] += 1
            frequency[np.argmin(loss)] -= 1
        else:
            return frequency.astype(np.int32)


def _frozen(array, name: str, rank: int) -> np.ndarray:
    """A read-only int32 copy; refuses other ranks and values that int32 would change."""
    given = np.asarray(array)
    if given.ndim != rank or not np.issubdtype(given.dtype, np.integer):
        raise ValueError(
            f"`{name}` has shape {given.shape} and dtype {given.dtype}; "
            f"it must hold integers in {rank} dimension(s)."
        )
    frozen = given.astype(np.int32)
    if not np.array_equal(frozen, given):
        raise ValueError(f"`{name}` holds values beyond 32 bits.")
    frozen.flags.writeable = False
    return frozen


def _validate(frequency: np.ndarray, lowest: np.ndarray, size: np.ndarray) -> None:
    num_tables, max_symbols = frequency.shape
    if num_tables < 1 or lowest.shape != (num_tables,) or size.shape != (num_tables,):
        raise ValueError(
            f"`frequency` {frequency.shape}, `lowest` {lowest.shape} and `size` "
            f"{size.shape} must agree on the number of tables, at least 1."
        )
    for table in range(num_tables):
        row, count = frequency[table], size[table]
        if not 2 <= count <= max_symbols:
            raise ValueError(f"Table {table} has size {count}; allowed: 2..{max_symbols}.")
        if row[:count].min() < 1 or row[count:].any() or row.astype(np.int64).sum() != TOTAL:
            raise ValueError(
                f"Table {table} has frequencies {row[:count].min()}..{row[:count].max()} summing "
                f"to {row.sum()}; each of its {count} symbols needs at least 1, entries beyond "
                f"them must be 0, and the sum must be {TOTAL}."
            )
        if lowest[table] < -32768 or lowest[table] + count - 1 > 32767:
            raise ValueError(
                f"Table {table} starts at symbol {lowest[table]}; its symbols must lie in -32768..32767."
            )
