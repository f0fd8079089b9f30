"""Codecs by name, and the baseline that shrinks first."""

import dataclasses
import json

import numpy as np
import pytest

from tf_ipr.evaluation import row_definition
from tf_ipr.evaluation.codecs import codec_choice, reference_codecs
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.shrunk_codec import ShrunkCodec
from tf_ipr.evaluation.crops import Crop


def test_names_settings_and_defaults():
    plain = codec_choice.parse("jpeg", [1.0])
    assert plain.codec is reference_codecs.JPEG and plain.settings == (10, 20, 50)
    assert plain.crop is None and plain.form == CodecForm("jpeg") and plain.label == "JPEG"
    assert codec_choice.parse("hevc:36,23.5", []).settings == (36, 23.5)
    both = codec_choice.parse("align128+shrink0.5+webp:20", [])
    assert (both.crop, both.settings) == (Crop("aligned", 128), (20,))
    assert both.form == CodecForm("webp", crop="aligned", size=128, shrink=0.5)
    assert both.label == "align 128, shrink 0.5, WebP"
    assert codec_choice.parse("jpeg", [], align=112).crop.size == 112
    assert codec_choice.parse("align448+jpeg", [], align=112).crop.size == 448


@pytest.mark.parametrize("text", [
    "jpeg", "align112+avif", "loose168+shrink0.5+fit+grey+webp", "fit+hevc", "loose100+idphoto"])
def test_a_form_gives_the_name_back_and_survives_json(text):
    form = codec_choice.parse(text, []).form
    assert form.text() == text
    assert CodecForm.of(json.loads(json.dumps(form.record()))) == form
    assert row_definition.problem(form.record(), row_definition.CODEC) is None


def test_what_is_wrong_is_named(tmp_path):
    for text, message in [
            ("gif", "neither a model folder nor one of hevc, avif"),
            ("align64+jpeg", "112, 128 or 448"), ("loose9+jpeg", "16 to 1024 pixels, given 9"),
            ("grey+hevc", r"grey\+ needs one of avif"), ("fit+avif:0", "bytes 0 is not among 1, 2"),
            ("shrink1.5+jpeg", "between 0 and 1"),
            ("jpeg:200", r"quality 200 is not among 1, 2 \.\. 95"),
            (str(tmp_path / "absent"), "neither a model folder"),
            ("align112+keep+jpeg:0.9", "needs a model folder"),
            ("align112+keep+" + str(tmp_path), "a recogniser"),
            ("refine20+jpeg:50", r"refineK\+ needs a model folder and a recogniser"),
            ("refine20+" + str(tmp_path), r"refineK\+ needs a model folder and a recogniser")]:
        with pytest.raises(ValueError, match=message):
            codec_choice.parse(text, [])


def test_shrunk_pictures_come_back_in_their_size_and_every_byte_counts():
    y, x = np.mgrid[:61, :90]
    image = np.stack([2 * x, 4 * y, x + y], -1).astype(np.uint8)
    codec = ShrunkCodec(reference_codecs.JPEG, 0.5)
    data = codec.encode(image, 50)
    decoded = codec.decode(data)
    assert decoded.shape == image.shape
    assert np.mean(np.abs(decoded.astype(int) - image)) < 8
    inner = data[:-4]
    assert reference_codecs.JPEG.decode(inner).shape == (30, 45, 3)
    assert codec.container_bytes(data) == reference_codecs.JPEG.container_bytes(inner) + 4
    assert len(data) < len(reference_codecs.JPEG.encode(image, 50))
    assert "shrink 0.5" in codec.fingerprint() and codec.fingerprint() != ShrunkCodec(
        reference_codecs.JPEG, 0.25).fingerprint()


def test_settings_are_those_of_the_inner_codec():
    codec = ShrunkCodec(reference_codecs.WEBP, 0.5)
    assert codec.all_settings == reference_codecs.WEBP.all_settings
    with pytest.raises(ValueError, match="must be one of .* given 999"):
        codec.encode(np.zeros([32, 32, 3], np.uint8), 999)


def test_a_codec_given_twice_has_all_settings_and_labels_are_unique():
    merged = codec_choice.merge([codec_choice.parse(text, []) for text in (
        "jpeg:20,50", "shrink0.5+jpeg:20", "jpeg:10,50", "align128+jpeg:7", "shrink0.5+jpeg:30")])
    assert [(choice.form.text(), choice.settings) for choice in merged] == [
        ("jpeg", (20, 50, 10)), ("shrink0.5+jpeg", (20, 30)), ("align128+jpeg", (7,))]
    other = dataclasses.replace(reference_codecs.WEBP, label="JPEG")
    with pytest.raises(ValueError, match="two codecs are called JPEG: .* rename the folder of one"):
        codec_choice.merge([merged[0], CodecChoice(other, (5,))])
