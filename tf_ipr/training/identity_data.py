"""What IP and IPR need beside the images: landmarks, embeddings of the originals, the loss.

Landmarks and embeddings are computed once and cached by content (`tf_ipr.faces.cache`).
Images without a face take no part.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tqdm

from tf_ipr.datasets import pipeline
from tf_ipr.faces import alignment, cache
from tf_ipr.files import image_file
from tf_ipr.losses.detection import DetectionLoss
from tf_ipr.losses.identity import Guards, identity_loss
from tf_ipr.losses.random_view import move
from tf_ipr.recognition.recognizer import Recognizer
from tf_ipr.runtime.alignment import align
from tf_ipr.training import data

_JITTER = 0.1  # largest shift of a crop around the face, relative to its edge
_ALIGNED_SPREAD = 0.04  # of aligned crops, see `random_view.move`; landmarks are no better than that


class TrainingFaces:
    """A dataset of faces, and the identity loss on its batches.

    Attributes:
      paths: the image files with a face.
      recognizers: the frozen `Recognizer`s in the loss.
    """

    def __init__(self, paths, recognizer_folders, cache_dir,
                 guards: Guards | None = None, aligned_size: int | None = None,
                 detection_weight: float = 0.0, stride: int = 16):
        """Detects, aligns and embeds what `cache_dir` does not hold yet.

        Args:
          paths: image files.
          recognizer_folders: of the recognisers in the loss.
          cache_dir: where landmarks and embeddings are kept.
          guards: how faces are compared.
          aligned_size: one of `alignment.ALIGNED_SIZES`: batches hold aligned faces of so many pixels
            instead of pictures. For faces up to twice as large, as there is no filter against
            aliasing.
          detection_weight: of the detection loss beside the identity loss; above 0 for whole
            pictures, whose faces are found anew.
          stride: of the model, to a multiple of which whole pictures are padded.

        Raises:
          ValueError: no recogniser is given, a folder is none, no image shows a face, or a weight of
            the detection loss that is negative or meets aligned faces.
        """
        if detection_weight < 0 or detection_weight and aligned_size is not None:
            raise ValueError(f"detection_weight is {detection_weight}; it must be at least 0, and 0 "
                             "for aligned faces, which nobody detects again.")
        if not recognizer_folders:
            raise ValueError("The objectives ip and ipr need --recognizer, the folder of a "
                             "recogniser made by tf_ipr_convert_recognizer.")
        guards = guards or Guards()
        self._guards, self._aligned_size = guards, aligned_size
        self._stride = stride
        self._detection_weight = detection_weight
        self._detection_loss = DetectionLoss() if detection_weight else None
        self.recognizers = [Recognizer.load(folder).require_graph() for folder in recognizer_folders]
        landmarks = cache.landmarks_of_files(paths, cache_dir, progress=_progress("landmarks"))
        found = np.isfinite(landmarks).all(axis=(1, 2))
        if not found.any():
            raise ValueError(f"None of the {len(paths)} images shows a face.")
        self.paths = [path for path, face in zip(paths, found) if face]
        self._landmarks = landmarks[found]
        anew = guards.needs_original or aligned_size is not None
        self._embeddings = None if anew else np.concatenate([
            cache.embeddings_of_files(r, self.paths, self._landmarks, cache_dir,
                                      progress=_progress(f"embeddings by {r.name}"))
            for r in self.recognizers], axis=2)

    def loss(self, image, reconstruction, landmarks, embeddings=None):
        """`identity_loss` of a batch, mean over the recognisers, and the detection loss: float32 [B].

        `embeddings` [B,D] are those of `batches`, the recognisers' side by side; None where the
        comparison embeds the originals itself.
        """
        originals = None if embeddings is None else tf.split(
            embeddings, [r.embedding_size for r in self.recognizers], axis=1)
        loss = identity_loss(self.recognizers, image, reconstruction, landmarks, originals,
                             self._guards)
        if self._detection_loss is not None:
            loss += self._detection_weight * self._detection_loss(image, reconstruction, landmarks)
        return loss

    def batches(self, batch_size: int, crop_size, seed: int):
        """First batch -> endless dataset of dict(image, landmarks and, where needed, embeddings).

        With a `crop_size` an image is cut to a square around the middle of its landmarks, a little
        beside it at random, so that training spends its time on faces. Aligned faces are turned,
        scaled and shifted a little at random, so that a small dataset does not repeat itself; they
        are whole, `crop_size` is not looked at.
        """
        cut, size, stride = _crop_to_faces, crop_size, self._stride
        if self._aligned_size is not None:
            # Without repeated edges: an aligned crop is black beyond the picture.
            cut, size, stride = _align_loosely, self._aligned_size, 1

        def start(first_batch: int):
            faces = pipeline.face_batches(self.paths, self._landmarks, self._embeddings, batch_size,
                                          stride=stride, seed=seed, first_batch=first_batch)
            return faces if size is None else faces.enumerate(first_batch).map(
                lambda number, batch: cut(batch, size, [seed, number]))
        return start


def validation_faces(paths, cache_dir, size: int) -> np.ndarray:
    """`data.validation_images`, aligned: uint8 [N,size,size,3] of the images with a face.

    Raises ValueError if there is none.
    """
    paths = data.validation_sample(paths)
    landmarks = cache.landmarks_of_files(paths, cache_dir)
    faces = [align(image_file.read_image(path), points, size)
             for path, points in zip(paths, landmarks) if np.isfinite(points).all()]
    if not faces:
        raise ValueError(f"None of the {len(paths)} validation images shows a face.")
    return np.stack(faces)


def _align_loosely(batch: dict, size: int, seed) -> dict:
    """Aligned crops, each moved a little by a function of `seed`, two integers, alone."""
    template, landmarks = alignment.template_for(size), batch["landmarks"]
    amounts = tf.random.stateless_normal([tf.shape(landmarks)[0], 4], seed, stddev=_ALIGNED_SPREAD)
    matrix = alignment.similarity(move(landmarks, amounts), template)
    crops = tf.clip_by_value(tf.round(alignment.warp(batch["image"], matrix, size)), 0.0, 255.0)
    there = tf.matmul(landmarks, matrix[:, :, :2], transpose_b=True) + matrix[:, None, :, 2]
    return dict(batch, image=crops, landmarks=there)


def _crop_to_faces(batch: dict, size: int, seed) -> dict:
    """Crops at places that are a function of `seed`, two integers, alone."""
    image, landmarks = batch["image"], batch["landmarks"]
    limit = tf.cast(tf.shape(image)[1:3] - size, tf.float32)[::-1]  # x, y
    tf.debugging.assert_non_negative(
        limit, f"--crop_size={size} is larger than the images; lower it")
    middle = tf.reduce_mean(landmarks, axis=1)
    shift = tf.random.stateless_uniform(tf.shape(middle), seed, -_JITTER * size, _JITTER * size)
    corner = tf.floor(tf.clip_by_value(middle - size / 2 + shift, 0.0, limit))
    offset = tf.cast(corner, tf.int32)
    crops = tf.map_fn(lambda a: tf.slice(a[0], [a[1][1], a[1][0], 0], [size, size, 3]),
                      (image, offset), fn_output_signature=tf.TensorSpec([size, size, 3]))
    return dict(batch, image=crops, landmarks=landmarks - corner[:, None, :])


def _progress(what: str):
    bar = None

    def report(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm.tqdm(total=total, desc=what, unit="image")
        bar.update(done - bar.n)
        if done >= total:
            bar.close()
    return report
