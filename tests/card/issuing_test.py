"""Cards within a budget."""

from __future__ import annotations

import re

import pytest

from tf_ipr.card import issuing, payload, qr_code
from tf_ipr.card.payload import CardError
from tf_ipr.format import bitstream, compact


def test_the_smallest_version_holds_a_card_whose_face_takes_400_bytes(crop, codec, key):
    draft = issuing.draft(crop, codec, "Ada")
    data = draft.finish(key)
    assert 380 < len(draft.stream) <= 400
    assert draft.version == qr_code.smallest_version(len(data), "M") and draft.level == "M"
    assert payload.parse(data)[0].stream == draft.stream
    # The very stream that the codec gives for the budget, less what the compact form saves.
    assert compact.expand(draft.stream) == codec.compress(crop, max_bytes=407)


@pytest.mark.parametrize("version, level", [(13, "M"), (15, "M"), (18, "Q"), (25, "M")])
def test_a_face_takes_what_the_code_has_left(crop, codec, key, version, level):
    draft = issuing.draft(crop, codec, "Ada", version=version, level=level, face_bytes=1005)
    held = min(1005, qr_code.capacity(version, level))
    data = draft.finish(key)
    assert held - 25 < len(data) <= held and draft.version == version
    unsigned = issuing.draft(
        crop, codec, "Ada", signed=False, version=version, level=level, face_bytes=1005
    )
    assert len(unsigned.stream) > len(draft.stream) and len(unsigned.finish()) <= held


def test_no_card_is_larger_than_1005_bytes(crop, codec, key):
    data = issuing.draft(crop, codec, "x" * 120, version=40, level="L", face_bytes=2900).finish(key)
    assert 985 < len(data) <= 1005


def test_where_no_face_fits_the_message_says_what_would(crop, codec):
    with pytest.raises(CardError, match="No face fits: this one takes at least") as caught:
        issuing.draft(crop, codec, "Ada", version=8)
    version = int(re.search(r"Take version (\d+)", str(caught.value)).group(1))
    with pytest.raises(CardError):
        issuing.draft(crop, codec, "Ada", version=version - 1)
    draft = issuing.draft(crop, codec, "Ada", version=version)
    assert bitstream.describe(compact.expand(draft.stream))["quality"] < 10

    with pytest.raises(CardError, match="face_bytes is 50. Allow at least") as caught:
        issuing.draft(crop, codec, "Ada", face_bytes=50)
    least = int(re.search(r"at least (\d+)\.$", str(caught.value)).group(1))
    assert len(issuing.draft(crop, codec, "Ada", face_bytes=least).stream) == least


def test_a_version_too_small_even_for_the_signature_is_answered_in_the_same_way(crop, codec):
    with pytest.raises(CardError, match="so that 0 are left"):
        issuing.draft(crop, codec, "Ada", version=1)


def test_wrong_arguments_are_refused(crop, codec, key):
    with pytest.raises(CardError, match="121 bytes"):
        issuing.draft(crop, codec, "x" * 121)
    with pytest.raises(CardError, match="version 41"):
        issuing.draft(crop, codec, version=41)
    with pytest.raises(CardError, match="face_bytes is 0"):
        issuing.draft(crop, codec, face_bytes=0)
    with pytest.raises(ValueError, match="needs a private key"):
        issuing.draft(crop, codec).finish()
    with pytest.raises(ValueError, match="another must have none"):
        issuing.draft(crop, codec, signed=False).finish(key)
