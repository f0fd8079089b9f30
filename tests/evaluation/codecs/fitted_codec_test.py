"""A codec at a number of bytes of payload; grey codecs; the preset of tools for QR codes."""

import numpy as np
import pytest

from tf_ipr.evaluation.codecs import codec_choice, reference_codecs
from tf_ipr.evaluation.codecs.fitted_codec import FittedCodec
from tf_ipr.evaluation.codecs.pillow_codecs import grey
from tf_ipr.recognition import known_face

GREYS = [codec for codec in reference_codecs.ALL.values()
         if isinstance(codec, reference_codecs.PillowCodec)]


def _skip_without(codec):
    if codec.unavailable_reason():
        pytest.skip(codec.unavailable_reason())


@pytest.mark.parametrize("name", ["webp", "jpeg", "jpeg2000", "avif"])
def test_every_picture_gets_the_best_quality_whose_payload_fits(name):
    inner = reference_codecs.ALL[name]
    _skip_without(inner)
    images = [known_face.image()[:96, :96], known_face.image()[40:136, 40:136] // 2]
    codec = FittedCodec(inner)
    for image, data in zip(images, codec.encode_batch(images, 900)):
        payload = len(data) - codec.container_bytes(data)
        assert payload <= 900
        np.testing.assert_array_equal(codec.decode(data), inner.decode(data))
        fitting = [size for size in (
            len(file) - inner.container_bytes(file) for file in (
                inner.encode(image, setting) for setting in inner.all_settings[::7])) if size <= 900]
        assert payload >= max(fitting) - 40  # Sizes wobble along the settings.


def test_a_picture_that_does_not_fit_is_coded_at_the_lowest_quality():
    codec = FittedCodec(reference_codecs.JPEG)
    image = known_face.image()
    assert codec.encode(image, 1) == reference_codecs.JPEG.encode(image, 1)
    with pytest.raises(ValueError, match="bytes must be one of"):
        codec.encode(image, 0)


def test_a_model_fits_too(recognizer):
    from tf_ipr.format import shipped_models

    choice = codec_choice.parse(f"align112+fit+{shipped_models.folder()}:400,600", [])
    image = known_face.image()[:112, :112]
    small, large = (choice.codec.encode(image, setting) for setting in choice.settings)
    assert len(small) - choice.codec.container_bytes(small) <= 400 < len(large)
    assert choice.form.fit and choice.form.is_model


@pytest.mark.parametrize("codec", GREYS, ids=lambda codec: codec.name)
def test_grey_codecs_lose_the_colour_and_nothing_else(codec):
    _skip_without(codec)
    image = known_face.image()
    without = grey(codec)
    data = without.encode(image, codec.all_settings[-10])
    decoded = without.decode(data).astype(int)
    assert decoded.shape == image.shape and np.ptp(decoded, axis=2).max() <= 2
    luma = image @ [0.299, 0.587, 0.114]
    assert np.abs(decoded[..., 1] - luma).mean() < 4
    assert len(without.encode(image, 50)) < len(codec.encode(image, 50))
    assert without.fingerprint() != codec.fingerprint()


def test_the_preset_is_a_portrait_of_48_pixels_without_colour():
    codec = reference_codecs.QR_PRESET
    image = known_face.image()
    data = codec.encode(image, 60)
    decoded = codec.decode(data)
    assert decoded.shape == image.shape and np.ptp(decoded.astype(int), axis=2).max() <= 2
    assert len(data) < 700 and 20 <= codec.container_bytes(data) < 30
    inner = reference_codecs.WEBP.decode(data[:-4])
    assert inner.shape == (48, 36, 3)
    flat = np.full([100, 60, 3], 120, np.uint8)
    assert codec.decode(codec.encode(flat, 60)).shape == flat.shape
