"""Where a detector would find the landmarks of a reconstruction, as a function of its pixels.

Who receives a decoded picture finds the face in it by himself, a little beside where it was: at low
rates a pixel or so, which costs a recogniser as much as the coding. The last network of MTCNN (Zhang
et al., 2016), ONet, reads the five landmarks from a square around the face. Here it reads original and
reconstruction in the same square, drawn at random as MTCNN's first two networks happen to propose it,
and what it moves between the two is what the coding moves. The identity loss then aligns the
reconstruction by the moved landmarks, and its gradient tells the codec what a landmark hangs on.
"""

from __future__ import annotations

import tensorflow as tf

_PATCH = 48  # pixels that ONet sees
# The squares that RNet hands to ONet, relative to the standard deviation of the landmarks'
# coordinates: means and standard deviations over 91 faces of LFW's training images.
_SIDE, _SIDE_SPREAD = 5.8, 0.16  # the spread is that of the logarithm
_CENTRE, _CENTRE_SPREAD = (-0.13, -0.43), 0.4


class LandmarkFinder:
    """ONet of the `mtcnn` package with its weights frozen."""

    def __init__(self):
        """Loads the network; raises ImportError if the `mtcnn` package is not installed."""
        try:
            from mtcnn.stages import StageONet
        except ImportError as error:
            raise ImportError("Finding landmarks needs the mtcnn package: "
                              "pip install 'tf_ipr[recognition]'") from error
        self._network = StageONet().model

    def shift(self, image: tf.Tensor, reconstruction: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """How far the landmarks are found from where they were.

        Args:
          image: originals, float32 [B,H,W,3] in 0..255.
          reconstruction: likewise, not clipped; gets a gradient.
          landmarks: float32 [B,5,2], (x, y) in pixels, of the originals.

        Returns:
          float32 [B,5,2] in pixels.
        """
        corner, side = _draw_square(landmarks)
        size = tf.cast(tf.shape(image)[1:3], tf.float32)
        # Fractions of height and width, as the package passes them on.
        first, last = (point[:, ::-1] / size for point in (corner, corner + side))
        square = tf.concat([first, last], axis=1)
        before, after = (self._read(some, square)
                         for some in (tf.stop_gradient(image), reconstruction))
        # The package counts the pixels of a square inclusively.
        return (after - tf.stop_gradient(before)) * (side[:, :, tf.newaxis] + 1)

    def _read(self, images, square):
        """Landmarks within the square, 0..1: float32 [B,5,2]."""
        patches = tf.image.crop_and_resize((images - 127.5) / 128.0, square,
                                           tf.range(tf.shape(images)[0]), [_PATCH, _PATCH])
        _, points, _ = self._network(patches)
        return tf.stack([points[:, :5], points[:, 5:]], axis=-1)


def _draw_square(landmarks):
    """(corner [B,2] as (x, y), side [B,1]) in pixels."""
    batch = tf.shape(landmarks)[0]
    extent = tf.math.reduce_std(landmarks, axis=[1, 2])[:, tf.newaxis]
    side = extent * _SIDE * tf.exp(_SIDE_SPREAD * tf.random.normal([batch, 1]))
    centre = tf.constant([_CENTRE]) + _CENTRE_SPREAD * tf.random.normal([batch, 2])
    return tf.reduce_mean(landmarks, axis=1) + extent * centre - side / 2, side
