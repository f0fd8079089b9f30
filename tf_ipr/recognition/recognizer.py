"""One interface for every frozen face recogniser.

    recognizer = Recognizer.load("runs/recognizers/mobilefacenet_arcface_ms1m")
    embeddings = recognizer.embed(images, landmarks)        # in a graph, with gradients
    embeddings = recognizer.embed_images(images, landmarks) # NumPy in and out

A recogniser is a folder: a SavedModel whose default signature takes aligned faces
[B, S, S, 3] and returns embeddings [B, D], and a JSON that says what those faces look like
(`tf_ipr.recognition.description`). In place of the SavedModel there may be an ONNX file, which
onnxruntime runs: all methods are there, but nothing is differentiable.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_ipr.datasets.shape_batches import batches_of_one_shape
from tf_ipr.faces import alignment
from tf_ipr.recognition import description, known_face, onnx_session, stages
from tf_ipr.recognition.description import Description, RecognizerError

_BATCH = 32  # images embedded together


class Recognizer:
    """A frozen recogniser: pixels and landmarks to embeddings of length 1."""

    def __init__(self, network, facts: Description, fingerprint: str):
        """Wraps a network; use `load`.

        Args:
            network: [B, S, S, 3] float32 in the declared range and colour order → [B, D].
            facts: the description.
            fingerprint: identifies weights and preprocessing.
        """
        self._network = network
        self.facts = facts
        # onnxruntime tells nothing of what it computes on the way.
        self._staged = None if self.differentiable else lambda crops: (network(crops), [])
        self.fingerprint = fingerprint
        self._compiled = tf.function(self.embed, reduce_retracing=True)

    @classmethod
    def load(cls, folder, check: bool = True) -> Recognizer:
        """Loads a recogniser's folder.

        Args:
            folder: with `saved_model.pb` (or `model.onnx`) and `recognizer.json`.
            check: whether to embed the packaged photograph and compare (about as long as one
                image takes).

        Raises:
            RecognizerError: if the folder holds no model, has no JSON, if the two do not belong
                together (hash), if the model has other shapes than declared, or if it does not
                see a face in the declared range of values.
            ImportError: for an ONNX file without onnxruntime.
        """
        folder = pathlib.Path(folder)
        files = {"savedmodel": "saved_model.pb", "onnx": description.ONNX_FILE}
        if not any((folder / file).is_file() for file in files.values()):
            raise RecognizerError(f"{folder} holds no saved_model.pb and no {description.ONNX_FILE}; "
                                  "make a recogniser with tf_ipr_convert_recognizer")
        facts = description.read(folder)
        if not (folder / files[facts.kind]).is_file():
            raise RecognizerError(f"{folder} holds no {files[facts.kind]}, which its JSON was made for; "
                                  "convert the recogniser again")
        model_hash = description.hash_of_model(folder, facts.kind)
        if model_hash != facts.sha256:
            raise RecognizerError(
                f"{folder}: the model's SHA-256 is {model_hash[:16]}…, its JSON was made for "
                f"{facts.sha256[:16]}…; convert the recogniser again")
        network = (onnx_network_of if facts.kind == "onnx" else signature_of)(folder, facts)
        recognizer = cls(network, facts, _fingerprint(model_hash, facts))
        if check:
            known_face.check(recognizer)
        return recognizer

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def embedding_size(self) -> int:
        return self.facts.embedding_size

    @property
    def differentiable(self) -> bool:
        """Whether it is a TensorFlow graph: for losses, searches and exports."""
        return self.facts.kind == "savedmodel"

    def require_graph(self) -> Recognizer:
        """Itself; raises RecognizerError where it is not `differentiable`."""
        if not self.differentiable:
            raise RecognizerError(onnx_session.evaluation_only(self.name))
        return self

    @property
    def crop(self) -> tuple:
        """What the crop depends on; recognisers with equal ones can share it."""
        return (self.facts.size, self.facts.through, tuple(map(tuple, self.facts.template)))

    def align(self, images: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """The crops [B, S, S, 3] that `embed_crops` takes; range and order as the images."""
        return alignment.align(images, landmarks, self.facts.size,
                               np.array(self.facts.template, np.float32), self.facts.through)

    def embed_crops(self, crops: tf.Tensor) -> tf.Tensor:
        """Embeddings of aligned faces.

        Args:
            crops: float32 [B, S, S, 3], RGB, 0..255.

        Returns:
            float32 [B, D], each of length 1; differentiable with respect to `crops` if the
            recogniser is.
        """
        return tf.math.l2_normalize(self._network(self._in_range(crops)), axis=-1)

    def embed_crops_in_stages(self, crops: tf.Tensor) -> tuple:
        """As `embed_crops`, and what the network computes on the way.

        Returns:
            (embeddings float32 [B, D], feature maps: float32 [B, s, s, C] for each resolution,
            see `stages.with_stages`).
        """
        if self._staged is None:
            with tf.init_scope():
                self._staged = stages.with_stages(self._network, self.facts.size)
        embedding, maps = self._staged(self._in_range(crops))
        return tf.math.l2_normalize(embedding, axis=-1), maps

    @property
    def has_feature_maps(self) -> bool:
        """Whether `embed_crops_in_stages` gives any."""
        size = self.facts.size
        return bool(self.embed_crops_in_stages(tf.zeros([1, size, size, 3]))[1])

    def _in_range(self, crops):
        if self.facts.colour_order == "BGR":
            crops = tf.reverse(crops, [-1])
        scale, shift = self.facts.scale_and_shift
        return crops * scale + shift

    def embed(self, images: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """Embeddings of faces in images.

        Args:
            images: float32 [B, H, W, 3], RGB, 0..255.
            landmarks: float32 [B, 5, 2], (x, y) in pixels of the images.

        Returns:
            float32 [B, D], each of length 1; differentiable with respect to `images`.
        """
        return self.embed_crops(self.align(images, landmarks))

    def embed_images(self, images: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """`embed` as one compiled call on arrays; uint8 images are welcome.

        Raises:
            ValueError: for arrays of other shapes.
        """
        images, landmarks = np.asarray(images), np.asarray(landmarks, np.float32)
        if images.ndim != 4 or images.shape[-1] != 3:
            raise ValueError(f"images are {images.shape}, expected (B, H, W, 3)")
        if landmarks.shape != (len(images), 5, 2):
            raise ValueError(
                f"landmarks are {landmarks.shape}, expected {(len(images), 5, 2)}")
        return self._compiled(tf.constant(images, tf.float32), tf.constant(landmarks)).numpy()

    def embed_faces(self, images: Sequence[np.ndarray], landmarks: np.ndarray) -> np.ndarray:
        """Embeddings of images of any sizes, of which some may show no face.

        Args:
            images: uint8 RGB arrays (H, W, 3).
            landmarks: float32 [N, 5, 2]; NaN for an image without a face.

        Returns:
            float32 [N, D], rows of length 1; NaN for an image without a face.
        """
        embeddings = np.full([len(images), self.embedding_size], np.nan, np.float32)
        faces = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
        for some in batches_of_one_shape([images[face] for face in faces], _BATCH):
            some = faces[some]
            embeddings[some] = self.embed_images(np.stack([images[face] for face in some]),
                                                 landmarks[some])
        return embeddings


def signature_of(folder, facts: Description):
    """The SavedModel's default signature as a function of one tensor, shapes checked."""
    try:
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures["serving_default"]
    except (OSError, KeyError, ValueError, RuntimeError, tf.errors.OpError) as error:
        raise RecognizerError(f"{folder} is no SavedModel with a signature serving_default "
                              f"({type(error).__name__}: {error})") from error
    inputs = signature.structured_input_signature[1]
    outputs = signature.structured_outputs
    faces = tf.TensorShape([None, facts.size, facts.size, 3])
    embedding = tf.TensorShape([None, facts.embedding_size])
    if len(inputs) != 1 or len(outputs) != 1:
        raise RecognizerError(f"{folder}: the signature has {len(inputs)} inputs and "
                              f"{len(outputs)} outputs, expected one each")
    (input_name, spec), (output_name, result) = *inputs.items(), *outputs.items()
    for what, given, expected in (("input", spec.shape, faces), ("output", result.shape,
                                                                 embedding)):
        if not given.is_compatible_with(expected):
            raise RecognizerError(f"{folder}: the model's {what} is {given}, its JSON says "
                                  f"{expected}")

    def network(crops):
        return signature(**{input_name: crops})[output_name]

    network.keep_alive = loaded
    return network


def onnx_network_of(folder, facts: Description):
    """The folder's ONNX file as a function of one tensor, shapes checked."""
    session = onnx_session.OnnxSession(pathlib.Path(folder) / description.ONNX_FILE)
    if (session.size, session.embedding_size) != (facts.size, facts.embedding_size):
        raise RecognizerError(
            f"{folder}: the model takes faces of {session.size} pixels and gives {session.embedding_size} "
            f"numbers, its JSON says {facts.size} and {facts.embedding_size}")
    return onnx_session.network_of(session, facts.name)


def _fingerprint(model_hash: str, facts: Description) -> str:
    """SHA-256 of everything an embedding depends on but the image."""
    parts = [model_hash, facts.size, facts.colour_order, facts.value_range, facts.template,
             facts.through]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
