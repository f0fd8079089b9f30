"""An encoder that searches: the latent of each image, refined by gradient.

    refinement = Refinement(codec, [recognizer])
    stream = codec.compress(image, quality=60, search=refinement.of(landmarks[None]))

An analysis finds in one pass what is good on average. From there this descends, image by image, what
the model was trained for (of IP λ_rate · rate + λ_id · id, `losses/objective.py`) over the residuals
of y, rounded at every step with a straight-through gradient. Gains, side information and tables stay
as they are, so the stream is an ordinary one and decoders know nothing of it. Compare Campos et al.,
"Content adaptive optimization for neural image compression" (CVPRW 2019).

Recognisers see a random view at every step, so that the search cannot please one crop of the face;
two runs differ a little. What it finds is taken where it is better by the aligned face itself.

Of a large picture only the face and its surroundings are looked at, as if they were a picture of
their own: time and trade-off do not depend on what else is in it.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_ipr.losses.detection import DetectionLoss
from tf_ipr.losses.identity import Guards, identity_loss
from tf_ipr.losses.objective import Objective
from tf_ipr.models.codec import Search, TensorFlowCodec
from tf_ipr.models.inference import Prediction
from tf_ipr.recognition.recognizer import Recognizer

STEPS = 20
_BATCH = 16  # images at a time: more are no faster
# Feature maps, where a recogniser has them, are less the whim of one network than its embedding.
_FEATURE_WEIGHT, _VIEW_SPREAD = 0.5, 0.02
# Adam with one second moment for each image, so that what does not matter stays where it is.
_MOMENTUM, _SCALE_MEMORY = 0.8, 0.95
_FIRST_RATE, _LAST_SHARE = 0.02, 0.1  # root mean square of the first step, in symbols; of it at last
# Side of the surroundings, in standard deviations of the landmarks' coordinates: the recogniser's crop,
# turned by 45°, and the squares of the detector. Latents beyond them, which the synthesis sees.
_SURROUNDINGS, _CONTEXT = 10.0, 3


class Refinement:
    """The search for images of one model.

    Attributes:
      recognizers: whose view of the face is kept.
      steps: gradient steps for each image.
    """

    def __init__(self, codec: TensorFlowCodec, recognizers: Sequence[Recognizer], steps: int = STEPS):
        """Needs tensorflow-compression, and mtcnn for a model trained with the detection loss.

        Args:
          codec: its config says what the model was trained for: one of the objectives ip and ipr.
            (In rec there is nothing to be gained: its analysis is as good as the search.)
          recognizers: frozen, at least one.
          steps: at least 1; twice as many take twice as long.

        Raises:
          ValueError: no steps, no recogniser, one without gradients, or a model of another objective.
          ImportError: a package that is needed is not installed.
        """
        if steps < 1:
            raise ValueError(f"{steps} steps of refinement are given; at least 1 is needed.")
        training = codec.config.get("training", {})
        if training.get("objective") not in ("ip", "ipr"):
            raise ValueError(f"The model {codec.model_id} was trained for the objective "
                             f"{training.get('objective')}; only models of ip and ipr can be refined.")
        if not recognizers:
            raise ValueError("To refine a latent give at least one recogniser.")
        # Of a stream every byte counts alike, wherever it lies in the image.
        self._objective = dataclasses.replace(Objective.of_training(training), background_rate=1.0)
        self.recognizers, self.steps = [recognizer.require_graph() for recognizer in recognizers], steps
        maps = all(recognizer.has_feature_maps for recognizer in recognizers)
        self._as_aligned = Guards(_FEATURE_WEIGHT if maps else 0.0)
        self._views = dataclasses.replace(self._as_aligned, view_spread=_VIEW_SPREAD)
        self._detection_weight = training.get("detection_weight") or 0.0
        self._detection_loss = DetectionLoss() if self._detection_weight else None
        self._network = codec.model.network
        graph = functools.partial(tf.function, autograph=False, reduce_retracing=True)
        self._gradient, self._value = graph(self._slope), graph(self._seen_as_aligned)
        _noisy_normal()

    def of(self, landmarks: np.ndarray) -> Search:
        """The `search` of a call of `TensorFlowCodec.compress` or `TensorFlowCodec.compress_batch`.

        Args:
          landmarks: float32 [B,5,2], (x, y) in pixels, of the images of that call. An image whose
            landmarks are not finite (no face) is left as the analysis has it.

        The search raises ValueError where they are not those of as many images.
        """
        def search(images, prediction: Prediction, qualities) -> Prediction:
            points = np.asarray(landmarks)
            if points.shape != (len(images), 5, 2):
                raise ValueError(f"Landmarks of shape {points.shape} are given for {len(images)} images; "
                                 f"they must be [{len(images)},5,2].")
            model_stride = self._network.config.stride
            residual, mean, tables = (field.numpy() for field in (
                prediction.residual, prediction.mean, prediction.latent_tables))
            faces = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
            for first in range(0, len(faces), _BATCH):
                part = faces[first:first + _BATCH]
                window = _Window.around(points[part], *images.shape[1:3], model_stride)
                latents, pixels = (functools.partial(window.cut, stride=stride)
                                   for stride in (1, model_stride))
                found = self._descend(
                    latents(residual[part]), latents(mean[part]), latents(tables[part]),
                    tf.cast(pixels(images[part]), tf.float32),
                    tf.constant(np.take(qualities, part), tf.float32),
                    tf.constant(points[part] - model_stride * window.first[:, None, ::-1], tf.float32))
                for index, (row, column), face in zip(part, window.first, found.numpy()):
                    residual[index, row:row + window.rows, column:column + window.columns] = face
            return prediction._replace(residual=tf.constant(residual))

        return search

    def _descend(self, before, *others) -> tf.Tensor:
        """The residual [B,h,w,M] after all steps, or the one before where that is better."""
        residual = before
        average, square = tf.zeros_like(residual), tf.zeros([residual.shape[0], 1, 1, 1])
        for number in range(1, self.steps + 1):
            slope = self._gradient(residual, *others)
            average = _MOMENTUM * average + (1 - _MOMENTUM) * slope
            square = (_SCALE_MEMORY * square + (1 - _SCALE_MEMORY)
                      * tf.reduce_mean(tf.square(slope), [1, 2, 3], keepdims=True))
            rate = _FIRST_RATE * (1 - (1 - _LAST_SHARE) * number / self.steps)
            residual -= (rate / (1 - _MOMENTUM ** number) * average
                         * tf.math.rsqrt(square / (1 - _SCALE_MEMORY ** number) + 1e-20))
        values = [self._value(some, *others) for some in (before, residual)]
        return tf.where((values[1] < values[0])[:, None, None, None], residual, before)

    def _slope(self, residual, *others):
        with tf.GradientTape() as tape:
            tape.watch(residual)
            value, decoded = self._lagrangian(self._views, residual, *others)
            if self._detection_loss is not None:
                value += (self._detection_weight * self._objective.lambda_id
                          * self._detection_loss(others[2], decoded, others[4]))
        return tape.gradient(value, residual)

    def _seen_as_aligned(self, *given):
        return self._lagrangian(self._as_aligned, *given)[0]

    def _lagrangian(self, views: Guards, residual, mean, tables, image, quality, landmarks):
        """(What training minimises, of each image, with the rate of y alone: float32 [B]; x̂)."""
        from tf_ipr.models.entropy_model import scale_of
        from tf_ipr.models.training_model import Forward, quantise

        height, width = tf.shape(image)[1], tf.shape(image)[2]
        index = tf.cast(tables, tf.float32)
        symbols = quantise(residual, index)
        decoded = self._network.synthesise(symbols + mean, quality, height, width)
        # At integers this is the probability that the coder's tables have.
        bits = _noisy_normal()(loc=0.0, scale=scale_of(index)).log_prob(symbols) / -math.log(2)
        pixels = tf.cast(height * width, tf.float32)
        latent_bpp = tf.reduce_sum(tf.where(tables < 0, 0.0, bits), 3) / pixels
        identity = identity_loss(self.recognizers, image, decoded, landmarks, guards=views)
        forward = Forward(decoded, tf.reduce_sum(latent_bpp, [1, 2]), tf.zeros_like(quality), latent_bpp)
        return self._objective(image, forward, self._objective.lambda_rate(quality), identity,
                               landmarks)[0], decoded


class _Window(NamedTuple):
    """One part of each image of a batch, all of one size, in positions of the latent.

    Attributes:
      first: int [B,2], row and column of the first.
      rows, columns: how many; as many as there are where the face's surroundings reach over the image.
    """

    first: np.ndarray
    rows: int
    columns: int

    @classmethod
    def around(cls, landmarks: np.ndarray, height: int, width: int, stride: int) -> _Window:
        """Landmarks [B,5,2] of faces in images of height × width pixels, `stride` to a position."""
        centre = landmarks.mean(axis=1)
        extent = np.std(landmarks - centre[:, None], axis=(1, 2))
        side = math.ceil(_SURROUNDINGS * extent.max() / stride) + 2 * _CONTEXT
        first, sides = [], []
        for middle, pixels in zip(centre.T[::-1], (height, width)):
            most = pixels // stride - side  # so that all pixels of the last are there
            sides.append(side if most > 0 else -(-pixels // stride))
            first.append(np.clip(np.round(middle / stride - side / 2), 0, max(most, 0)).astype(int))
        return cls(np.stack(first, axis=1), *sides)

    def cut(self, images: np.ndarray, stride: int) -> tf.Tensor:
        """Images, or latents (stride 1), [B,H,W,C] -> the parts [B,h,w,C]."""
        height, width = stride * self.rows, stride * self.columns
        return tf.stack([image[row:row + height, column:column + width]
                         for image, (row, column) in zip(images, stride * self.first)])


def _noisy_normal():
    """The distribution of a rounded normal variable."""
    try:
        from tensorflow_compression import NoisyNormal
    except ImportError as error:
        raise ImportError("Refining a latent needs tensorflow-compression: "
                          "pip install 'tf_ipr[train]'") from error
    return NoisyNormal
