"""The bytes in the code of a card; `docs/card.md` specifies them.

```
 byte 0     1                   2..5     n      n bytes   to the end     last 64
 0xFC       version<<4 | flags  key id   n      text      stream         signature
                                signed           UTF-8    compact form   signed
                                cards alone                              cards alone
 |------------------------------ what is signed ---------------|
```
"""

from __future__ import annotations

import dataclasses
import unicodedata

MAGIC = 0xFC
VERSION = 1
SIGNED = 1  # a flag; the other three bits are reserved and 0
KEY_ID_BYTES, SIGNATURE_BYTES = 4, 64
MAX_TEXT_BYTES = 120
# As identity programmes ask of the content of a code on a card.
MAX_BYTES = 1005

# They reorder what is shown, so that people read another text than the one that was signed.
_REORDERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class CardError(ValueError):
    """A card that cannot be made, or bytes that are no card of this version."""


@dataclasses.dataclass(frozen=True)
class Payload:
    """What a card holds.

    Attributes:
      text: shown beside the face; see `check_text`.
      stream: the face, in the compact form where it has one (`tf_ipr.format.compact`).
      key_id: the first 4 bytes of the signing key's `keys.key_id`, or None on a card without signature.
    """

    text: str
    stream: bytes
    key_id: bytes | None = None

    def __post_init__(self):
        check_text(self.text)
        if not self.stream:
            raise CardError("The card holds no face: its stream is empty (0 bytes).")
        if self.key_id is not None and len(self.key_id) != KEY_ID_BYTES:
            raise CardError(f"The key id has {len(self.key_id)} bytes; it must have {KEY_ID_BYTES}.")

    def to_bytes(self) -> bytes:
        """All that is signed; a signed card's signature follows it."""
        text = self.text.encode()
        signed = self.key_id is not None
        return (
            bytes([MAGIC, VERSION << 4 | (SIGNED if signed else 0)])
            + (self.key_id or b"")
            + bytes([len(text)])
            + text
            + self.stream
        )


def bytes_without_face(text: str, signed: bool) -> int:
    """Length of a payload less its stream."""
    return 3 + len(check_text(text).encode()) + (KEY_ID_BYTES + SIGNATURE_BYTES if signed else 0)


def parse(data: bytes) -> tuple[Payload, bytes]:
    """Takes a payload apart.

    Returns:
      The payload, and its signature, 64 bytes, or b"" on a card without one. Nothing is verified.

    Raises:
      CardError: the bytes are no card, one of another version, truncated, or not in canonical form.
    """
    data = bytes(data)
    if not is_card(data):
        raise CardError(
            f"The code holds {len(data)} bytes that are no card; a card starts with 0x{MAGIC:02x}."
        )
    if len(data) < 2:
        raise _truncated(data)
    version, flags = data[1] >> 4, data[1] & 15
    if version != VERSION:
        raise CardError(
            f"The card has version {version}; this release reads version {VERSION}. Read it with a "
            f"{'newer' if version > VERSION else 'matching'} release."
        )
    if flags & ~SIGNED:
        raise CardError(
            f"The card sets flags 0x{flags:x}, which this release does not know. Read it with a "
            "newer release."
        )
    signed = bool(flags & SIGNED)
    body, signature = (data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]) if signed else (data, b"")
    text_at = 3 + (KEY_ID_BYTES if signed else 0)
    if len(body) < text_at or len(body) <= text_at + body[text_at - 1]:
        raise _truncated(data)
    stream_at = text_at + body[text_at - 1]
    try:
        text = body[text_at:stream_at].decode()
    except UnicodeDecodeError as error:
        raise CardError(
            f"The card's text is not UTF-8: {error.reason} at byte {error.start}."
        ) from error
    return Payload(text, body[stream_at:], body[2 : 2 + KEY_ID_BYTES] if signed else None), signature


def is_card(data: bytes) -> bool:
    """Whether bytes may be a card of some version."""
    return data[:1] == bytes([MAGIC])


def check_text(text: str) -> str:
    """Returns `text`; raises CardError where it is too long or would mislead who reads it.

    Line breaks are allowed, other control characters and those that reorder text are not.
    """
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise CardError(
            f"The text has a character that UTF-8 cannot hold, at position {error.start}."
        ) from error
    if length > MAX_TEXT_BYTES:
        raise CardError(
            f"The text has {length} bytes of UTF-8; at most {MAX_TEXT_BYTES} are allowed. Shorten it: "
            "every byte of text is one less for the face."
        )
    for position, character in enumerate(text):
        if character != "\n" and (
            unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in _REORDERING
        ):
            raise CardError(
                f"The text has the control character U+{ord(character):04X} at position {position}; "
                "leave it out (line breaks are allowed)."
            )
    return text


def _truncated(data: bytes) -> CardError:
    return CardError(f"The card of {len(data)} bytes ends before its face; it was truncated.")
