"""The detection loss: how far coding moves what a face detector finds.

Who receives a whole picture finds the face in it anew, and aligns by what he finds. In pictures that
were made for a recogniser alone, landmarks are found a pixel beside where they were, which costs the
recogniser as much as the coding itself. MTCNN (Zhang et al., 2016) comes to its landmarks through
three networks, each of which looks at squares that the one before has moved: PNet proposes them on a
pyramid, RNet refines them, ONet finds five landmarks in them. Here the three look at original and
reconstruction in the same squares, drawn at random around the face as the networks happen to choose
them:

    L_det(x, x̂) = Σ over the networks of  w · E[p · (|o(x) - o(x̂)|² + β · (s(x) - s(x̂))²)] / E[p]

with o what a network says of a square (its offsets, or the landmarks within), in sides of the square,
s the logarithm of the odds that it holds a face, by which squares are preferred to one another, and
p by how much that probability for x exceeds one half: squares that a network rejects decide nothing.
The weights w make L_det about as large as what the moved landmarks add to 1 - cos of the recogniser.
"""

from __future__ import annotations

import tensorflow as tf

_SCORE_SHARE = 1e-4  # β: one step of the odds by e counts like 1 % of a side
# w of PNet, RNet and ONet: with a model of whole pictures trained without this loss (experiments/README.md),
# at quality 73, each of them moves the landmarks by 0.3 pixels, together by 0.9, and 1 - cos is 0.008
# larger than by the original's landmarks.
_WEIGHTS = (0.4, 1.5, 12.0)
# What RNet and ONet are given, relative to the standard deviation of the landmarks' coordinates about
# their middle, over 96 pictures of LFW's training people: side of the square and the spread of its
# logarithm, middle and its spread.
_PROPOSED = (4.9, 0.3, (0.0, -0.42), (0.7, 0.65))
_REFINED = (6.1, 0.13, (-0.1, -0.5), (0.45, 0.26))
_PNET_WINDOW, _RNET_WINDOW, _ONET_WINDOW = 12, 24, 48  # pixels that a network sees
_PROPOSALS, _REFINEMENTS = 6, 3  # squares of a face that are looked at in a step
_PYRAMID_STEP = 0.709  # between two scales that PNet sees
_EPSILON = 1e-4  # of a probability


class DetectionLoss:
    """The networks of the `mtcnn` package, frozen."""

    def __init__(self):
        """Loads the networks; raises ImportError if the `mtcnn` package is not installed."""
        try:
            from mtcnn.stages import StageONet, StagePNet, StageRNet
        except ImportError as error:
            raise ImportError("The detection loss needs the mtcnn package: "
                              "pip install 'tf_ipr[recognition]'") from error
        self._proposer, self._refiner, self._finder = (
            stage().model for stage in (StagePNet, StageRNet, StageONet))

    def __call__(self, image: tf.Tensor, reconstruction: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """Detection loss of each image.

        Args:
            image: originals, float32 [B, H, W, 3] in 0..255.
            reconstruction: likewise, not clipped; gets a gradient.
            landmarks: float32 [B, 5, 2], (x, y) in pixels of the originals, all finite.

        Returns:
            float32 [B], at least 0.
        """
        both = [(some - 127.5) / 128.0 for some in (tf.stop_gradient(image), reconstruction)]
        extent = tf.math.reduce_std(landmarks - tf.reduce_mean(landmarks, axis=1, keepdims=True),
                                    axis=[1, 2])
        proposed = _squares(landmarks, extent, _PROPOSALS, *_PROPOSED)
        refined = _squares(landmarks, extent, _REFINEMENTS, *_REFINED)
        moved = (self._proposals_moved(both, extent),
                 self._moved(self._refiner, both, _RNET_WINDOW, _PROPOSALS, proposed),
                 self._moved(self._finder, both, _ONET_WINDOW, _REFINEMENTS, refined))
        return tf.add_n([weight * part for weight, part in zip(_WEIGHTS, moved)])

    def _proposals_moved(self, both, extent):
        """PNet on one scale of the pyramid, drawn at random, where its windows are as large as faces."""
        side = _PROPOSED[0] * tf.reduce_mean(extent)
        scale = _PNET_WINDOW / side * _PYRAMID_STEP ** tf.random.uniform([], -1.0, 1.0)
        size = tf.cast(tf.cast(tf.shape(both[0])[1:3], tf.float32) * scale, tf.int32)
        size = tf.maximum(size, _PNET_WINDOW)
        before, after = (self._proposer(tf.image.resize(some, size, antialias=True)) for some in both)
        return _distance(before, after, [1, 2])

    def _moved(self, network, both, window, count, squares):
        index = tf.repeat(tf.range(tf.shape(both[0])[0]), count)
        # Fractions of height and width, as the package passes them on.
        edge = tf.cast(tf.tile(tf.shape(both[0])[1:3], [2]), tf.float32)
        before, after = (network(tf.image.crop_and_resize(some, squares / edge, index,
                                                          [window, window])) for some in both)
        # ONet's offsets of the square come first; its landmarks matter.
        before, after = ([tf.reshape(part, [-1, count, part.shape[-1]]) for part in some[-2:]]
                         for some in (before, after))
        return _distance(before, after, [1])


def _distance(before, after, axes):
    """(what is said of squares [B,…,N], scores [B,…,2]) of both images -> float32 [B]."""
    before = [tf.stop_gradient(part) for part in before]
    weight = tf.nn.relu(before[1][..., 1] - 0.5)
    moved = tf.reduce_sum(tf.square(after[0] - before[0]), axis=-1)
    rescored = tf.square(_log_odds(after[1]) - _log_odds(before[1]))
    return (tf.reduce_sum(weight * (moved + _SCORE_SHARE * rescored), axis=axes)
            / (tf.reduce_sum(weight, axis=axes) + _EPSILON))


def _log_odds(scores):
    return tf.math.log(scores[..., 1] + _EPSILON) - tf.math.log(scores[..., 0] + _EPSILON)


def _squares(landmarks, extent, count, side, spread, middle, middle_spread):
    """float32 [B·count, 4]: y, x of the first and of the last corner, in pixels."""
    shape = [tf.shape(landmarks)[0], count]
    side = extent[:, None] * side * tf.exp(spread * tf.random.normal(shape))
    offset = tf.constant(middle) + tf.constant(middle_spread) * tf.random.normal(shape + [2])
    centre = tf.reduce_mean(landmarks, axis=1)[:, None] + extent[:, None, None] * offset
    first, last = (centre + sign * side[..., None] / 2 for sign in (-1, 1))
    return tf.reshape(tf.concat([first[..., ::-1], last[..., ::-1]], axis=-1), [-1, 4])
