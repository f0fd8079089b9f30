"""Lossless coding of symbols as TensorFlow graphs: interleaved rANS, bitstream.

    table_ops.py       probability tables as operations
    rans.py            interleaved rANS steps; scan.py, the loop around them
    lanes.py           which lane codes which symbol
    compaction.py      words of all lanes to one sequence
    symbol_coder.py    symbols of a batch to words and back, anywhere TensorFlow runs
    symbol_decoder.py  the same backwards, tuned for servers; mirrored_slots.py, its tables
    checksum.py        of symbols
    stream_ops.py      header and stream as TensorFlow operations
    image_encoder.py   symbols of one image to words, for devices
    image_decoder.py   the same backwards
    stream_parser.py   streams checked in the graph, a batch of strings or one buffer
    stream_capacity.py how long a stream of a picture can get
"""

from tf_ipr.coding.image_encoder import ImageEncoder
from tf_ipr.coding.lanes import num_lanes_tensor
from tf_ipr.coding.stream_ops import HeaderTensors, header_bytes, stream_bytes
from tf_ipr.coding.symbol_coder import CoderState, SymbolCoder
from tf_ipr.coding.symbol_decoder import SymbolDecoder

__all__ = [
    "CoderState", "HeaderTensors", "ImageEncoder", "SymbolCoder", "SymbolDecoder", "header_bytes",
    "num_lanes_tensor", "stream_bytes",
]
