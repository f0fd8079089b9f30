"""One of three wishes becomes a quality; impossible ones are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_ipr.format.bitstream import QUALITY_STEPS
from tf_ipr.runtime import rate_choice

sizes = st.lists(st.integers(-2, 9), min_size=len(QUALITY_STEPS), max_size=len(QUALITY_STEPS))


def _encoder(growths):
    """Streams whose size grows with the quality, a step may save a byte or two."""
    lengths, length = {}, 20
    for step, growth in zip(QUALITY_STEPS, growths):
        length = max(length + growth, 1)
        lengths[step] = length
    return lambda step: bytes(lengths[step])


@given(sizes, st.integers(1, 1500))
def test_max_bytes_is_kept_or_what_it_takes_is_said(growths, limit):
    encode = _encoder(growths)
    try:
        stream = rate_choice.stream_of(encode, 100, max_bytes=limit)
    except ValueError as error:
        assert len(encode(QUALITY_STEPS[0])) > limit and f"max_bytes is {limit}" in str(error)
    else:
        assert len(stream) <= limit


@given(sizes, st.floats(0.1, 100))
def test_target_bpp_takes_one_of_the_streams(growths, target):
    encode = _encoder(growths)
    assert rate_choice.stream_of(encode, 100, target_bpp=target) in map(encode, QUALITY_STEPS)


def test_no_wish_is_quality_50_and_a_quality_goes_in_half_steps():
    assert rate_choice.stream_of(lambda step: step, 1) == 100
    assert rate_choice.stream_of(lambda step: step, 1, quality=42.6) == 85


@pytest.mark.parametrize("wishes, text", [
    (dict(quality=50, max_bytes=99), "quality and max_bytes are given together"),
    (dict(quality=50, target_bpp=1.0), "quality and target_bpp"),
    (dict(max_bytes=99, target_bpp=1.0), "max_bytes and target_bpp"),
    (dict(max_bytes=float("nan")), "max_bytes is nan; it must be a whole number"),
    (dict(max_bytes=float("inf")), "max_bytes is inf"), (dict(max_bytes=-3), "max_bytes is -3"),
    (dict(max_bytes=0), "max_bytes is 0"), (dict(max_bytes=99.5), "max_bytes is 99.5"),
    (dict(max_bytes="many"), "max_bytes is many"),
    (dict(target_bpp=float("nan")), "target_bpp is nan"), (dict(target_bpp=0), "positive"),
    (dict(target_bpp=float("inf")), "finite"), (dict(quality=float("nan")), "quality is nan"),
    (dict(quality=0.5), "1..100"), (dict(quality=101), "1..100")])
def test_impossible_wishes_are_named(wishes, text):
    with pytest.raises(ValueError, match=text):
        rate_choice.stream_of(lambda step: bytes(step), 100, **wishes)


def test_a_batch_has_one_quality_for_all_or_one_for_each():
    assert rate_choice.one_for_each(20, 3) == [20, 20, 20]
    assert rate_choice.one_for_each([1, 40.26], 2) == [1, 40.5]
    for qualities, count, text in (([5], 2, "1 qualities are given for 2"), (5, 0, "no images"),
                                   ([5, 101], 2, "quality is 101")):
        with pytest.raises(ValueError, match=text):
            rate_choice.one_for_each(qualities, count)
