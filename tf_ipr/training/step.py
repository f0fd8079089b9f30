"""One training step, as one function.

It draws the qualities, runs the model, forms the objective, clips and applies the gradients and
averages the weights.  Pure TensorFlow: it also compiles with `jit_compile=True`, and can then be
carried to machines that run XLA programs but have no TensorFlow.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tf_ipr.format.bitstream import MAX_QUALITY, MIN_QUALITY
from tf_ipr.losses.objective import Objective
from tf_ipr.models.training_model import TrainingModel

# identity(image, reconstruction, landmarks, embeddings) -> 1 - cos, float32 [B]
IdentityLoss = Callable[..., tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Optimization:
    """How weights move.

    Attributes:
      clip_norm: global norm to which gradients are clipped.
      ema_decay: decay of the moving average of the weights, which is what is validated and
        shipped; shorter in the first steps.
    """

    clip_norm: float = 1.0
    ema_decay: float = 0.999


class TrainingStep(tf.Module):
    """The step and every variable it changes.

    Attributes:
      model: the `TrainingModel`.
      objective: the `Objective`.
      optimizer: Adam; each call sets its learning rate.
      log_lambda_factor: scalar variable; e to its power multiplies λ_rate (rate control).
      step: int64 variable, steps taken.
      averages: moving averages of the trainable weights, in their order.
    """

    def __init__(self, model: TrainingModel, objective: Objective,
                 optimization: Optimization = Optimization(),
                 identity_loss: IdentityLoss | None = None):
        """Raises ValueError if the objective needs an identity loss and none is given."""
        super().__init__(name="training_step")
        if objective.needs_identity and identity_loss is None:
            raise ValueError(f"The objective {objective.objective!r} compares identities; give a "
                             "recogniser (--recognizer), or use the objective rec.")
        self.model = model
        self.objective = objective
        self._identity_loss = identity_loss
        self._optimization = optimization
        self._weights = list(model.trainable_variables)
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.log_lambda_factor = tf.Variable(0.0, trainable=False, aggregation=first)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False, aggregation=first)
        self.optimizer = tf.keras.optimizers.Adam(0.0, global_clipnorm=optimization.clip_norm)
        self.optimizer.build(self._weights)
        self.averages = [tf.Variable(w, trainable=False, aggregation=first) for w in self._weights]

    @property
    def all_variables(self) -> list:
        """Everything the step reads or writes, in a fixed order."""
        seen, result = set(), []
        own = [self.optimizer.learning_rate, self.log_lambda_factor, self.step]
        for v in [*self.model.variables, *self.optimizer.variables, *self.averages, *own]:
            if id(v) not in seen:
                seen.add(id(v))
                result.append(v)
        return result

    def __call__(self, image, learning_rate, landmarks=None, embeddings=None) -> dict:
        """Takes one step.

        Args:
          image: float32 [B,H,W,3] in 0..255.
          learning_rate: float32 scalar.
          landmarks: float32 [B,5,2], (x, y) in pixels; for "ip" and "ipr".
          embeddings: float32 [B,D] of the original images, those of several recognisers side by
            side; for "ip" and "ipr".

        Returns:
          Scalars: loss, rate_bpp (additive noise), side_bpp, distortion, psnr_db, gradient_norm,
          and identity for "ip" and "ipr".
        """
        self.optimizer.learning_rate.assign(learning_rate)
        quality = self._draw_quality(tf.shape(image)[0])
        with tf.GradientTape() as tape:
            forward = self.model(image, quality)
            lambda_rate = self.objective.lambda_rate(quality) * tf.exp(self.log_lambda_factor)
            identity = None
            if self.objective.needs_identity:
                identity = self._identity_loss(image, forward.reconstruction, landmarks, embeddings)
            losses, distortion = self.objective(image, forward, lambda_rate, identity, landmarks)
            loss = tf.reduce_mean(losses)
        # With several replicas gradients are summed, so each gives its share of the mean.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        gradients = [g / replicas for g in tape.gradient(
            loss, self._weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)]
        self.optimizer.apply_gradients(zip(gradients, self._weights))
        self._average()
        mse = tf.reduce_mean(tf.square(image - tf.clip_by_value(forward.reconstruction, 0.0, 255.0)),
                             [1, 2, 3])
        metrics = dict(loss=loss, rate_bpp=forward.rate_bpp, side_bpp=forward.side_bpp,
                       distortion=distortion, psnr_db=10 * _log10(255.0 ** 2 / (mse + 1e-9)),
                       gradient_norm=tf.linalg.global_norm(gradients))
        if identity is not None:
            metrics["identity"] = identity
        return {name: tf.reduce_mean(value) for name, value in metrics.items()}

    def _draw_quality(self, batch):
        if self.model.config.num_rates == 1:
            return tf.fill([batch], (MIN_QUALITY + MAX_QUALITY) / 2)
        return tf.random.uniform([batch], MIN_QUALITY, MAX_QUALITY)

    def _average(self):
        self.step.assign_add(1)
        count = tf.cast(self.step, tf.float32)
        decay = tf.minimum(self._optimization.ema_decay, (1.0 + count) / (10.0 + count))
        for average, weight in zip(self.averages, self._weights):
            average.assign(decay * average + (1.0 - decay) * weight)

    @contextlib.contextmanager
    def averaged_weights(self):
        """Within the block the model holds the moving average of its weights."""
        current = [w.numpy() for w in self._weights]
        for weight, average in zip(self._weights, self.averages):
            weight.assign(average)
        try:
            yield self.model
        finally:
            for weight, value in zip(self._weights, current):
                weight.assign(value)


def _log10(x):
    return tf.math.log(x) / tf.math.log(10.0)
