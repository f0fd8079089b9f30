"""Face detection: the `mtcnn` package's three networks, driven for speed.

MTCNN (Zhang et al., 2016) proposes windows on an image pyramid (PNet), refines them (RNet) and
finds five landmarks in the survivors (ONet). The package runs the pyramid from 20-pixel faces up
for every image. Here images of one size go through together, and the costly finest levels of the
pyramid are left out at first: only images in which nothing is found are searched again with them.
The levels that are searched are the package's own, so are networks, thresholds and everything
else; a face found without the finest levels is, but for rare overlaps, found just the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tf_ipr.datasets.shape_batches import batches_of_one_shape

_PNET_WINDOW = 12          # pixels that PNet sees
_MIN_FACE_SIZE = 20        # pixels; the package's own
_PYRAMID_STEP = 0.709      # the package's own step, about sqrt(1/2)
_PNET_THRESHOLD, _PNET_OVERLAP_IN_SCALE, _PNET_OVERLAP = 0.6, 0.5, 0.7


@dataclasses.dataclass(frozen=True)
class Face:
    """One detected face.

    Attributes:
        box: float32 [4], x1, y1, x2, y2 in pixels; may reach beyond the image.
        landmarks: float32 [5, 2], (x, y) in pixels: left eye, right eye, nose, left and right
            corner of the mouth, as seen in the image.
        confidence: 0..1.
    """

    box: np.ndarray
    landmarks: np.ndarray
    confidence: float


def main_face(faces: Sequence[Face], height: int, width: int) -> Face | None:
    """The face a picture is about: the one that is largest and most central.

    Maximises area − 2·distance², in pixels², where the distance is from the centre of the face to
    the centre of the image (the rule of FaceNet's `align_dataset_mtcnn.py`). In LFW it picks the
    named person, not one who stands nearer to the border.

    Args:
        faces: of one image.
        height: of the image.
        width: of the image.

    Returns:
        One of `faces`, the first of equals; None if there is none.
    """
    def merit(face):
        x1, y1, x2, y2 = face.box
        offset = np.array([(x1 + x2 - width) / 2, (y1 + y2 - height) / 2])
        return (x2 - x1) * (y2 - y1) - 2.0 * np.sum(offset ** 2)

    return max(faces, key=merit) if faces else None


class FaceDetector:
    """Finds faces and their five landmarks."""

    def __init__(self, skip_levels: int = 3, batch_size: int = 16):
        """Loads the networks.

        Args:
            skip_levels: finest levels of the pyramid left out at first (a level halves the area;
                three skip faces below 56 pixels). Images without a face are searched again with all
                of them, from 20 pixels. With 0 every face of every image is found at once.
            batch_size: images of one size that go through the networks together.

        Raises:
            ImportError: if the `mtcnn` package is not installed.
            ValueError: for sizes that make no sense.
        """
        if skip_levels < 0 or batch_size < 1:
            raise ValueError(f"skip_levels={skip_levels}, batch_size={batch_size}: "
                             "expected 0 or more, and 1 or more")
        import mtcnn
        import tensorflow as tf

        self.skip_levels = skip_levels
        self.batch_size = batch_size
        proposer, self._refiner, self._finder = mtcnn.MTCNN().stages

        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3]),
                                      tf.TensorSpec([2], tf.int32)])
        def propose(images, size):
            return proposer.model(tf.image.resize(images, size, method="area"))

        self._propose = propose

    def detect(self, images: Sequence[np.ndarray]) -> list[list[Face]]:
        """All faces of each image, most confident first.

        Args:
            images: uint8 RGB arrays (H, W, 3) of any sizes; fastest when many share one.

        Returns:
            For each image the list of its faces, which may be empty.

        Raises:
            ValueError: for an array that is no RGB image.
        """
        for index, image in enumerate(images):
            if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
                raise ValueError(f"image {index}: expected uint8 (H, W, 3), "
                                 f"got {image.dtype} {tuple(image.shape)}")
        found: list[list[Face]] = [[] for _ in images]
        for batch in batches_of_one_shape(images, self.batch_size):
            self._search(images, batch, self.skip_levels, found)
            missing = [i for i in batch if not found[i]]
            if missing and self.skip_levels:
                self._search(images, missing, 0, found)
        return found

    def landmarks(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """The landmarks of each image's main face.

        Args:
            images: as for `detect`.

        Returns:
            float32 [N, 5, 2]; NaN for an image without a face.
        """
        result = np.full([len(images), 5, 2], np.nan, np.float32)
        for index, faces in enumerate(self.detect(images)):
            face = main_face(faces, *images[index].shape[:2])
            if face is not None:
                result[index] = face.landmarks
        return result

    def _search(self, images, indices, first_level, found):
        """Adds the faces of images[indices], all of one size, to `found`."""
        pixels = np.stack([images[i] for i in indices]).astype(np.float32)
        pixels = (pixels - 127.5) / 128.0
        boxes = self._proposals(pixels, first_level)
        if len(boxes):
            boxes = self._refiner(images_normalized=pixels, bboxes_batch=boxes)
        if len(boxes):
            boxes = self._finder(images_normalized=pixels, bboxes_batch=boxes)
        for row in boxes:
            x, y = row[6:11], row[11:16]
            found[indices[int(row[0])]].append(Face(
                row[1:5].astype(np.float32), np.stack([x, y], -1).astype(np.float32),
                float(row[5])))

    def _proposals(self, pixels, first_level):
        """PNet over the pyramid: rows of (image, x1, y1, x2, y2, confidence)."""
        from mtcnn.utils import bboxes

        height, width = pixels.shape[1:3]
        scale = _PNET_WINDOW / _MIN_FACE_SIZE * _PYRAMID_STEP ** first_level
        rows = []
        while min(height, width) * scale >= _PNET_WINDOW:
            size = np.array([height * scale, width * scale], np.int32)
            offsets, scores = self._propose(pixels, size)
            boxes = bboxes.generate_bounding_box(offsets, scores, _PNET_THRESHOLD)
            boxes[:, 1:5] /= scale
            rows.append(bboxes.smart_nms_from_bboxes(
                boxes, threshold=_PNET_OVERLAP_IN_SCALE, initial_sort=False))
            scale *= _PYRAMID_STEP
        if not rows:
            return np.empty([0, 6])
        return bboxes.resize_to_square(bboxes.smart_nms_from_bboxes(
            np.concatenate(rows), threshold=_PNET_OVERLAP, initial_sort=True))
