"""The training objectives REC, IP and IPR ("Identity Preserving Loss for Learned Image
Compression", CVPR Workshops 2022, equations 1, 5 and 7).

    REC:  rec + λ_rate · rate
    IP:         λ_rate · rate + λ_id · id
    IPR:  rec + λ_rate · rate + λ_id · id          λ_id = 1 in the paper

rec is a distortion of `distortion.py`, rate is in bits per pixel, id is 1 - cos of `identity.py`.
For a variable-rate model λ_rate depends on the quality, geometrically from `lambda_rate_max` at
quality 1 to `lambda_rate_min` at quality 100.  The Lagrangian of each image is then divided by
√λ_rate, without which the lowest qualities, whose distortion and λ_rate are large, would own the
gradient.  For a fixed rate this is a constant, and Adam does not see constants.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from tf_ipr.format.bitstream import MAX_QUALITY, MIN_QUALITY
from tf_ipr.losses.distortion import DISTORTIONS
from tf_ipr.losses.face_weight import face_weight, weighted_bpp

OBJECTIVES = ("rec", "ip", "ipr")


@dataclasses.dataclass(frozen=True)
class Objective:
    """What training minimises.

    Attributes:
      objective: "rec", "ip" or "ipr".
      distortion: "l2" or "msssim"; unused by "ip".
      lambda_rate_max: weight of one bit per pixel at quality 1.
      lambda_rate_min: the same at quality 100; equal to the maximum for a single rate.
      lambda_id: weight of 1 - cos; unused by "rec".
      background: weight of the distortion outside the face; below 1 for "ipr" with "l2" only.
      background_rate: weight of the bits outside the face, at least 1; above 1 not for "rec".
    """

    objective: str = "rec"
    distortion: str = "l2"
    lambda_rate_max: float = 6.0
    lambda_rate_min: float = 0.01
    lambda_id: float = 1.0
    background: float = 1.0
    background_rate: float = 1.0

    def __post_init__(self):
        for name, allowed in (("objective", OBJECTIVES), ("distortion", tuple(DISTORTIONS))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of "
                                 f"{', '.join(allowed)}.")
        if not 0 < self.lambda_rate_min <= self.lambda_rate_max:
            raise ValueError(
                f"lambda_rate_min is {self.lambda_rate_min} and lambda_rate_max is "
                f"{self.lambda_rate_max}; both must be positive, the minimum not above the maximum.")
        if self.lambda_id <= 0:
            raise ValueError(f"lambda_id is {self.lambda_id}; it must be positive. "
                             "For no identity term use the objective rec.")

        if not 0 <= self.background <= 1:
            raise ValueError(f"background is {self.background}; it must be in 0..1.")
        if self.background < 1 and (self.objective, self.distortion) != ("ipr", "l2"):
            raise ValueError(f"background is {self.background}, but only the objective ipr with the "
                             f"distortion l2 weighs pixels, not {self.objective} with "
                             f"{self.distortion}.")
        if self.background_rate < 1 or self.background_rate > 1 and not self.needs_identity:
            raise ValueError(f"background_rate is {self.background_rate}; it must be at least 1, and "
                             "1 for rec, which knows no faces.")

    @classmethod
    def of_training(cls, settings: dict) -> Objective:
        """What a training with `settings`, by the flags' names, minimises (config.json, "training")."""
        return cls(**{field.name: settings[field.name] for field in dataclasses.fields(cls)
                      if field.name in settings})

    @property
    def needs_identity(self) -> bool:
        """Whether a recogniser takes part."""
        return self.objective != "rec"

    def lambda_rate(self, quality):
        """float32 quality [B] in 1..100 -> float32 [B], geometric between the two ends."""
        position = (quality - MIN_QUALITY) / (MAX_QUALITY - MIN_QUALITY)
        first, last = tf.math.log(self.lambda_rate_max), tf.math.log(self.lambda_rate_min)
        return tf.exp(first + (last - first) * position)

    def __call__(self, image, forward, lambda_rate, identity=None, landmarks=None):
        """The Lagrangian of each image.

        Args:
          image: float32 [B,H,W,3] in 0..255.
          forward: the `models.training_model.Forward` of it.
          lambda_rate: float32 [B].
          identity: float32 [B], 1 - cos, for "ip" and "ipr".
          landmarks: float32 [B,5,2], (x, y) in pixels; for either weight of the background.

        Returns:
          (loss [B], distortion [B]); the distortion is reported even where "ip" ignores it.
        """
        height, width = tf.shape(image)[1], tf.shape(image)[2]
        weights = ()
        if self.background < 1:
            weights = (face_weight(landmarks, height, width, self.background),)
        distortion = DISTORTIONS[self.distortion](image, forward.reconstruction, *weights)
        rate_bpp = forward.rate_bpp
        if self.background_rate > 1:
            rate_bpp = forward.side_bpp + weighted_bpp(landmarks, forward.latent_bpp, height, width,
                                                       self.background_rate)
        loss = lambda_rate * rate_bpp
        if self.objective != "ip":
            loss += distortion
        if self.needs_identity:
            loss += self.lambda_id * identity
        return loss / tf.sqrt(lambda_rate), distortion
