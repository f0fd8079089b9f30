"""HEVC intra as an image codec: x265 and FFmpeg's decoder through PyAV.

x265 preset medium, constant rate factor, a single intra frame, 8-bit yuv420p (BT.601, limited
range, bicubic chroma), one thread. The file is an Annex B byte stream: parameter sets and one
picture, no SEI text, no container. `keyint=1` gives the CRF its meaning for stills (x265 otherwise
raises the quantiser of a lone frame as if others were to follow; the curve is the same).

4:2:0 needs even sizes. An odd last row or column is repeated once, and the file then ends in zero
bytes, which Annex B allows and decoders ignore (trailing_zero_8bits): 1 = drop the last column,
2 = the last row, 3 = both. A stream never ends in a zero byte by itself (Rec. ITU-T H.265, 7.4.2).
"""

from __future__ import annotations

import dataclasses
import fractions
import functools

import numpy as np

from tf_ipr.evaluation.codecs.image_codec import ImageCodec

_PARAMETERS = ":".join([
    "info=0", "keyint=1", "repeat-headers=1", "log-level=none", "frame-threads=1", "pools=none",
    "wpp=0"])

_MIN_SIDE = 16  # x265 refuses smaller pictures than its smallest coding tree unit.


@functools.cache
def _unavailable_reason() -> str | None:
    try:
        import av
    except ImportError:
        return "PyAV is not installed; pip install av"
    if "libx265" not in av.codecs_available:
        return "this PyAV was built without x265; install its wheel from PyPI"
    return None


@dataclasses.dataclass(frozen=True)
class Hevc(ImageCodec):
    """x265 still pictures; the setting is the constant rate factor, large = small file."""

    name: str = "hevc"
    label: str = "HEVC"
    setting_name: str = "CRF"
    settings: tuple[int, ...] = (40, 36, 33, 28, 23)
    # x265 takes fractions: a whole step moves the size by a tenth.
    all_settings: tuple[float, ...] = tuple(quarter / 4 for quarter in range(4 * 51, -1, -1))

    def fingerprint(self) -> str:
        import av

        versions = " ".join(
            f"{name} {'.'.join(map(str, av.library_versions[name]))}"
            for name in ("libavcodec", "libswscale"))
        return f"HEVC x265 PyAV {av.__version__} {versions} medium {_PARAMETERS}"

    def unavailable_reason(self) -> str | None:
        return _unavailable_reason()

    def encode(self, image_u8: np.ndarray, setting: float) -> bytes:
        self.check_encode(image_u8, setting)
        if min(image_u8.shape[:2]) < _MIN_SIDE:
            raise ValueError(
                f"HEVC needs images of at least {_MIN_SIDE}x{_MIN_SIDE} pixels, given "
                f"{image_u8.shape[0]}x{image_u8.shape[1]}; pad them first")
        import av
        from av.video.reformatter import Interpolation

        odd_rows, odd_columns = image_u8.shape[0] % 2, image_u8.shape[1] % 2
        padded = np.pad(image_u8, [(0, odd_rows), (0, odd_columns), (0, 0)], "edge")
        encoder = av.CodecContext.create("libx265", "w")
        encoder.height, encoder.width = padded.shape[:2]
        encoder.pix_fmt = "yuv420p"
        encoder.time_base = fractions.Fraction(1, 25)
        encoder.options = {
            "preset": "medium", "crf": str(setting), "x265-params": _PARAMETERS}
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(padded), format="rgb24")
        frame = frame.reformat(format="yuv420p", interpolation=Interpolation.BICUBIC)
        frame.pts = 0
        packets = encoder.encode(frame) + encoder.encode(None)
        return b"".join(bytes(packet) for packet in packets) + bytes(2 * odd_rows + odd_columns)

    def decode(self, data: bytes) -> np.ndarray:
        import av
        from av.video.reformatter import Interpolation

        stream = data.rstrip(b"\0")
        odd_rows, odd_columns = divmod(len(data) - len(stream), 2)
        decoder = av.CodecContext.create("hevc", "r")
        decoder.thread_count = 1
        frames = decoder.decode(av.Packet(stream)) + decoder.decode(None)
        if len(frames) != 1 or odd_rows > 1:
            raise ValueError(f"the HEVC stream holds {len(frames)} pictures instead of one")
        frame = frames[0].reformat(format="rgb24", interpolation=Interpolation.BICUBIC)
        image = frame.to_ndarray()
        height, width = image.shape[:2]
        return np.ascontiguousarray(image[:height - odd_rows, :width - odd_columns])


HEVC = Hevc()
