"""A few images of the evaluation through the codecs of its rows, once more and with the pixels.

An evaluation keeps no pixels. Here the chosen images are coded again, by the same encoder and the
same weights only: a codec whose identity is not that of its row is left out, with the reason.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence

import numpy as np

from tf_ipr.evaluation import coding_pool, metrics
from tf_ipr.evaluation.codecs import codec_choice
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.codecs.image_codec import ImageCodec
from tf_ipr.evaluation.crops import Crop
from tf_ipr.files import image_file
from tf_ipr.report import bit_allocation, heat_maps

_BRIGHTEST = 99.5  # Percentile of all maps of a scene; a few pixels must not darken the rest.


@dataclasses.dataclass(frozen=True)
class Reconstruction:
    """One image after one codec.

    Attributes:
      row: of the results.
      decoded_u8: uint8 [H, W, 3].
      num_bytes: of this image's file.
      psnr_db: infinite for an equal picture.
      error: `heat_maps.absolute_error`.
      bits: `heat_maps.bits_per_pixel`; None where the codec does not say where its bits go.
      share: (of the bits, of the area) inside the face's box, 0..1; None if not known.
    """

    row: dict
    decoded_u8: np.ndarray
    num_bytes: int
    psnr_db: float
    error: np.ndarray
    bits: np.ndarray | None = None
    share: tuple[float, float] | None = None

    @property
    def bpp(self) -> float:
        """Bits per pixel of this image's file."""
        return metrics.bits_per_pixel(self.num_bytes, self.decoded_u8)


@dataclasses.dataclass(frozen=True)
class Scene:
    """One image before and after several codecs.

    Attributes:
      name: of the file.
      original_u8: uint8 [H, W, 3]; with a crop, the crop.
      box: x1, y1, x2, y2 of the main face; None where it is not known.
      reconstructions: in the order of the rows.
    """

    name: str
    original_u8: np.ndarray
    box: np.ndarray | None
    reconstructions: Sequence[Reconstruction]

    def brightest_bits(self) -> float:
        """Top of the scale of the scene's bit maps, bits per pixel."""
        return _top([found.bits for found in self.reconstructions if found.bits is not None])


class Codecs:
    """The codecs of rows, loaded when they are first needed.

        codec = Codecs(folders)(row)        # raises ValueError with the reason if there is none
    """

    def __init__(self, model_folders: dict, recognizer_folders: dict | None = None):
        """Folders of our models, and of recognisers that lead searches, by their names."""
        self._folders = model_folders
        self._recognizer_folders = recognizer_folders or {}
        self._recognizers: dict = {}
        self._loaded: dict = {}
        self._allocations: dict = {}

    def __call__(self, row: dict) -> ImageCodec:
        """The codec of a row, ready to use.

        Raises:
          ValueError: it is not at hand or not installed, or is another one here.
        """
        form = CodecForm.of(row["codec"])
        name = form.text(self.folder(row) if form.is_model else None)
        if name not in self._loaded:
            leader = self._leader(form)
            self._loaded[name] = codec_choice.parse(name, (), recognizer=leader).codec
        codec = self._loaded[name]
        if codec.unavailable_reason():
            raise ValueError(codec.unavailable_reason())
        if codec.fingerprint() != row["identity"]:
            raise ValueError(f"here it is {codec.fingerprint()}; the results are of {row['identity']}")
        return codec

    def folder(self, row: dict) -> str:
        """The folder of the row's model; raises ValueError."""
        folder = self._folders.get(row["codec"]["model"])
        if folder is None:
            raise ValueError("where its model lies is not known; give its folder in --models")
        if not os.path.isdir(folder):
            raise ValueError(f"its model's folder {folder} does not exist; give it in --models")
        return folder

    def _leader(self, form: CodecForm):
        """The recogniser that leads a search, or None without a search; raises ValueError."""
        if form.search is None:
            return None
        folders = [self._recognizer_folders.get(name) for name in form.leaders] or list(
            self._recognizer_folders.values())[:1]
        if not folders or folders[0] is None or not os.path.isdir(folders[0]):
            raise ValueError(f"its search is led by {' and '.join(form.leaders) or 'a recogniser'}, "
                             f"whose folder is "
                             "not known; give it in --recognizers")
        if folders[0] not in self._recognizers:
            from tf_ipr.recognition.recognizer import Recognizer

            self._recognizers[folders[0]] = Recognizer.load(folders[0])
        return self._recognizers[folders[0]]

    def allocation(self, row: dict) -> bit_allocation.BitAllocation:
        """Where the bits of the row's model go."""
        from tf_ipr.models import model_folder

        folder = self.folder(row)
        if folder not in self._allocations:
            self._allocations[folder] = bit_allocation.BitAllocation(model_folder.load(folder)[0])
        return self._allocations[folder]


class MainFaces:
    """The main faces of images; the detector is loaded when it is first needed."""

    def __init__(self, detector: Callable | None = None):
        """`detector` makes the `FaceDetector`; None takes MTCNN."""
        self._make = detector
        self._made = None

    def _detector(self):
        if self._made is None:
            if self._make is None:
                from tf_ipr.faces.detection import FaceDetector

                self._make = FaceDetector
            self._made = self._make()
        return self._made

    def box(self, image_u8: np.ndarray) -> np.ndarray | None:
        """x1, y1, x2, y2, or None: no face, or no detector installed."""
        from tf_ipr.faces import detection

        try:
            found = self._detector().detect([image_u8])[0]
        except ImportError:
            return None
        face = detection.main_face(found, *image_u8.shape[:2])
        return None if face is None else face.box

    def crop(self, image_u8: np.ndarray, crop: Crop) -> np.ndarray:
        """What is cut out; ImportError without a detector, ValueError without a face."""
        return crop.cut(image_u8, self._detector().landmarks([image_u8])[0])


def read(path, crop: Crop | None, faces: MainFaces) -> np.ndarray:
    """What the codecs of a group get of an image: uint8 [H, W, 3].

    Raises:
      ValueError, OSError: no such image, or no face to align.
      ImportError: a crop needs the face detector.
    """
    image = image_file.read_image(path)
    return image if crop is None else faces.crop(image, crop)


def code(codec: ImageCodec, row: dict, images_u8: Sequence[np.ndarray]) -> list:
    """`Reconstruction`s without bits, or a sentence that says why there is none."""
    outcomes = coding_pool.code_together(codec, row["setting"], images_u8)
    return [outcome if isinstance(outcome, str) else Reconstruction(
        row, outcome.decoded_u8, outcome.num_bytes, metrics.psnr_db(image, outcome.decoded_u8),
        heat_maps.absolute_error(image, outcome.decoded_u8))
            for image, outcome in zip(images_u8, outcomes)]


def with_bits(found: Reconstruction, image_u8: np.ndarray, box: np.ndarray | None,
              codecs: Codecs) -> Reconstruction:
    """The same with the places of its bits, where the codec is one of our models as it is."""
    form = CodecForm.of(found.row["codec"])
    if not form.is_model or form.search or form.shrink or form.fit:
        return found
    height, width = image_u8.shape[:2]
    allocation = codecs.allocation(found.row)
    bits = allocation(image_u8[None], found.row["setting"])[0]
    share = None if box is None else bit_allocation.share_in_box(
        bits, box, height, width, allocation.stride)
    return dataclasses.replace(
        found, bits=heat_maps.bits_per_pixel(bits, height, width, allocation.stride), share=share)


def scenes(rows: Sequence[dict], images: Sequence[tuple[str, np.ndarray]], codecs: Codecs,
           faces: MainFaces, notes: Callable[[str], None]) -> list[Scene]:
    """Images through the codecs of rows.

    Args:
      rows: of one group.
      images: (name, uint8 [H, W, 3]).
      codecs: of the rows.
      faces: finds the boxes; with aligned crops there are none.
      notes: gets a sentence for each codec that is left out.
    """
    boxes = [faces.box(image) if rows and rows[0]["codec"]["crop"] is None else None
             for _, image in images]
    found: list = [[] for _ in images]
    for row in rows:
        name = f"{row['label']} {row['setting']:g}"
        try:
            outcomes = code(codecs(row), row, [image for _, image in images])
        except (ValueError, OSError, ImportError) as error:
            notes(f"{name} is not shown: {error}")
            continue
        for (image_name, image), box, outcome, place in zip(images, boxes, outcomes, found):
            if isinstance(outcome, str):
                notes(f"{image_name}: {outcome}")
            else:
                place.append(with_bits(outcome, image, box, codecs))
    return [Scene(name, image, box, place)
            for (name, image), box, place in zip(images, boxes, found)]


def _top(maps: Sequence[np.ndarray]) -> float:
    return max((float(np.percentile(values, _BRIGHTEST)) for values in maps), default=1.0)
