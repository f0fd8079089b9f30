"""Lossless coding of symbols: probability tables, interleaved rANS, bitstream.

    tables.py          integer probability tables
    rans.py            interleaved rANS steps; scan.py, the loop around them
    lanes.py           which lane codes which symbol
    compaction.py      words of all lanes to one sequence
    symbol_coder.py    symbols of a batch to words and back, anywhere TensorFlow runs
    symbol_decoder.py  the same backwards, tuned for servers; mirrored_slots.py, its tables
    checksum.py        of symbols
    bitstream.py       header and container of a stream
    stream_ops.py      header and stream as TensorFlow operations
    image_encoder.py   symbols of one image to words, for devices
    stream_parser.py   streams of a batch, checked in the graph; stream_status.py, what can be wrong
"""

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
