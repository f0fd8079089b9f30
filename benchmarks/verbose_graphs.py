"""The exported graphs with the symbols as outputs: for exactness, and for the time that they take."""

from __future__ import annotations

from tf_ipr.export import tflite_file
from tf_ipr.export.decoder_graph import DecoderGraph
from tf_ipr.export.encoder_graph import EncoderGraph


class VerboseEncoder(EncoderGraph):
    """The exported graph, which tells the symbols too."""

    def _write(self, symbols, header, lanes):
        return {**super()._write(symbols, header, lanes), "side": symbols.side,
                "latent": symbols.latent}


class VerboseDecoder(DecoderGraph):
    """The exported graph, which tells the symbols and leaves out the picture."""

    def _decode(self, stream, length):
        side, latent, parsed = self._symbols(stream, length)
        return {"side": side, "latent": latent, "status": parsed.status[0]}


def exported(graph, signature: str, part: str, model_id: str) -> bytes:
    """A graph as the export writes it."""
    converted = tflite_file.convert(getattr(graph, signature), graph, signature)
    tflite_file.halve_weights(converted)
    return tflite_file.to_bytes(converted, dict(part=part, model_id=model_id))
