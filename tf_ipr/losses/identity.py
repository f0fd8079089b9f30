"""The identity loss: how far a reconstruction moves the face in a recogniser's eyes.

    L_id(x, x̂) = 1 - cos(R(A(x)), R(A(x̂)))                                   (eq. 6 of the paper)

with R a frozen recogniser and A the five-point alignment. The landmarks of x serve both images, so
A is the same map for both and the loss is differentiable with respect to x̂.

`Guards` holds two guards against pleasing one network rather than keeping a face: the crop may
be taken a little differently at every step, and R's feature maps F_s may be compared beside its
embedding, position by position,

    (1 - w) · L_id + w · mean over stages s and positions p of (1 - cos(F_s(A(x))_p, F_s(A(x̂))_p))

in the manner of LPIPS (Zhang et al., CVPR 2018), with a recogniser in place of a classifier.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.losses.random_view import mirror_some, vary
from tf_ipr.recognition.recognizer import Recognizer

# On a CPU the crop and its gradient, all gathers and products, run seven times as fast compiled;
# the recogniser's convolutions must not be (XLA has no fast depthwise convolution there).
_align = tf.function(alignment.align, jit_compile=True)

_EPSILON = 1e-6  # positions where a rectified map is all zero


@dataclasses.dataclass(frozen=True)
class Guards:
    """What a comparison of faces is guarded by.

    Attributes:
      feature_weight: w above, share of the feature maps, 0..1.
      view_spread: of the random views: standard deviation of a rotation (radians), of the logarithm
        of a scale, and of shifts (in standard deviations of the landmarks); half of the views are
        mirrored. 0 compares the aligned crop itself.
    """

    feature_weight: float = 0.0
    view_spread: float = 0.0

    def __post_init__(self):
        if not 0 <= self.feature_weight <= 1:
            raise ValueError(f"feature_weight is {self.feature_weight}; it must be in 0..1.")
        if not 0 <= self.view_spread <= 0.5:
            raise ValueError(f"view_spread is {self.view_spread}; it must be in 0..0.5.")

    @property
    def needs_original(self) -> bool:
        """Whether the original image must be embedded at every step."""
        return self.feature_weight > 0 or self.view_spread > 0


def identity_loss(recognizers: Sequence[Recognizer], image: tf.Tensor,
                  reconstruction: tf.Tensor, landmarks: tf.Tensor,
                  original_embeddings: Sequence[tf.Tensor] | None = None,
                  guards: Guards = Guards()) -> tf.Tensor:
    """Identity loss of each image, the mean over several recognisers.

    Weights get no gradient (they are constants of the recognisers' graphs), and neither do the
    original embeddings. Compiles under XLA.

    Args:
        recognizers: one or more.
        image: originals, float32 [B, H, W, 3] in 0..255; not looked at if `original_embeddings`
            are given and enough for the comparison.
        reconstruction: float32 [B, H, W, 3] in 0..255, not clipped: the gradient must get
            through.
        landmarks: float32 [B, 5, 2], (x, y) in pixels of the originals; NaN for an image without
            a face.
        original_embeddings: for each recogniser R(A(x)), float32 [B, D], computed before
            (`tf_ipr.faces.cache`). Saves a third of the work; of no use where the comparison
            `needs_original`.
        guards: how faces are compared.

    Returns:
        float32 [B] in 0..2; 0 for an image without a face.

    Raises:
        ValueError: without recognisers, or with another number of original embeddings.
    """
    if not recognizers:
        raise ValueError("identity_loss needs at least one recogniser")
    if original_embeddings is not None and len(original_embeddings) != len(recognizers):
        raise ValueError(f"{len(original_embeddings)} original embeddings for "
                         f"{len(recognizers)} recognisers; expected one each")
    landmarks = tf.convert_to_tensor(landmarks, tf.float32)
    has_face = tf.reduce_all(tf.math.is_finite(landmarks), axis=[1, 2])
    # Any landmarks will do for the others, as long as nothing becomes NaN: also the gradient of
    # what tf.where does not choose must be finite.
    landmarks = tf.where(has_face[:, None, None], landmarks, tf.constant(_ANY_LANDMARKS))
    mirrored = tf.zeros_like(has_face)
    if guards.view_spread > 0:
        landmarks, mirrored = vary(landmarks, guards.view_spread)
    look = guards.needs_original or original_embeddings is None

    crops: dict[tuple, tuple] = {}          # recognisers with one template share the crops
    losses = []
    for index, recognizer in enumerate(recognizers):
        if recognizer.crop not in crops:
            size, through, template = recognizer.crop
            both = [reconstruction] + ([tf.stop_gradient(image)] if look else [])
            crops[recognizer.crop] = [
                mirror_some(_align(some, landmarks, size, template, through), mirrored)
                for some in both]
        changed, *original = crops[recognizer.crop]
        if look:
            losses.append(_distance(recognizer, original[0], changed, guards.feature_weight))
        else:
            known = tf.convert_to_tensor(original_embeddings[index], tf.float32)
            known = tf.where(tf.math.is_finite(known), known, 0.0)
            losses.append(_one_minus_cos(tf.stop_gradient(known), recognizer.embed_crops(changed)))
    loss = tf.add_n(losses) / len(losses)
    return tf.where(has_face, loss, 0.0)


def _distance(recognizer, original, changed, feature_weight: float):
    """Crops of the original and of the reconstruction -> float32 [B]."""
    if feature_weight == 0:
        embedding = tf.stop_gradient(recognizer.embed_crops(original))
        return _one_minus_cos(embedding, recognizer.embed_crops(changed))
    embedding, maps = recognizer.embed_crops_in_stages(original)
    new_embedding, new_maps = recognizer.embed_crops_in_stages(changed)
    whole = _one_minus_cos(tf.stop_gradient(embedding), new_embedding)
    if not maps:
        raise ValueError(f"{recognizer.name} has no feature maps; use feature_weight=0")
    parts = [tf.reduce_mean(_one_minus_cos(_unit(tf.stop_gradient(old)), _unit(new)), axis=[1, 2])
             for old, new in zip(maps, new_maps)]
    return (1 - feature_weight) * whole + feature_weight * tf.add_n(parts) / len(parts)


def _unit(maps):
    return maps * tf.math.rsqrt(tf.reduce_sum(tf.square(maps), -1, keepdims=True) + _EPSILON)


def _one_minus_cos(a, b):
    """Of vectors of length 1 along the last axis."""
    return 1.0 - tf.reduce_sum(a * b, axis=-1)


_ANY_LANDMARKS = [[38.0, 52.0], [74.0, 52.0], [56.0, 72.0], [42.0, 92.0], [71.0, 92.0]]
