"""What makes a picture file of a stream: the model that made it, or the one that is named."""

from __future__ import annotations

from typing import Any

from tf_ipr.format import bitstream, shipped_models
from tf_ipr.pipeline import codecs, transcode
from tf_ipr.pipeline.file_run import Item, Made


class Decoder:
    """Loads each model when its first stream comes.

    Attributes:
      settings: what decides the pictures beside the stream, of JSON's types.
    """

    def __init__(self, model: str | None, max_pixels: int):
        """`model`: a name or folder; None: of each stream the shipped one. Raises CheckpointError."""
        self._model, self._max_pixels = model, max_pixels
        self._loaded: dict = {}
        self.settings = {"writes": "PNG", "model": self._codec_of(b"").model_id if model else "shipped"}

    def decode(self, item: Item) -> Made:
        """A stream -> a PNG file; raises as `transcode.decompress`."""
        picture = transcode.decompress(item.content, self._codec_of)
        facts = bitstream.describe(item.content)
        return Made(picture, f"{facts['width']}x{facts['height']} pixels")

    def _codec_of(self, stream: bytes) -> Any:
        folder = self._model or shipped_models.folder_of_stream(stream)
        if folder not in self._loaded:
            self._loaded[folder] = codecs.for_decoding(folder, self._max_pixels)
        return self._loaded[folder]
