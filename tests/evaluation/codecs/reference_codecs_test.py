"""Every reference codec: round trips, odd sizes, settings, sizes that can be met."""

import numpy as np
import pytest
from PIL import Image, features

from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.codecs import hevc, reference_codecs
from tf_ipr.evaluation.codecs.image_codec import CodecUnavailableError, nearest_setting

# Presets of a single setting have a test of their own.
ADJUSTABLE = [name for name, codec in reference_codecs.ALL.items() if len(codec.settings) > 1]


@pytest.fixture(params=ADJUSTABLE)
def codec(request):
    codec = reference_codecs.ALL[request.param]
    if codec.unavailable_reason():
        pytest.skip(codec.unavailable_reason())
    return codec


def _image(height=96, width=64):
    """A picture with edges and colour, smooth enough for chroma subsampling."""
    y, x = np.mgrid[:height, :width] / 32.0
    waves = [np.sin(3 * x + y), np.sin(x - 2 * y), np.sin(x * y)]
    image = 128 + 60 * np.stack(waves, -1)
    image[height // 3:height // 2, width // 4:width // 2] += 40
    return image.astype(np.uint8)


@pytest.mark.parametrize("height, width", [(96, 64), (33, 64), (64, 33), (17, 19)])
def test_round_trip_keeps_size_and_picture(codec, height, width):
    image = _image(height, width)
    decoded = codec.decode(codec.encode(image, codec.settings[-1]))
    assert decoded.dtype == np.uint8 and decoded.shape == image.shape
    assert metrics.psnr_db(image, decoded) > 25


def test_settings_run_from_small_files_to_large(codec):
    image = _image()
    sizes = [len(codec.encode(image, setting)) for setting in codec.settings]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    assert set(codec.settings) <= set(codec.all_settings)


def test_encoding_is_deterministic(codec):
    assert codec.encode(_image(), codec.settings[1]) == codec.encode(_image(), codec.settings[1])


def test_nearest_setting_meets_a_size(codec):
    image = _image()
    target = len(codec.encode(image, codec.settings[2]))
    nearest = nearest_setting(codec, image, target)
    assert abs(len(nearest.data) - target) <= 0.05 * target
    assert nearest.data == codec.encode(image, nearest.setting)
    # Out of reach: the smallest and the largest file (nearly, where sizes wobble).
    assert nearest_setting(codec, image, 1).setting == codec.all_settings[0]
    assert nearest_setting(codec, image, 10**9).setting in codec.all_settings[-2:]


def test_bad_settings_and_images_are_named(codec):
    with pytest.raises(ValueError, match=r"must be one of .* \.\. .*, given 999"):
        codec.encode(_image(), 999)
    with pytest.raises(ValueError, match="must be uint8"):
        codec.encode(_image().astype(np.float32), codec.settings[0])


def test_unavailable_codec_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(features, "check", lambda feature: False)
    with pytest.raises(CodecUnavailableError, match="WebP is not available: this Pillow was built"):
        reference_codecs.WEBP.encode(_image(), 50)


def _nal_types(stream):
    """nal_unit_type of each NAL unit of an Annex B stream (H.265, 7.3.1.2)."""
    units = stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]
    return [(unit[0] >> 1) & 63 for unit in units]


@pytest.mark.skipif(hevc.HEVC.unavailable_reason() is not None, reason="needs x265")
def test_hevc_is_parameter_sets_and_one_intra_picture_without_sei():
    types = _nal_types(hevc.HEVC.encode(_image(), 30))
    assert types[:3] == [32, 33, 34]  # VPS, SPS, PPS.
    assert types[3:] in ([19], [20])  # One IDR picture; 39 and 40 would be SEI.


@pytest.mark.skipif(hevc.HEVC.unavailable_reason() is not None, reason="needs x265")
def test_hevc_refuses_tiny_images_and_foreign_bytes():
    with pytest.raises(ValueError, match="at least 16x16 pixels, given 8x64"):
        hevc.HEVC.encode(_image(8, 64), 30)
    with pytest.raises(ValueError):
        hevc.HEVC.decode(b"no stream at all")


def test_figures_on_lfw(shared_dir):
    """Guards the encoders' configuration: known points of every 290th View 1 test image."""
    from tf_ipr.datasets import lfw

    faces = lfw.test(shared_dir / "lfw_protocol", shared_dir / "lfw")[::290]
    images = [np.asarray(Image.open(face.path).convert("RGB")) for face in faces]
    expected = {  # (bpp, PSNR in dB), made by this code; encoder versions may move them.
        ("hevc", 28): (0.635, 38.27), ("jpeg", 50): (0.883, 36.03),
        ("webp", 50): (0.470, 35.53), ("avif", 50): (0.497, 37.33)}
    for (name, setting), (bpp, psnr_db) in expected.items():
        codec = reference_codecs.ALL[name]
        if codec.unavailable_reason():
            continue
        coded = [codec.encode(image, setting) for image in images]
        values = [metrics.psnr_db(i, codec.decode(c)) for i, c in zip(images, coded)]
        rates = [metrics.bits_per_pixel(len(c), i) for i, c in zip(images, coded)]
        assert np.mean(rates) == pytest.approx(bpp, rel=0.05), name
        assert np.mean(values) == pytest.approx(psnr_db, abs=0.3), name
