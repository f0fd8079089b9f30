"""Our encoders against the codecs' own command-line tools on one image; skipped where absent.

Builds differ in version, so sizes and PSNR agree closely and not exactly.
"""

import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.files import image_file

_SAMPLE = pathlib.Path(image_file.__file__).parents[1] / "assets" / "astronaut.png"


@pytest.fixture(scope="module")
def image():
    return np.asarray(Image.open(_SAMPLE).convert("RGB").resize((256, 256)))


def _tool(name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs the program {name}")
    return path


def _ours(name, image, setting):
    codec = reference_codecs.ALL[name]
    if codec.unavailable_reason():
        pytest.skip(codec.unavailable_reason())
    data = codec.encode(image, setting)
    return data, metrics.psnr_db(image, codec.decode(data))


def _run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def _decoded(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.fixture
def png(tmp_path, image):
    image_file.write_png(tmp_path / "in.png", image)
    return tmp_path / "in.png"


def _agree(ours, size, psnr_db, size_within, psnr_within):
    data, our_psnr_db = ours
    assert size == pytest.approx(len(data), rel=size_within)
    assert psnr_db == pytest.approx(our_psnr_db, abs=psnr_within)


def test_jpeg2000_is_opj_compress(tmp_path, png, image):
    ours = _ours("jpeg2000", image, 60)
    _run(_tool("opj_compress"), "-i", png, "-o", tmp_path / "a.j2k", "-r", "60", "-I")
    _run(_tool("opj_decompress"), "-i", tmp_path / "a.j2k", "-o", tmp_path / "a.png")
    _agree(ours, (tmp_path / "a.j2k").stat().st_size,
           metrics.psnr_db(image, _decoded(tmp_path / "a.png")), 0.02, 0.2)
    (tmp_path / "b.j2k").write_bytes(ours[0])
    _run(_tool("opj_decompress"), "-i", tmp_path / "b.j2k", "-o", tmp_path / "b.png")
    assert metrics.psnr_db(image, _decoded(tmp_path / "b.png")) == pytest.approx(ours[1], abs=0.1)


def test_jpegxl_is_cjxl(tmp_path, png, image):
    ours = _ours("jpegxl", image, 50)
    _run(_tool("cjxl"), png, tmp_path / "a.jxl", "-q", "50", "-e", "7", "--container=0")
    _run(_tool("djxl"), tmp_path / "a.jxl", tmp_path / "a.png")
    # libjxl has moved its quality scale between versions: compare the trade, not the point.
    psnr_db = metrics.psnr_db(image, _decoded(tmp_path / "a.png"))
    size = (tmp_path / "a.jxl").stat().st_size
    doubling = (psnr_db - ours[1]) - 5 * np.log2(size / len(ours[0]))
    assert abs(doubling) < 1.0
    (tmp_path / "b.jxl").write_bytes(ours[0])
    _run(_tool("djxl"), tmp_path / "b.jxl", tmp_path / "b.png")
    assert metrics.psnr_db(image, _decoded(tmp_path / "b.png")) == pytest.approx(ours[1], abs=0.1)


def test_webp_is_cwebp(tmp_path, png, image):
    ours = _ours("webp", image, 50)
    _run(_tool("cwebp"), "-quiet", "-q", "50", "-m", "6", png, "-o", tmp_path / "a.webp")
    _agree(ours, (tmp_path / "a.webp").stat().st_size,
           metrics.psnr_db(image, _decoded(tmp_path / "a.webp")), 0.03, 0.2)


def test_jpeg_is_cjpeg(tmp_path, image):
    ours = _ours("jpeg", image, 50)
    Image.fromarray(image).save(tmp_path / "in.ppm")
    _run(_tool("cjpeg"), "-quality", "50", "-optimize", "-sample", "2x2", "-outfile",
         tmp_path / "a.jpg", tmp_path / "in.ppm")
    _agree(ours, (tmp_path / "a.jpg").stat().st_size,
           metrics.psnr_db(image, _decoded(tmp_path / "a.jpg")), 0.01, 0.1)


def test_avif_is_avifenc(tmp_path, png, image):
    ours = _ours("avif", image, 50)
    help_text = subprocess.run([_tool("avifenc"), "--help"], capture_output=True, text=True,
                               check=False).stdout
    # Before libavif 1.0 there was no quality, only the quantiser 0..63 that it stands for.
    quality = ["-q", "50"] if "--qcolor" in help_text else ["--min", "32", "--max", "32"]
    _run(_tool("avifenc"), "-s", "6", "-j", "1", "-y", "420", *quality, png, tmp_path / "a.avif")
    _run(_tool("avifdec"), tmp_path / "a.avif", tmp_path / "a.png")
    # Encoder versions differ: compare the trade, 5 dB for a doubling.
    psnr_db = metrics.psnr_db(image, _decoded(tmp_path / "a.png"))
    size = (tmp_path / "a.avif").stat().st_size
    assert abs((psnr_db - ours[1]) - 5 * np.log2(size / len(ours[0]))) < 1.5


def test_hevc_is_x265(tmp_path, image):
    ours = _ours("hevc", image, 28)
    av = pytest.importorskip("av")
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
        format="yuv420p", interpolation=av.video.reformatter.Interpolation.BICUBIC)
    (tmp_path / "in.yuv").write_bytes(frame.to_ndarray().tobytes())
    _run(_tool("x265"), "--input", tmp_path / "in.yuv", "--input-res", "256x256", "--fps", "25",
         "--frames", "1", "--crf", "28", "--keyint", "1", "--no-info", "-o", tmp_path / "a.hevc")
    data = (tmp_path / "a.hevc").read_bytes()
    _agree(ours, len(data), metrics.psnr_db(image, reference_codecs.ALL["hevc"].decode(data)),
           0.03, 0.2)
