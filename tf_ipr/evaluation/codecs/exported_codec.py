"""The exported halves of a model, encoder.tflite and decoder/, measured like any other codec."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation.codecs.codec_form import MODEL, CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.codecs.learned_codec import SETTINGS, LearnedCodec
from tf_ipr.files.atomic_file import PathLike
from tf_ipr.format.bitstream import QUALITY_STEPS, BitstreamError
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.runtime.encoder import Encoder

ENCODER, DECODER = "encoder.tflite", "decoder"


class ExportedCodec(ImageCodec):
    """What a device and a server run; the setting is the quality, 1..100, any half step."""

    name = "tf_ipr"
    label = "tf_ipr"
    setting_name = "quality"
    all_settings = tuple(step / 2 for step in QUALITY_STEPS)
    one_by_one = False

    def __init__(self, encoder: pathlib.Path, decoder: pathlib.Path,
                 settings: Sequence[Setting] = SETTINGS):
        """Loads both halves.

        Args:
          encoder: a file by `tf_ipr_export --target=tflite`.
          decoder: the folder of a version by `tf_ipr_export --target=serving`.
          settings: qualities of a rate-distortion curve, ascending.

        Raises:
          OSError, ValueError: one of them is absent or not such an export.
        """
        import tensorflow as tf

        content = encoder.read_bytes()
        self.settings = tuple(settings)
        self.model_id = json.loads((decoder / "assets.extra" / "decoder.json").read_text())[
            "model_id"]
        graph = (decoder / "saved_model.pb").read_bytes()
        self._content_hash = hashlib.sha256(content + graph).hexdigest()[:16]
        self._encoder = Encoder(content)
        self._loaded = tf.saved_model.load(str(decoder))  # Its functions do not keep it alive.

    @property
    def form(self) -> CodecForm:
        return CodecForm(MODEL, model="")

    def fingerprint(self) -> str:
        return f"tf_ipr exported model {self.model_id} {self._content_hash}"

    def unavailable_reason(self) -> str | None:
        return None

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        self.check_encode(image_u8, setting)
        return self._encoder.encode(image_u8, setting)

    def decode(self, data: bytes) -> np.ndarray:
        """As the base class; raises `BitstreamError` with the decoder's own reason."""
        import tensorflow as tf

        try:
            decoded = self._loaded.signatures["serving_default"](stream_bytes=tf.constant([data]))
        except tf.errors.InvalidArgumentError as error:
            raise BitstreamError(error.message) from error
        status = StreamStatus(int(decoded["status"][0]))
        if status is not StreamStatus.OK:
            raise BitstreamError(status.message)
        return decoded["image"][0].numpy()


def exported_or_model(folder: PathLike | None = None) -> ImageCodec:
    """The exports in a model folder (None: the shipped model's), or the model where it has none.

    Raises:
      CheckpointError: the folder holds no usable model.
    """
    from tf_ipr.format import shipped_models

    path = pathlib.Path(os.path.abspath(shipped_models.folder_of(folder)))
    versions = sorted(int(p.name) for p in (path / DECODER).glob("*") if p.name.isdigit())
    if not versions or not (path / ENCODER).is_file():
        return LearnedCodec.load(folder)
    return ExportedCodec(path / ENCODER, path / DECODER / str(versions[-1]))
