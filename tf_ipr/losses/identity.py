"""The identity loss: how far a reconstruction moves the face in a recogniser's eyes.

    L_id(x, x̂) = 1 - cos(R(A(x)), R(A(x̂)))                                   (eq. 6 of the paper)

with R a frozen recogniser and A the five-point alignment. The landmarks of x serve both images, so
A is the same map for both and the loss is differentiable with respect to x̂.
"""

from __future__ import annotations

from typing import Dict, Optional, Sequence

import tensorflow as tf

from tf_ipr.recognition import alignment
from tf_ipr.recognition.recognizer import Recognizer

# On a CPU the crop and its gradient, all gathers and products, run seven times as fast compiled;
# the recogniser's convolutions must not be (XLA has no fast depthwise convolution there).
_align = tf.function(alignment.align, jit_compile=True)


def identity_loss(recognizers: Sequence[Recognizer], image: tf.Tensor,
                  reconstruction: tf.Tensor, landmarks: tf.Tensor,
                  original_embeddings: Optional[Sequence[tf.Tensor]] = None) -> tf.Tensor:
    """Identity loss of each image, the mean over several recognisers.

    Weights get no gradient (they are constants of the recognisers' graphs), and neither do the
    original embeddings. Compiles under XLA.

    Args:
        recognizers: one or more.
        image: originals, float32 [B, H, W, 3] in 0..255; not looked at if `original_embeddings`
            are given.
        reconstruction: float32 [B, H, W, 3] in 0..255, not clipped: the gradient must get
            through.
        landmarks: float32 [B, 5, 2], (x, y) in pixels of the originals; NaN for an image without
            a face.
        original_embeddings: for each recogniser R(A(x)), float32 [B, D], computed before
            (`tf_ipr.recognition.cache`). Saves a third of the work.

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

    crops: Dict[tuple, tf.Tensor] = {}          # recognisers with one template share the crop
    losses = []
    for index, recognizer in enumerate(recognizers):
        if recognizer.crop not in crops:
            size, through, template = recognizer.crop
            crops[recognizer.crop] = _align(reconstruction, landmarks, size, template, through)
        embedding = recognizer.embed_crops(crops[recognizer.crop])
        if original_embeddings is None:
            original = recognizer.embed(tf.stop_gradient(image), landmarks)
        else:
            original = tf.convert_to_tensor(original_embeddings[index], tf.float32)
            original = tf.where(tf.math.is_finite(original), original, 0.0)
        original = tf.stop_gradient(original)
        losses.append(1.0 - tf.reduce_sum(original * embedding, axis=-1))
    loss = tf.add_n(losses) / len(losses)
    return tf.where(has_face, loss, 0.0)


_ANY_LANDMARKS = [[38.0, 52.0], [74.0, 52.0], [56.0, 72.0], [42.0, 92.0], [71.0, 92.0]]
