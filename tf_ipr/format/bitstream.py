"""The stream of one image as bytes; `docs/bitstream.md` specifies it to the bit.

```
 byte 0        1              2..5       6            7..
 0xFB   major<<4 | minor   model id   2*quality   width-16   height-16   lane states   words
                                                  varint     varint      K/2 + ... B   2 B each
 |--------------------------- header, hashed -------------------------|
```

The lanes of the coder start from a hash of the header (to which `SymbolCoder` adds a checksum of the
symbols), and decoding must end there: the final check covers the header too.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tf_ipr.format import lane_count

if TYPE_CHECKING:
    import numpy as np

MAGIC = 0xFB
MAJOR, MINOR = 1, 0
MIN_SIDE = 16
MAX_SIDE = MIN_SIDE + (1 << 28) - 1  # Four 7-bit groups.
MAX_PIXELS = 1 << 26  # Default limit of the decoder.
MIN_QUALITY, MAX_QUALITY = 1.0, 100.0
QUALITY_STEPS = range(2, 201)  # Twice the quality.
FIXED_BYTES = 7  # Header bytes before the sizes.
MODULUS = 32749  # The largest prime below 2^15: of the header's hash and the symbols' checksum.
HASH_MULTIPLIER = 257
STATE_LOW_LOG2 = 15


class BitstreamError(ValueError):
    """A stream that cannot be decoded: damaged, foreign, of another version or another model."""


@dataclasses.dataclass(frozen=True)
class Header:
    """What a stream says about itself.

    Attributes:
      width: pixels, 16 .. 2^28 + 15.
      height: pixels, likewise.
      quality: 1.0 .. 100.0 in steps of 0.5.
      model_id: 8 lower-case hexadecimal digits.
      version: (major, minor), each 0..15.
    """

    width: int
    height: int
    quality: float
    model_id: str
    version: tuple[int, int] = (MAJOR, MINOR)

    def __post_init__(self):
        for name in ("width", "height"):
            side = getattr(self, name)
            if not MIN_SIDE <= side <= MAX_SIDE or side != int(side):
                raise ValueError(
                    f"`{name}` is {side}; allowed: {MIN_SIDE}..{MAX_SIDE} pixels. Pad smaller images."
                )
        if not 1 <= self.quality <= 100 or 2 * self.quality != int(2 * self.quality):
            raise ValueError(f"`quality` is {self.quality}; allowed: 1..100 in steps of 0.5.")
        if not re.fullmatch("[0-9a-f]{8}", self.model_id):
            raise ValueError(f"`model_id` is {self.model_id!r}; it has 8 lower-case hexadecimal digits.")
        if len(self.version) != 2 or not all(0 <= part <= 15 for part in self.version):
            raise ValueError(f"`version` is {self.version}; it is (major, minor), each 0..15.")

    @property
    def num_lanes(self) -> int:
        return lane_count.num_lanes(self.height, self.width)

    def to_bytes(self) -> bytes:
        """The 9 to 15 bytes of the header."""
        major, minor = self.version
        fixed = bytes([MAGIC, major << 4 | minor]) + bytes.fromhex(self.model_id)
        return (
            fixed
            + bytes([int(2 * self.quality)])
            + _varint(int(self.width) - MIN_SIDE)
            + _varint(int(self.height) - MIN_SIDE)
        )


def start_state(header_bytes: bytes) -> int:
    """`start_state` of `SymbolCoder`: 2^15 + hash of the header, 0..32748."""
    value = 0
    for byte in header_bytes:
        value = (value * HASH_MULTIPLIER + byte) % MODULUS
    return (1 << STATE_LOW_LOG2) + value


def pack(header: Header, states, words) -> bytes:
    """Assembles a stream.

    Args:
      header: the header; its start state must be the one that `states` come from.
      states: K = `header.num_lanes` integers in 2^15 .. 2^31 - 1.
      words: integers 0..65535.

    Raises:
      ValueError: wrong number or range of states or words.
    """
    import numpy as np  # pylint: disable=import-outside-toplevel  # Not to read a header.

    states = np.asarray(states, np.int64).reshape(-1)
    words = np.asarray(words, np.int64).reshape(-1)
    if states.size != header.num_lanes:
        raise ValueError(
            f"{states.size} lane states given, but an image of {header.width}x"
            f"{header.height} has {header.num_lanes} lanes."
        )
    if states.min() < 1 << STATE_LOW_LOG2 or states.max() >= 1 << 31:
        raise ValueError(f"Lane states {states.min()}..{states.max()} leave 2^15..2^31-1.")
    if words.size and (words.min() < 0 or words.max() > 65535):
        raise ValueError(f"Words {words.min()}..{words.max()} leave 0..65535.")
    return header.to_bytes() + _pack_states(states) + words.astype(">u2").tobytes()


class ParsedStream(NamedTuple):
    """A stream taken apart.

    Attributes:
      header: what it says about itself.
      states: int32 [K], the state of each lane, 2^15 .. 2^31 - 1.
      words: int32 [num_words], 0..65535.
      start_state: what the header contributes to the state that the lanes end in, see `start_state`.
    """

    header: Header
    states: np.ndarray
    words: np.ndarray
    start_state: int


def parse(data: bytes, max_pixels: int = MAX_PIXELS) -> ParsedStream:
    """Takes a stream apart.

    Args:
      data: the whole stream.
      max_pixels: largest width * height accepted, a guard of memory and time.

    Returns:
      A `ParsedStream`.

    Raises:
      BitstreamError: the stream is empty, truncated, foreign, of another major version, too large
        or not in canonical form.
    """
    import numpy as np  # pylint: disable=import-outside-toplevel  # Not to read a header.

    data = bytes(data)
    header, position = _parse_header(data)
    _check_pixels(header, max_pixels)
    states, words_at = _parse_states(data, position, header.num_lanes)
    if (len(data) - words_at) % 2:
        raise BitstreamError(
            f"The stream of {len(data)} bytes ends within a 16-bit word; it was truncated or extended."
        )
    words = np.frombuffer(data, ">u2", offset=words_at).astype(np.int32)
    return ParsedStream(header, states, words, start_state(data[:position]))


def describe(data: bytes) -> dict:
    """What a stream says about itself: width, height, quality, model_id, bytes, bpp, version.

    Reads the header alone, so streams of any model and size are welcome, and damage behind the
    header is not noticed. Raises BitstreamError where there is no header.
    """
    header, _ = _parse_header(bytes(data))
    return dict(
        width=header.width,
        height=header.height,
        quality=header.quality,
        model_id=header.model_id,
        bytes=len(data),
        bpp=8 * len(data) / (header.width * header.height),
        version=".".join(map(str, header.version)),
    )


def require_one_size(headers: Sequence[Header]) -> tuple[int, int]:
    """(height, width) of a batch.

    Raises:
      ValueError: there are no streams, so the size is unknown.
      BitstreamError: the sizes differ.
    """
    if not headers:
        raise ValueError("The batch has no streams; give at least one.")
    first = headers[0]
    for header in headers:
        if (header.height, header.width) != (first.height, first.width):
            raise BitstreamError(
                f"The batch has images of {first.width}x{first.height} and of "
                f"{header.width}x{header.height} pixels; decode one size at a time."
            )
    return first.height, first.width


def _check_pixels(header: Header, max_pixels: int) -> None:
    if header.width * header.height > max_pixels:
        raise BitstreamError(
            f"The stream declares {header.width}x{header.height} = {header.width * header.height} "
            f"pixels; at most {max_pixels} are accepted. Raise max_pixels if you trust its source."
        )


def _parse_header(data: bytes) -> tuple[Header, int]:
    """The header and its length in bytes."""
    if not data:
        raise BitstreamError("The stream is empty (0 bytes).")
    if data[0] != MAGIC:
        raise BitstreamError(
            f"The stream starts with byte 0x{data[0]:02x}; streams of this codec "
            f"start with 0x{MAGIC:02x}. It is something else."
        )
    if len(data) < FIXED_BYTES:
        raise _truncated(data, "header")
    version = data[1] >> 4, data[1] & 15
    if version[0] != MAJOR:
        raise BitstreamError(
            f"The stream has format version {version[0]}.{version[1]}; this "
            f"decoder reads {MAJOR}.x. Use a matching release."
        )
    if data[6] not in QUALITY_STEPS:
        raise BitstreamError(f"The stream declares quality {data[6] / 2}; allowed: 1..100.")
    width, position = _parse_varint(data, FIXED_BYTES, "width")
    height, position = _parse_varint(data, position, "height")
    return Header(width + MIN_SIDE, height + MIN_SIDE, data[6] / 2, data[2:6].hex(), version), position


def _varint(value: int) -> bytes:
    """LEB128: groups of 7 bits, lowest first; the top bit says that another group follows."""
    groups = [value & 127]
    while value > 127:
        value >>= 7
        groups.append(value & 127)
    return bytes([group | 128 for group in groups[:-1]] + groups[-1:])


def _parse_varint(data: bytes, position: int, name: str) -> tuple[int, int]:
    """The value at `position` and the position behind it."""
    value = 0
    for index in range(4):
        if position + index >= len(data):
            raise _truncated(data, f"{name} in the header")
        byte = data[position + index]
        value |= (byte & 127) << 7 * index
        if byte < 128:
            if byte == 0 and index > 0:
                raise BitstreamError(f"The {name} in the header is written with superfluous bytes.")
            return value, position + index + 1
    raise BitstreamError(f"The {name} in the header takes more than 4 bytes.")


def _pack_states(states: np.ndarray) -> bytes:
    """4 bits of exponent for each state, then all bits below each state's leading one."""
    exponents = [int(state).bit_length() - STATE_LOW_LOG2 - 1 for state in states]
    value, bits = 0, 0
    for state, exponent in zip(states, exponents):
        length = STATE_LOW_LOG2 + exponent
        value = value << length | int(state) - (1 << length)
        bits += length
    value <<= -bits % 8
    nibbles = bytes(first << 4 | second for first, second in zip(exponents[::2], exponents[1::2]))
    return nibbles + value.to_bytes((bits + 7) // 8, "big")


def _parse_states(data: bytes, position: int, num_lanes: int) -> tuple[np.ndarray, int]:
    """The lane states at `position` and the position behind them."""
    import numpy as np  # pylint: disable=import-outside-toplevel  # Not to read a header.

    mantissas_at = position + num_lanes // 2
    if len(data) < mantissas_at:
        raise _truncated(data, "lane states")
    lengths = [
        STATE_LOW_LOG2 + nibble
        for byte in data[position:mantissas_at]
        for nibble in (byte >> 4, byte & 15)
    ]
    end = mantissas_at + (sum(lengths) + 7) // 8
    if len(data) < end:
        raise _truncated(data, "lane states")
    value = int.from_bytes(data[mantissas_at:end], "big")
    padding = -sum(lengths) % 8
    if value & (1 << padding) - 1:
        raise BitstreamError("The padding bits behind the lane states are not zero.")
    value >>= padding
    states = []
    for length in reversed(lengths):
        states.append((1 << length) + (value & (1 << length) - 1))
        value >>= length
    return np.array(states[::-1], np.int32), end


def _truncated(data: bytes, where: str) -> BitstreamError:
    return BitstreamError(f"The stream of {len(data)} bytes ends within the {where}; it was truncated.")
