"""What a pipeline does to each file: small enough to be sent to workers, which load the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from tf_ipr.pipeline import verb as verbs
from tf_ipr.pipeline.file_run import Item, Made
from tf_ipr.pipeline.self_identity import IDENTITY, SelfIdentity
from tf_ipr.pipeline.transcode import Rate
from tf_ipr.pipeline.verb import Verb

LETTERS = "dead_letters.jsonl"  # In the folder of outputs.
VERBS = {verb.name: verb for verb in (verbs.COMPRESS, verbs.DECOMPRESS, IDENTITY)}


class Ready:
    """A work whose models are loaded: `function` makes outputs, `settings` decide their content."""

    def __init__(self, function: Callable[[Item], Made], settings: Mapping[str, Any]):
        self.function, self.settings = function, settings


@dataclasses.dataclass(frozen=True)
class Work:
    """A verb and its options; `rate` and `recognizer` are of verbs that encode and that compare."""

    verb_name: str
    model: str | None
    max_pixels: int
    rate: Rate | None = None
    recognizer: str | None = None

    @property
    def verb(self) -> Verb:
        """By its name, since functions do not travel well."""
        return VERBS[self.verb_name]

    def load(self) -> Ready:
        """Loads models, by their names or folders on this machine; raises CheckpointError, ImportError."""
        # pylint: disable=import-outside-toplevel  # A worker of one verb needs not the others.
        if self.verb_name == "compress":
            from tf_ipr.pipeline.encoders import Encoder

            encoder = Encoder(self.model, self.max_pixels, self.rate)
            return Ready(encoder.encode, encoder.settings)
        if self.verb_name == "decompress":
            from tf_ipr.pipeline.decoders import Decoder

            decoder = Decoder(self.model, self.max_pixels)
            return Ready(decoder.decode, decoder.settings)
        identity = SelfIdentity(self.model, self.max_pixels, self.rate, self.recognizer)
        return Ready(identity.measure, identity.settings)
