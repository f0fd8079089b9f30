"""What makes a stream of a picture file: the plain codec, or one that looks at faces."""

from __future__ import annotations

from typing import NamedTuple

from tf_ipr.format import bitstream, shipped_models
from tf_ipr.pipeline import codecs, transcode
from tf_ipr.pipeline.file_run import Item, Made
from tf_ipr.runtime import alignment

_REFINED = "lfw_l2_ip"


class Encoder:
    """Whole images, at a rate.

    Attributes:
      settings: what decides the streams beside the picture, of JSON's types.
    """

    def __init__(self, model: str | None, max_pixels: int, rate: transcode.Rate):
        """Loads a model by its name or folder; None for the shipped one. Raises CheckpointError."""
        self._rate, self._max_pixels = rate, max_pixels
        self._codec = self._load(model)
        self.settings = {"writes": "stream", "model_id": self._codec.model_id, **rate.options}

    def _load(self, model):
        return codecs.for_encoding(model, self._max_pixels)

    def encode(self, item: Item) -> Made:
        """A picture file -> a stream; raises as `transcode.compress`."""
        return _made(transcode.compress(item.content, self._codec, self._rate, self._max_pixels,
                                        item.name))


class Looks(NamedTuple):
    """How faces are looked at.

    Attributes:
      align: codes the aligned crop of the main face, of so many pixels; None: the whole image.
      recognizer: folder of the recogniser that the following two need; None: dlib's.
      min_identity: takes the lowest quality whose decoded face has this cosine to the original's.
      refine: steps of refining the latent by the recogniser's gradient.
    """
    align: int | None = None
    recognizer: str | None = None
    min_identity: float | None = None
    refine: int | None = None


class FaceEncoder(Encoder):
    """Led by a detector and a recogniser, which need TensorFlow."""

    def __init__(self, model: str | None, max_pixels: int, rate: transcode.Rate, looks: Looks):
        # pylint: disable=import-outside-toplevel  # Seconds.
        from tf_ipr.faces.detection import FaceDetector
        from tf_ipr.recognition import default_recognizer
        from tf_ipr.recognition.recognizer import Recognizer

        self._looks = looks
        super().__init__(model, max_pixels, rate)
        self.settings.update(align=looks.align, min_identity=looks.min_identity, refine=looks.refine)
        self._detector = FaceDetector()
        if looks.min_identity is not None or looks.refine:
            self._recognizer = (default_recognizer.load() if looks.recognizer is None
                                else Recognizer.load(looks.recognizer))
            self.settings["recognizer"] = self._recognizer.fingerprint
        if looks.refine:
            from tf_ipr.encoding.refinement import Refinement

            self._refinement = Refinement(self._codec, [self._recognizer], looks.refine)

    def _load(self, model):
        from tf_ipr.models.codec import TensorFlowCodec  # pylint: disable=import-outside-toplevel

        if model is None and self._looks.align in shipped_models.ALIGNED:
            model = shipped_models.ALIGNED[self._looks.align]
        elif model is None and self._looks.refine:
            model = _REFINED  # The default model, trained without a recogniser, cannot be refined.
        return TensorFlowCodec.load(model, self._max_pixels)

    def encode(self, item: Item) -> Made:
        """As `Encoder.encode`; raises NoFaceError, too, and where no quality keeps the identity."""
        image = transcode.read(item.content, self._max_pixels, item.name)
        if self._looks.align:
            image = self._crop(image)
        if self._looks.min_identity is None:
            search = self._refinement_of(image) if self._looks.refine else None
            return _made(self._codec.compress(image, **self._rate.options, search=search))
        found = self._smallest(image)
        return _made(found.stream,
                     f", quality {found.quality:g} keeps an identity of {found.cosine:.3f}")

    def _crop(self, image):
        from tf_ipr.faces import aligned_image  # pylint: disable=import-outside-toplevel

        return aligned_image.crop_main_face(image, self._detector, self._looks.align)

    def _smallest(self, image):
        from tf_ipr.encoding import identity_search  # pylint: disable=import-outside-toplevel

        return identity_search.smallest_keeping(self._codec, image, self._recognizer,
                                                self._looks.min_identity, self._detector,
                                                self._template())

    def _refinement_of(self, image):
        """The search for the image, a crop already where faces are aligned."""
        from tf_ipr.faces import aligned_image  # pylint: disable=import-outside-toplevel

        landmarks = self._template()
        if landmarks is None:
            landmarks = aligned_image.main_face_landmarks(image, self._detector)
        return self._refinement.of(landmarks[None])

    def _template(self):
        """Landmarks of every crop; None for whole images."""
        return alignment.template_for(self._looks.align) if self._looks.align else None


def _made(stream: bytes, more: str = "") -> Made:
    return Made(stream, f"{len(stream)} bytes, {bitstream.describe(stream)['bpp']:.3f} bpp{more}")
