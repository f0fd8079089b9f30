"""From a photograph of a card to its face, verified on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tf_ipr.card import keys, payload, qr_code
from tf_ipr.card.payload import CardError
from tf_ipr.format import bitstream, compact

# An aligned face has up to 448x448 pixels; a stream that declares more is not decoded.
MAX_PIXELS = 1 << 18


class NoCardError(ValueError):
    """No card, or more than one, was found in a picture."""


@dataclasses.dataclass(frozen=True)
class ReadCard:
    """What a card says.

    Attributes:
      text: beside the face.
      face: uint8 RGB (H, W, 3).
      key_id: 8 hex digits of the key that the card names, or None on a card without signature.
      verified: whether a trusted key's signature was checked; False says nothing was.
      payload_bytes: of the whole card.
      face_bytes: of its stream, in the compact form.
      stream: what the stream says about itself, see `tf_ipr.format.bitstream.describe`.
    """

    text: str
    face: np.ndarray
    key_id: str | None
    verified: bool
    payload_bytes: int
    face_bytes: int
    stream: dict


def read(image: np.ndarray, codec_of: Callable, trusted: Sequence = ()) -> ReadCard:
    """Finds the card in a picture, verifies and decodes it.

    Args:
      image: uint8 RGB (H, W, 3): the card, or a photograph that shows it.
      codec_of: stream -> a `tf_ipr.Codec` that decodes it.
      trusted: Ed25519 public keys. With any, a card that none of them signed is refused; without,
        nothing is verified.

    Raises:
      NoCardError: there is no card in the picture, or more than one.
      CardError: it is damaged or of another version.
      keys.SignatureError: it is not signed by a trusted key, or was altered.
      BitstreamError: its face cannot be decoded.
    """
    return open_payload(find(image), codec_of, trusted)


def find(image: np.ndarray) -> bytes:
    """The bytes of the one card in a picture; raises NoCardError."""
    contents = qr_code.find(image)
    cards = [content for content in contents if payload.is_card(content)]
    if len(cards) == 1:
        return cards[0]
    if cards:
        raise NoCardError(f"The picture shows {len(cards)} cards; show one at a time.")
    if contents:
        raise NoCardError(
            f"The picture shows a QR code, but not of a card: it holds {len(contents[0])} bytes of "
            "something else."
        )
    raise NoCardError(
        "No QR code was found in the picture. Go nearer, hold the camera straight, avoid blur and glare."
    )


def open_payload(data: bytes, codec_of: Callable, trusted: Sequence = ()) -> ReadCard:
    """Verifies and decodes a card's bytes; as `read`."""
    content, signature = payload.parse(data)
    if trusted:
        if content.key_id is None:
            raise keys.SignatureError(
                "The card has no signature; only cards of "
                f"{', '.join(keys.key_id(key).hex() for key in trusted)} are trusted."
            )
        keys.verify(data[: -len(signature)], signature, content.key_id, list(trusted))
    stream = compact.expand(content.stream)
    facts = bitstream.describe(stream)
    if facts["width"] * facts["height"] > MAX_PIXELS:
        raise CardError(
            f"The card's face declares {facts['width']}x{facts['height']} pixels; at most {MAX_PIXELS} "
            "are decoded."
        )
    return ReadCard(
        content.text,
        codec_of(stream).decompress(stream),
        content.key_id.hex() if content.key_id else None,
        bool(trusted),
        len(data),
        len(content.stream),
        facts,
    )
