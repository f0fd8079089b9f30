"""A gate on the latent: where and in which channels the analysis keeps what it found.

    y·gain ─┬────────────────────────────────────── × ─ what is coded
            └ 1×1 ─ 3×3 ─ 3×3 ─ 3×3 ─ 1×1 ─ 2σ(4·) ─┘

Content-weighted coding (Li et al., "Learning convolutional networks for content-weighted image
compression", CVPR 2018) has an importance map that is sent; here nothing is sent. A latent that is
scaled down is predicted small and costs few bits or none, and the decoder never hears of it. What
residual branches would have to subtract exactly, a gate just multiplies away, so a model whose loss
looks at faces learns within minutes to leave the background out.

It looks at the gained latent, whose steps are 1 at every quality, so it may keep at a high quality
what it drops at a low one. It starts as the identity, so a trained model without a gate can go on with one.
"""

from __future__ import annotations

import tensorflow as tf

_SLOPE = 0.1  # of the leaky rectifiers
_STEEPNESS = 4.0  # a gate closes within a few hundred steps of Adam
_REACH = 3  # 3×3 convolutions: positions seen in each direction, of 16 pixels each


def latent_gate(latent_channels: int, width: int) -> tf.keras.Model:
    """Gained latent float32 [B,h,w,M] -> factors of the same shape in 0..2, all 1 at first.

    Args:
      latent_channels: M.
      width: hidden channels.
    """
    latent = tf.keras.Input([None, None, latent_channels])
    x = tf.nn.leaky_relu(tf.keras.layers.Conv2D(width, 1)(latent), _SLOPE)
    for _ in range(_REACH):
        x = tf.nn.leaky_relu(tf.keras.layers.Conv2D(width, 3, padding="same")(x), _SLOPE)
    x = tf.keras.layers.Conv2D(latent_channels, 1, kernel_initializer="zeros")(x)
    return tf.keras.Model(latent, 2.0 * tf.sigmoid(_STEEPNESS * x), name="gate")
