"""JPEG, JPEG 2000, JPEG XL, WebP and AVIF through Pillow.

| name | encoder | setting | fixed choices |
|---|---|---|---|
| jpeg | libjpeg-turbo (Pillow) | quality 1..95 | 4:2:0, baseline, optimised Huffman tables |
| jpeg2000 | OpenJPEG (Pillow) | compression ratio 800..2 | bare codestream, 9/7, one layer and tile |
| webp | libwebp (Pillow) | quality 0..100 | lossy, method 6 (slowest, best) |
| avif | libaom (Pillow) | quality 0..100 | 4:2:0, 8 bits, one thread, speed 6 |
| jpegxl | libjxl (pillow-jxl-plugin) | quality 0..99 | bare codestream, effort 7, one thread |

`grey` codes without colour: a single channel where the format has such pictures, in WebP three equal
ones.

AVIF at speed 4 would take four times as long for 4 % fewer bytes at equal PSNR (LFW).
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata
import io

import numpy as np
from PIL import Image, features

from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec


@dataclasses.dataclass(frozen=True)
class PillowCodec(ImageCodec):
    """A codec of Pillow.

    Attributes:
      pillow_format: the format's name in Pillow.
      feature: its name among Pillow's features; "" for a format that only a plugin knows.
      plugin: name on PyPI of the plugin (module without "-plugin") that registers the format where
        Pillow itself lacks it.
    """

    name: str
    label: str
    settings: tuple[int, ...]
    all_settings: tuple[int, ...]
    pillow_format: str
    feature: str
    plugin: str = ""
    options: tuple[tuple[str, object], ...] = ()
    setting_name: str = "quality"
    grey: bool = False

    @property
    def form(self) -> CodecForm:
        return CodecForm(self.name.removeprefix("grey+"), grey=self.grey)

    def fingerprint(self) -> str:
        options = " ".join(f"{name}={value}" for name, value in self.options)
        built_in = self.feature and features.check(self.feature)
        version = (features.version(self.feature) if built_in
                   else f"{self.plugin} {importlib.metadata.version(self.plugin)}")
        return f"{self.label} {version} {options}"

    def unavailable_reason(self) -> str | None:
        if self.feature and features.check(self.feature):
            return None
        if self.plugin and _has_plugin(self.plugin):
            return None
        if not self.feature:
            return f"{self.plugin} is not installed; pip install {self.plugin}"
        return (f"this Pillow was built without {self.label}; install its wheel from PyPI"
                + (f", or {self.plugin}" if self.plugin else ""))

    def encode(self, image_u8: np.ndarray, setting: int) -> bytes:
        self.check_encode(image_u8, setting)
        file = io.BytesIO()
        image = Image.fromarray(image_u8)
        if self.grey:
            image = image.convert("L")
            if self.pillow_format == "WebP":
                image = image.convert("RGB")
        image.save(file, self.pillow_format, **self._setting(setting),
                                       **dict(self.options))
        return file.getvalue()

    def decode(self, data: bytes) -> np.ndarray:
        self.unavailable_reason()  # Registers a plugin's format.
        with Image.open(io.BytesIO(data), formats=[self.pillow_format]) as image:
            return np.asarray(image.convert("RGB"))

    def _setting(self, setting: int) -> dict:
        return {"quality": setting}


class Jpeg2000(PillowCodec):
    """OpenJPEG has no quality of its own; the ratio to raw pixels of 24 bits is what it takes."""

    def _setting(self, setting: int) -> dict:
        return {"quality_layers": [setting]}


@functools.cache
def _has_plugin(name: str) -> bool:
    try:
        importlib.import_module(name.removesuffix("-plugin").replace("-", "_"))
        return True
    except ImportError:
        return False


JPEG = PillowCodec(
    name="jpeg", label="JPEG", settings=(10, 20, 50), all_settings=tuple(range(1, 96)),
    pillow_format="JPEG", feature="jpg", options=(("optimize", True), ("subsampling", "4:2:0")))
JPEG2000 = Jpeg2000(
    name="jpeg2000", label="JPEG 2000", settings=(120, 60, 20), all_settings=tuple(range(800, 1, -1)),
    pillow_format="JPEG2000", feature="jpg_2000", setting_name="ratio",
    options=(("no_jp2", True), ("quality_mode", "rates"), ("irreversible", True), ("mct", 1)))
WEBP = PillowCodec(
    name="webp", label="WebP", settings=(5, 20, 50), all_settings=tuple(range(101)),
    pillow_format="WebP", feature="webp", options=(("method", 6),))
AVIF = PillowCodec(
    name="avif", label="AVIF", settings=(10, 30, 50), all_settings=tuple(range(101)),
    pillow_format="AVIF", feature="avif", plugin="pillow-avif-plugin",
    options=(("speed", 6), ("max_threads", 1), ("subsampling", "4:2:0")))
# Quality 100 is lossless there, another codec.
JPEGXL = PillowCodec(
    name="jpegxl", label="JPEG XL", settings=(5, 20, 50), all_settings=tuple(range(100)),
    pillow_format="JXL", feature="", plugin="pillow-jxl-plugin",
    options=(("effort", 7), ("num_threads", 1), ("use_container", False)))


def grey(codec: PillowCodec) -> PillowCodec:
    """The same codec without colour."""
    options = tuple((name, "4:0:0" if name == "subsampling" and codec is AVIF else value)
                    for name, value in codec.options if name != "mct")
    if codec is JPEG:
        options = (("optimize", True),)
    return dataclasses.replace(codec, name=f"grey+{codec.name}", label=f"grey {codec.label}", grey=True,
                               options=options)
