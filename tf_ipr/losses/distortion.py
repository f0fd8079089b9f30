"""Distortions: what REC and IPR ask of the pixels.

Both are scaled so that, at the rates this project is about, one unit of distortion, of rate (bits
per pixel) and of identity (1 - cosine) are of like size:

    l2       100 · mean((x - x̂)² / 255²)        1.0 at 20 dB PSNR, 0.032 at 35 dB
    msssim   1 - MS-SSIM(x, x̂)
"""

from __future__ import annotations

import tensorflow as tf

from tf_ipr.losses.ms_ssim import ms_ssim

L2_SCALE = 100.0 / 255.0 ** 2


def l2(image, reconstruction, weight=1.0):
    """100 times the mean squared error of pixels in 0..1.

    Args:
      image, reconstruction: float32 [B,H,W,3] in 0..255; the reconstruction may lie outside.
      weight: of each pixel, float32 [B,H,W,1] (`face_weight.py`).

    Returns:
      float32 [B].
    """
    return L2_SCALE * tf.reduce_mean(weight * tf.square(image - reconstruction),
                                     axis=[1, 2, 3])


def ms_ssim_distortion(image, reconstruction):
    """1 - MS-SSIM, float32 [B]; arguments as in `l2`."""
    return 1.0 - ms_ssim(image, reconstruction)


DISTORTIONS = {"l2": l2, "msssim": ms_ssim_distortion}
