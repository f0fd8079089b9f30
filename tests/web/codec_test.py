"""Browser and Python code alike: the same bytes, the same pixels within a grey level."""

from __future__ import annotations

import base64

import numpy as np
import pytest

import tf_ipr
from tests.web import cases
from tests.web.conftest import bytes_of, picture_of
from tf_ipr.runtime.decoder import Decoder
from tf_ipr.runtime.encoder import Encoder

CASES = [(name, quality) for name in cases.crops() for quality in cases.QUALITIES]
IDS = [f"{name}-{quality:g}" for name, quality in CASES]


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_a_stream_has_the_bytes_of_python(answers, halves, number):
    name, quality = CASES[number]
    expected = Encoder(halves / "encoder.tflite").encode(cases.crops()[name], quality)
    assert bytes_of(answers["codec"]["encoded"][number]) == expected


@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_a_stream_decodes_to_the_pixels_of_python(answers, halves, number):
    name, quality = CASES[number]
    stream = Encoder(halves / "encoder.tflite").encode(cases.crops()[name], quality)
    expected = Decoder(halves / "decoder.tflite").decode(stream)
    drift = np.abs(picture_of(answers["codec"]["decoded"][number]).astype(int) - expected)
    assert drift.max() <= 1


@pytest.mark.parametrize("limit", cases.LIMITS)
def test_a_limit_in_bytes_chooses_the_stream_of_python(answers, halves, limit):
    expected = cases.stream_within(Encoder(halves / "encoder.tflite"), cases.crops()["face"], limit)
    assert bytes_of(answers["codec"]["within"][str(limit)]) == expected


def test_a_limit_that_no_quality_meets_is_an_error(answers):
    assert "TooFewBytesError: The lowest quality takes" in answers["codec"]["tooFew"]


@pytest.mark.parametrize("number", range(len(cases.FACES)))
def test_a_crop_is_that_of_python_within_a_grey_level(answers, number):
    expected = tf_ipr.align(cases.blocks(), cases.landmarks(*cases.FACES[number]), 112)
    drift = np.abs(picture_of(answers["codec"]["aligned"][number]).astype(int) - expected)
    assert drift.max() <= 1


def test_points_in_one_place_are_refused(answers):
    assert "all lie in one place" in answers["codec"]["oneplace"]


@pytest.mark.parametrize("name, expected", [
    ("empty", "is empty"),
    ("foreign", "starts with byte 0x89"),
    ("header cut", "ends within the header"),
    ("version 2", "format version 2.0"),
    ("another model", "made with model 01234567;"),
    ("another shipped model", "made with model lfw_l2_ip ("),
    ("another size", "declares 250×250 pixels"),
    ("cut", "integrity check"),
    ("odd", "within a 16-bit word"),
    ("extended", "cannot be decoded"),
    ("far too long", "at most"),
    ("flipped bit", "integrity check"),
])
def test_a_bad_stream_is_an_error_with_its_reason(answers, name, expected):
    refused = answers["codec"]["refused"][name]
    assert refused.startswith("BitstreamError: ") and expected in refused


def test_the_model_is_named(answers):
    assert answers["codec"]["model"].startswith("lfw_align112_l2_ip (")


def test_a_saved_stream_decodes_in_python(answers, halves):
    saved = answers["page"]["saved"]
    stream = base64.b64decode(saved["stream"])
    assert saved["name"] == f"face_{len(stream)}.ipr" and len(stream) <= 600
    assert Decoder(halves / "decoder.tflite").decode(stream).shape == (112, 112, 3)
