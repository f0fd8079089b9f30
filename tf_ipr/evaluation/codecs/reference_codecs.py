"""All codecs to compare with, by name; each through its real encoder and each real byte counted."""

from tf_ipr.evaluation.codecs.compressai_codec import HYPERPRIOR
from tf_ipr.evaluation.codecs.hevc import HEVC
from tf_ipr.evaluation.codecs.pillow_codecs import AVIF, JPEG, JPEG2000, JPEGXL, WEBP, PillowCodec
from tf_ipr.evaluation.codecs.qr_preset_codec import QR_PRESET

__all__ = ["ALL", "AVIF", "HEVC", "HYPERPRIOR", "JPEG", "JPEG2000", "JPEGXL", "PillowCodec", "QR_PRESET",
           "WEBP"]

ALL = {codec.name: codec for codec in (
    HEVC, AVIF, JPEGXL, WEBP, JPEG2000, JPEG, HYPERPRIOR, QR_PRESET)}
