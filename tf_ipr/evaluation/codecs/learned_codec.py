"""`tf_ipr.Codec` behind the interface of the codecs it is measured beside."""

from __future__ import annotations

import hashlib
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_ipr.datasets.shape_batches import map_stacked
from tf_ipr.evaluation.codecs.codec_form import MODEL, CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.files.atomic_file import PathLike
from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import QUALITY_STEPS

SETTINGS = (1.0, 10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 100.0)


class LearnedCodec(ImageCodec):
    """A trained model; the setting is its quality, 1..100, any half step."""

    name = "tf_ipr"
    setting_name = "quality"
    all_settings = tuple(step / 2 for step in QUALITY_STEPS)
    one_by_one = False

    def __init__(self, codec, settings: Sequence[Setting] = SETTINGS, label: str = "tf_ipr",
                 weights_hash: str = "", folder: str | None = None):
        """Wraps a loaded codec.

        Args:
          codec: a `tf_ipr.Codec`.
          settings: qualities of a rate-distortion curve, ascending.
          label: name for tables and plots.
          weights_hash: tells apart models that share their model id, which names the exact part
            alone (tables and integer weights) and not the transforms.
          folder: where the model lies, for the record.
        """
        self.codec = codec
        self.settings = tuple(settings)
        self.label = label
        self.folder = folder
        self._weights_hash = weights_hash

    @classmethod
    def load(cls, folder: PathLike | None = None, settings: Sequence[Setting] = SETTINGS
             ) -> LearnedCodec:
        """Loads a model folder (None: the shipped model), labelled with the folder's name.

        A run of the training keeps its model in RUN/model; RUN is its name then.

        Raises:
          CheckpointError: the folder holds no usable model.
        """
        from tf_ipr.format import shipped_models
        from tf_ipr.models.codec import TensorFlowCodec

        path = pathlib.Path(os.path.abspath(shipped_models.folder_of(folder)))
        codec = TensorFlowCodec.load(path)
        weights = (path / "weights.npz").read_bytes()
        name = path.parent.name if path.name == "model" else path.name
        return cls(codec, settings, "tf_ipr" if folder is None else f"tf_ipr {name}",
                   hashlib.sha256(weights).hexdigest()[:16], str(folder or path))

    @property
    def form(self) -> CodecForm:
        return CodecForm(MODEL, model=self.label.removeprefix("tf_ipr").strip())

    def fingerprint(self) -> str:
        return f"tf_ipr model {self.codec.model_id} {self._weights_hash}".rstrip()

    def unavailable_reason(self) -> str | None:
        return None

    def encode(self, image_u8: np.ndarray, setting: Setting) -> bytes:
        self.check_encode(image_u8, setting)
        return self.codec.compress(image_u8, quality=setting)

    def decode(self, data: bytes) -> np.ndarray:
        return self.codec.decompress(data)

    def encode_batch(self, images_u8: Sequence[np.ndarray], setting: Setting) -> list[bytes]:
        """As the base class; images of one size are coded together."""
        for image_u8 in images_u8:
            self.check_encode(image_u8, setting)
        return map_stacked(lambda images: self.codec.compress_batch(images, setting), images_u8)

    def decode_batch(self, files: Sequence[bytes]) -> list[np.ndarray]:
        """As the base class; images of one size are decoded together."""
        images: list = [None] * len(files)
        members: dict = {}
        for index, data in enumerate(files):
            about = self.codec.info(data)
            members.setdefault((about["height"], about["width"]), []).append(index)
        for indices in members.values():
            for index, image in zip(indices,
                                    self.codec.decompress_batch([files[i] for i in indices])):
                images[index] = image
        return images

    def container_bytes(self, data: bytes) -> int:
        """The header: magic, model, size and quality."""
        return len(bitstream.parse(data).header.to_bytes())
