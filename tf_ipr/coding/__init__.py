"""Lossless coding of symbols: probability tables, interleaved rANS, bitstream."""

from tf_ipr.coding.bitstream import (
    QUALITY_STEPS, BitstreamError, Header, describe, pack, parse, require_model, start_state)
from tf_ipr.coding.image_encoder import ImageEncoder
from tf_ipr.coding.lanes import num_lanes, num_lanes_tensor
from tf_ipr.coding.stream_ops import HeaderTensors, header_bytes, stream_bytes
from tf_ipr.coding.symbol_coder import CoderState, SymbolCoder
from tf_ipr.coding.symbol_decoder import SymbolDecoder
from tf_ipr.coding.tables import PRECISION_BITS, ProbabilityTables

__all__ = [
    "BitstreamError", "CoderState", "Header", "HeaderTensors", "ImageEncoder", "PRECISION_BITS",
    "ProbabilityTables", "QUALITY_STEPS", "SymbolCoder", "SymbolDecoder", "describe",
    "header_bytes", "num_lanes", "num_lanes_tensor", "pack", "parse", "require_model",
    "start_state", "stream_bytes",
]
