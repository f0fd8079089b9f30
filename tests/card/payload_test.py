"""The bytes of a card."""

from __future__ import annotations

import pytest

from tf_ipr.card import payload
from tf_ipr.card.payload import CardError, Payload

KEY_ID, SIGNATURE = bytes.fromhex("0a1b2c3d"), bytes(range(64))


def test_exact_bytes_never_change():
    signed = Payload("Zoë", b"\x80\x29\xff", KEY_ID).to_bytes() + SIGNATURE
    assert signed[:-64].hex(" ") == "fc 11 0a 1b 2c 3d 04 5a 6f c3 ab 80 29 ff"
    assert Payload("", b"\x80\x29\xff").to_bytes().hex(" ") == "fc 10 00 80 29 ff"


@pytest.mark.parametrize("text", ["", "Ada", "two\nlines", "Zoë Łódź 山", "x" * 120])
@pytest.mark.parametrize("key_id", [None, KEY_ID])
def test_what_is_written_is_parsed(text, key_id):
    content = Payload(text, b"\x80 stream", key_id)
    data = content.to_bytes() + (SIGNATURE if key_id else b"")
    assert payload.parse(data) == (content, SIGNATURE if key_id else b"")
    assert len(data) == payload.bytes_without_face(text, key_id is not None) + len(content.stream)


@pytest.mark.parametrize(
    "text, message",
    [
        ("x" * 121, "121 bytes of UTF-8; at most 120"),
        ("ä" * 61, "122 bytes"),
        ("a\tb", r"U\+0009 at position 1"),
        ("\x1b[2J", r"U\+001B"),
        ("Ada\u202eecilA", r"U\+202E"),
        ("a\u2028b", r"U\+2028"),
        ("a\udc80", "cannot hold"),
    ],
)
def test_texts_that_are_too_long_or_mislead_are_refused(text, message):
    with pytest.raises(CardError, match=message):
        payload.check_text(text)


def test_a_text_that_misleads_is_refused_when_it_is_read_too():
    data = bytearray(Payload("abc", b"\x80\x29").to_bytes())
    data[4] = 0x1B
    with pytest.raises(CardError, match="control character"):
        payload.parse(data)


def test_every_truncation_is_refused_or_shortens_the_face():
    for key_id in (None, KEY_ID):
        data = Payload("Ada", b"\x80 stream", key_id).to_bytes() + (SIGNATURE if key_id else b"")
        for length in range(len(data)):
            try:
                content, _ = payload.parse(data[:length])
                assert len(content.stream) < len(b"\x80 stream")
            except CardError:
                pass


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "no card"),
        (b"https://example.org", "no card"),
        (b"\xfb\x10", "no card"),
        (b"\xfc", "truncated"),
        (b"\xfc\x20\x00\x80\x29", "version 2; this release reads version 1.*newer release"),
        (b"\xfc\x00\x00\x80\x29", "version 0.*matching release"),
        (b"\xfc\x12\x00\x80\x29", "flags 0x2"),
        (b"\xfc\x18\x00\x80\x29", "flags 0x8"),
        (b"\xfc\x10", "truncated"),
        (b"\xfc\x10\x00", "truncated"),
        (b"\xfc\x10\x05abc", "truncated"),
        (b"\xfc\x10\x02\xc3\x28\x80", "not UTF-8"),
        (b"\xfc\x11" + bytes(68), "truncated"),
    ],
)
def test_bad_bytes_are_refused_with_the_reason(data, message):
    with pytest.raises(CardError, match=message):
        payload.parse(data)


def test_a_card_has_a_face_and_a_whole_key_id():
    with pytest.raises(CardError, match="no face"):
        Payload("Ada", b"")
    with pytest.raises(CardError, match="key id has 3 bytes"):
        Payload("Ada", b"\x80", b"abc")
