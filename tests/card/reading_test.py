"""Cards read, verified or refused."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import card_photograph
from tf_ipr.card import drawing, issuing, keys, payload, qr_code, reading
from tf_ipr.card.keys import SignatureError
from tf_ipr.card.payload import CardError, Payload
from tf_ipr.card.reading import NoCardError
from tf_ipr.format.bitstream import BitstreamError, Header


@pytest.fixture(scope="module")
def data(crop, codec, key):
    """The bytes of a signed card."""
    return issuing.draft(crop, codec, "Ada", version=13).finish(key)


def card_of(data: bytes, version: int = 13):
    return drawing.draw(np.zeros([112, 112, 3], np.uint8), qr_code.modules(data, version, "M"), "Ada")


def unsigned(stream: bytes) -> bytes:
    return Payload("Ada", stream).to_bytes()


def test_a_card_comes_back_from_its_picture(data, crop, codec, key):
    card = reading.read(np.asarray(card_of(data)), lambda stream: codec, [key.public_key()])
    assert card.text == "Ada" and card.verified and card.key_id == keys.key_id(key.public_key()).hex()
    assert card.payload_bytes == len(data) and card.stream["quality"] >= 1
    assert np.mean(np.abs(card.face.astype(float) - crop)) < 25


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version, width", [(13, 500), (25, 900)])
def test_a_card_comes_back_from_a_photograph(data, version, width, seed):
    picture = card_photograph.photograph(
        card_of(data, version), card_photograph.Conditions(width), np.random.default_rng(seed)
    )
    assert reading.find(picture) == data


def test_every_flipped_bit_is_refused(data, key):
    def never(stream):
        raise AssertionError("a face was decoded before its signature was checked")

    for position in range(8 * len(data)):
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises((CardError, SignatureError)):
            reading.open_payload(bytes(changed), never, [key.public_key()])


def test_a_forger_with_a_key_of_their_own_is_refused(crop, codec, data, key, other_key):
    trusted = [key.public_key()]
    with pytest.raises(SignatureError, match="made by somebody else"):
        reading.open_payload(
            issuing.draft(crop, codec, "Ada").finish(other_key), lambda stream: codec, trusted
        )
    # Their signature under the trusted key's name, and the face of a good card under another text.
    mine = keys.key_id(key.public_key())
    body = Payload("Bob", payload.parse(data)[0].stream, mine).to_bytes()
    for signature in (other_key.sign(body), data[-64:], bytes(64)):
        with pytest.raises(SignatureError, match="forged or altered"):
            reading.open_payload(body + signature, lambda stream: codec, trusted)


def test_a_card_without_signature_is_read_but_never_trusted(crop, codec, key):
    data = issuing.draft(crop, codec, "Ada", signed=False).finish()
    card = reading.open_payload(data, lambda stream: codec)
    assert card.key_id is None and not card.verified
    with pytest.raises(SignatureError, match="has no signature"):
        reading.open_payload(data, lambda stream: codec, [key.public_key()])


def test_without_a_key_nothing_is_verified_and_that_is_said(data, codec):
    card = reading.open_payload(data, lambda stream: codec)
    assert card.key_id is not None and not card.verified


def test_damage_that_no_signature_covers_is_found_by_the_stream(crop, codec):
    data = bytearray(issuing.draft(crop, codec, "Ada", signed=False).finish())
    data[-20] ^= 4
    with pytest.raises(BitstreamError):
        reading.open_payload(bytes(data), lambda stream: codec)


def test_pictures_without_a_card_are_refused_with_the_reason(data):
    blank = np.full([300, 400, 3], 255, np.uint8)
    with pytest.raises(NoCardError, match="No QR code was found"):
        reading.find(blank)
    with pytest.raises(NoCardError, match="not of a card: it holds 19 bytes"):
        reading.find(np.asarray(card_of(b"https://example.org", 2)))
    other = unsigned(b"\x80 another")
    with pytest.raises(NoCardError, match="shows 2 cards"):
        reading.find(np.concatenate([np.asarray(card_of(data)), np.asarray(card_of(other, 5))]))


def test_a_card_beside_other_codes_and_shown_twice_is_found(data):
    pictures = [
        np.asarray(card_of(content, version))
        for content, version in ((data, 13), (b"https://example.org", 2), (data, 13))
    ]
    assert reading.find(np.concatenate(pictures)) == data


def test_cards_of_the_future_and_faces_that_cannot_be_decoded_are_refused(data, codec):
    with pytest.raises(CardError, match="version 2"):
        reading.open_payload(data[:1] + b"\x21" + data[2:], lambda stream: codec)
    with pytest.raises(BitstreamError, match="row 0xbf"):
        reading.open_payload(unsigned(b"\xbf\x64\x00"), lambda stream: codec)
    huge = Header(8192, 4096, 50.0, codec.model_id).to_bytes()
    with pytest.raises(CardError, match="declares 8192x4096 pixels"):
        reading.open_payload(unsigned(huge), lambda stream: codec)
    with pytest.raises(BitstreamError, match="truncated"):
        reading.open_payload(unsigned(b"\x80\x64\x00"), lambda stream: codec)
