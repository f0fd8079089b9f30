"""Where pixels and bits count: a weight that is nearly 1 on the face and another on the background.

A recogniser looks at the aligned crop alone, which is a quarter of an LFW photograph; the bits of
the rest serve the eye. Weighting the distortion lets a whole picture keep its background as a
sketch, without a mask in the stream: the analysis learns to see what is face. Weighting the bits
makes the background dearer than the face, which a gate learns faster than from the rate alone: at
high qualities a bit costs next to nothing.
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.faces import alignment

_EDGE, _SOFTNESS = 1.1, 10.0  # the border, in half crops from the crop's centre; its steepness


def weighted_bpp(landmarks: tf.Tensor, latent_bpp: tf.Tensor, height, width,
                 background: float) -> tf.Tensor:
    """Bits per pixel of which those of the background count `background` times.

    Args:
      landmarks, height, width: as for `face_weight`.
      latent_bpp: float32 [B,h,w], of each position of the latent.
      background: from 0.

    Returns:
      float32 [B].
    """
    weight = face_weight(landmarks, height, width, 0.0)
    weight = tf.image.resize(weight, tf.shape(latent_bpp)[1:3], antialias=True)[..., 0]
    return tf.reduce_sum(latent_bpp * (background + (1.0 - background) * weight), [1, 2])


def face_weight(landmarks: tf.Tensor, height, width, background: float) -> tf.Tensor:
    """Weight of every pixel.

    Args:
      landmarks: float32 [B,5,2], (x, y) in pixels; NaN for an image without a face.
      height, width: of the images, Python ints or int32 scalars.
      background: weight far from the face, in 0..1.

    Returns:
      float32 [B,height,width,1], background + (1 - background)·s with s, in half crops of ArcFace
      from the crop's centre, along an axis: 0.98 at 0.7, 0.73 at 1 (the middle of an edge), 0.5 at
      1.1, 0.02 at 1.5; 0.29 in the corners of the crop. 1 everywhere without a face.
    """
    has_face = tf.reduce_all(tf.math.is_finite(landmarks), axis=[1, 2])
    landmarks = tf.where(has_face[:, None, None], landmarks, alignment.ARCFACE_TEMPLATE)
    matrix = alignment.similarity(landmarks, alignment.ARCFACE_TEMPLATE)
    x, y = tf.meshgrid(tf.cast(tf.range(width), tf.float32), tf.cast(tf.range(height), tf.float32))
    pixels = tf.stack([tf.reshape(x, [-1]), tf.reshape(y, [-1]), tf.ones([height * width])])
    half = (alignment.ARCFACE_SIZE - 1) / 2
    position = tf.abs(matrix @ pixels - half) / half  # [B,2,pixels], 1 at the crop's border
    distance = tf.reduce_sum(position ** 4, axis=1) ** 0.25  # a square with round corners
    weight = background + (1 - background) * tf.sigmoid(_SOFTNESS * (_EDGE - distance))
    weight = tf.where(has_face[:, None], weight, 1.0)
    return tf.reshape(weight, [-1, height, width, 1])
