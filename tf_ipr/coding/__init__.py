"""Lossless coding of symbols: probability tables, interleaved rANS, bitstream."""

from tf_ipr.coding.symbol_coder import CoderState, SymbolCoder
from tf_ipr.coding.tables import PRECISION_BITS, ProbabilityTables

__all__ = ["CoderState", "PRECISION_BITS", "ProbabilityTables", "SymbolCoder"]
