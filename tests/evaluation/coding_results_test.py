"""Results are measured once, survive a kill, and are never those of another codec or image."""

import numpy as np
import pytest

from tf_ipr.evaluation import coding_results
from tf_ipr.evaluation.image_codec import ImageCodec


class Halving(ImageCodec):
    """Keeps `setting` upper bits of every value; counts its calls."""

    name, label, setting_name = "halving", "Halving", "bits"
    settings = all_settings = (1, 4, 8)

    def __init__(self, version="1"):
        self.calls = 0
        self._version = version

    def identity(self):
        return f"halving {self._version}"

    def unavailable_reason(self):
        return None

    def encode(self, image_u8, setting):
        self.calls += 1
        mask = 256 - 2 ** (8 - setting)
        return bytes(image_u8.shape[:2]) + (image_u8 & mask).astype(np.uint8).tobytes()

    def decode(self, data):
        return np.frombuffer(data[2:], np.uint8).reshape(data[0], data[1], 3)


def _image(seed=0):
    return np.random.default_rng(seed).integers(0, 256, [16, 20, 3], np.uint8)


def test_measure_counts_all_bytes():
    result = coding_results.measure(Halving(), _image(), 8)
    assert result.num_bytes == 2 + 16 * 20 * 3
    assert result.bpp == pytest.approx(8 * result.num_bytes / 320)
    assert result.psnr_db == float("inf") and result.ms_ssim == pytest.approx(1.0, abs=1e-6)
    assert result.encode_ms > 0 and result.decode_ms > 0
    assert coding_results.measure(Halving(), _image(), 4).psnr_db == pytest.approx(29.2, abs=1)


def test_second_run_measures_nothing(tmp_path):
    path, codec = tmp_path / "new" / "cache.jsonl", Halving()
    with coding_results.ResultCache(path) as cache:
        assert cache.get(codec, _image(), 8) is None
        first = [cache.measure(codec, _image(), setting) for setting in (8, 4, 8)]
    assert codec.calls == 2
    with coding_results.ResultCache(path) as cache:
        again = [cache.measure(codec, _image(), setting) for setting in (8, 4, 8)]
        assert cache.get(codec, _image(), 8) == first[0]
    assert again == first and codec.calls == 2


def test_another_image_setting_or_codec_is_measured_anew(tmp_path):
    codec, newer = Halving(), Halving(version="2")
    with coding_results.ResultCache(tmp_path / "cache") as cache:
        cache.measure(codec, _image(0), 8)
        cache.measure(codec, _image(1), 8)
        cache.measure(codec, _image(0), 4)
        cache.measure(newer, _image(0), 8)
    assert codec.calls == 3 and newer.calls == 1


def test_a_line_cut_by_a_kill_is_forgotten_and_overwritten(tmp_path):
    path, codec = tmp_path / "cache", Halving()
    with coding_results.ResultCache(path) as cache:
        cache.measure(codec, _image(0), 8)
        cache.measure(codec, _image(1), 8)
    path.write_bytes(path.read_bytes()[:-30])
    with coding_results.ResultCache(path) as cache:
        assert cache.get(codec, _image(0), 8) is not None
        assert cache.get(codec, _image(1), 8) is None
        cache.measure(codec, _image(1), 8)
    with coding_results.ResultCache(path) as cache:
        assert cache.get(codec, _image(1), 8) is not None


def test_keys_of_images_depend_on_their_pixels():
    image = np.random.default_rng(0).integers(0, 256, [8, 9, 3], np.uint8)
    assert coding_results.image_key(image) == coding_results.image_key(image.copy())
    assert coding_results.image_key(image) != coding_results.image_key(image[:, ::-1])
