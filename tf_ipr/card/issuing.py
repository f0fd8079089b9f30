"""From a face crop to the bytes of its card, within what a QR code holds."""

from __future__ import annotations

import dataclasses

import numpy as np

from tf_ipr.card import keys, payload, qr_code
from tf_ipr.card.payload import MAX_BYTES, CardError, Payload
from tf_ipr.format import compact

FACE_BYTES = 400
LEVEL = "M"


@dataclasses.dataclass(frozen=True)
class Draft:
    """A card that only lacks its signature.

    Attributes:
      text: as given.
      stream: the face, in the compact form.
      signed: whether a key will sign it.
      version: of the QR code.
      level: of its error correction.
    """

    text: str
    stream: bytes
    signed: bool
    version: int
    level: str

    def finish(self, private_key=None) -> bytes:
        """The card's bytes, signed by an Ed25519PrivateKey where the draft is to be signed."""
        if self.signed != (private_key is not None):
            raise ValueError("A draft that is to be signed needs a private key, another must have none.")
        if private_key is None:
            return Payload(self.text, self.stream).to_bytes()
        body = Payload(self.text, self.stream, keys.key_id(private_key.public_key())).to_bytes()
        return body + private_key.sign(body)


def draft(
    crop: np.ndarray,
    codec,
    text: str = "",
    signed: bool = True,
    version: int | None = None,
    level: str = LEVEL,
    face_bytes: int = FACE_BYTES,
) -> Draft:
    """Codes a face as well as the card has room for.

    Args:
      crop: uint8 RGB (H, W, 3), the aligned face.
      codec: a `tf_ipr.Codec` of a model for such crops, or what has its `compress` and `model_id`.
      text: up to 120 bytes of UTF-8.
      signed: leaves room for key id and signature.
      version: of the QR code, 1 to 40. Default: the smallest that holds the card.
      level: of error correction.
      face_bytes: the face takes at most so many bytes, and what the text leaves of the code and of
        1,005 bytes.

    Raises:
      CardError: the text is not allowed, or the face does not fit; the message says what would.
    """
    if face_bytes < 1:
        raise CardError(f"face_bytes is {face_bytes}; it must be at least 1.")
    others = payload.bytes_without_face(text, signed)
    room = min(MAX_BYTES, qr_code.capacity(version or 40, level)) - others
    stream = _code(crop, codec, min(face_bytes, room))
    if len(stream) > min(face_bytes, room):
        raise CardError(_what_would_fit(len(stream), others, room, version, level, face_bytes))
    if version is None:
        version = qr_code.smallest_version(others + len(stream), level)
        assert version is not None  # `room` is no more than version 40 holds.
    return Draft(text, stream, signed, version, level)


def _code(crop: np.ndarray, codec, budget: int) -> bytes:
    """The best compact stream within the budget, or the smallest there is, which is larger."""
    height, width = crop.shape[:2]
    smallest = compact.compact(codec.compress(crop, quality=1))
    if len(smallest) >= budget:
        return smallest
    saved = compact.bytes_saved(codec.model_id, width, height)
    return compact.compact(codec.compress(crop, max_bytes=budget + saved))


def _what_would_fit(
    needed: int, others: int, room: int, version: int | None, level: str, face_bytes: int
) -> str:
    text = f"No face fits: this one takes at least {needed} bytes, "
    if needed > face_bytes:
        return text + f"and face_bytes is {face_bytes}. Allow at least {needed}."
    held = qr_code.capacity(version or 40, level)
    text += (
        f"and of {min(held, MAX_BYTES)} bytes (QR code of version {version or 40}, level {level}) the "
        f"rest of the card takes {others}, so that {max(room, 0)} are left. "
    )
    larger = qr_code.smallest_version(others + needed, level)
    if others + needed > MAX_BYTES or larger is None:
        return text + "Shorten the text, or take a lower level of error correction."
    return text + f"Take version {larger} or more, a lower level of error correction, or a shorter text."
