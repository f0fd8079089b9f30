"""How well the face in a picture is known after coding: the cosine of a picture to its decoded self."""

from __future__ import annotations

import json

from tf_ipr.files import file_kind
from tf_ipr.pipeline import transcode
from tf_ipr.pipeline.decoders import Decoder
from tf_ipr.pipeline.encoders import Encoder
from tf_ipr.pipeline.file_run import Item, Made
from tf_ipr.pipeline.verb import Verb

IDENTITY = Verb("identity", "picture", file_kind.is_picture, file_kind.JSON, ".json",
                lambda head: head.startswith(b'{"cosine":'))


class SelfIdentity:
    """Encodes, decodes and compares; needs TensorFlow, for the detector.

    Attributes:
      settings: what decides the answers beside the picture, of JSON's types.
    """

    def __init__(self, model: str | None, max_pixels: int, rate: transcode.Rate, recognizer: str | None):
        """`recognizer`: folder of one; None: dlib's. Raises CheckpointError, ImportError."""
        # pylint: disable=import-outside-toplevel  # Seconds.
        from tf_ipr.faces.detection import FaceDetector
        from tf_ipr.recognition import default_recognizer
        from tf_ipr.recognition.recognizer import Recognizer

        self._max_pixels = max_pixels
        self._encoder = Encoder(model, max_pixels, rate)
        self._decoder = Decoder(model, max_pixels)
        self._detector = FaceDetector()
        self._recognizer = default_recognizer.load() if recognizer is None else Recognizer.load(recognizer)
        self.settings = {**self._encoder.settings, "writes": "identity",
                         "recognizer": self._recognizer.fingerprint}

    def measure(self, item: Item) -> Made:
        """A picture -> JSON: cosine, decision, bytes of the stream; ValueError without a face."""
        from tf_ipr.recognition import comparison  # pylint: disable=import-outside-toplevel

        stream = self._encoder.encode(item).content
        pictures = [item.content, self._decoder.decode(Item(item.name, stream)).content]
        result = comparison.compare(self._recognizer, self._detector,
                                    *(transcode.read(content, self._max_pixels) for content in pictures))
        if result["cosine"] is None:
            raise ValueError("no face was found in " + ("the picture" if result["a"] is None else
                                                        "the decoded picture"))
        cosine = round(result["cosine"], 4)
        facts = {"cosine": cosine, "same_person": result["same_person"], "stream_bytes": len(stream),
                 "recognizer": result["recognizer"]}
        return Made(json.dumps(facts).encode("ascii") + b"\n", f"cosine {cosine:.3f}", cosine)
