"""The learned parts of one codec and the data flow between them; no entropy model, no coder.

    x ─ pad ─ g_a ─ y ─×gain (─ gate) ─┬──────── y·gain [B,h,w,M]
                                       └ pad ─ h_a ─ z ─ round ─ ẑ ─┬ integer h_s ─ table index
                                                                    └ mean h_s ─── μ
    ŷ ─÷gain─ g_s ─ crop ─ x̂

An architecture is a file with `analysis`, `synthesis`, `hyper_analysis` and `hyper_mean`, and a
line in `model_config.ARCHITECTURES`; to train one, give it sizes in `model_config.PRESETS`.
"""

from __future__ import annotations

import importlib

import tensorflow as tf

from tf_ipr.format.model_config import ModelConfig
from tf_ipr.models.gains import QualityGain
from tf_ipr.models.integer_network import IntegerHyperSynthesis
from tf_ipr.models.latent_gate import latent_gate

# Gains at first: steps of a quarter to a 32nd of the range 0..1, for orthonormal transforms.
_FIRST_GAIN, _LAST_GAIN = 4.0, 32.0


def pad_to_multiple(x, multiple: int, mode: str):
    """Pads [B,H,W,C] at the bottom and right edge up to multiples, in a mode of `tf.pad`."""
    # A constant padding and a cut: padding by a tensor would lose the number of channels, and with
    # it the convolutions of an exported graph of any image size.
    rows, columns = ((size + multiple - 1) // multiple * multiple
                     for size in (tf.shape(x)[1], tf.shape(x)[2]))
    most = [0, multiple - 1]
    return tf.pad(x, [[0, 0], most, most, [0, 0]], mode)[:, :rows, :columns]


def cut(x, height, width):
    """The upper left corner of x [B,H,W,C]: [B,height,width,C], sizes int or int32 []."""
    # TFLite copies rows for this, and single numbers for the same as x[:, :height, :width].
    part = tf.slice(x, [0, 0, 0, 0], tf.stack([tf.shape(x)[0], height, width, tf.shape(x)[3]]))
    part.set_shape([None, None, None, x.shape[3]])
    return part


class CodecNetwork(tf.Module):
    """Transforms, gains and hyper-synthesis of one codec.

    Images are float32 [B,H,W,3] in 0..255; a latent is float32 [B,h,w,M] with h = ceil(H/16); side
    information is float32 [B,ceil(h/4),ceil(w/4),C]; quality is float32 [B] in 1..100.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(name="codec_network")
        # Only this one is imported: `hyperprior` needs tensorflow-compression, `mobile` does not.
        architecture = importlib.import_module(f"tf_ipr.models.{config.architecture}")
        self.config = config
        self.analysis = architecture.analysis(config)
        self.gate = (latent_gate(config.latent_channels, config.gate_width)
                     if config.gate_width else None)
        self.synthesis = architecture.synthesis(config)
        self.hyper_analysis = architecture.hyper_analysis(config)
        self.hyper_mean = architecture.hyper_mean(config)
        self.hyper_index = IntegerHyperSynthesis(config.side_channels, config.hyper_width,
                                                 config.latent_channels)
        self.gain = QualityGain(config.latent_channels, config.num_rates,
                                _FIRST_GAIN, _LAST_GAIN, name="gain")
        self.inverse_gain = QualityGain(config.latent_channels, config.num_rates,
                                        1 / _FIRST_GAIN, 1 / _LAST_GAIN, name="inverse_gain")
        self._build()

    def _build(self):
        """Creates every variable now, so that weights can be listed, loaded and averaged."""
        y = self.gained(self.analyse(tf.zeros([1, 64, 64, 3])), tf.constant([50.0]))
        self.mean(self.side(y), y)
        self.synthesis(y)

    def analyse(self, image):
        """x -> y, mirrored at the bottom and right edge up to whole strides; whatever the quality."""
        return self.analysis(pad_to_multiple(image, self.config.stride, "SYMMETRIC"))

    def gained(self, y, quality):
        """y [B,h,w,M] and quality [B] -> y·gain, through the gate where there is one."""
        gained = y * self.gain(quality)
        return gained if self.gate is None else gained * self.gate(gained)

    def side(self, gained):
        """y·gain -> z, not rounded; zero padding to multiples of 4 included."""
        return self.hyper_analysis(pad_to_multiple(gained, self.config.side_stride, "CONSTANT"))

    def index(self, z_hat, like, hyper_index=None):
        """ẑ -> table index, integers 0..63 held as float32, cropped to the positions of `like`."""
        index = (hyper_index or self.hyper_index)(z_hat)
        return cut(index, tf.shape(like)[1], tf.shape(like)[2])

    def mean(self, z_hat, like):
        """ẑ -> μ of the gained latent, cropped to the positions of `like`; zero where scale only."""
        if self.hyper_mean is None:
            return tf.zeros_like(like)
        return cut(self.hyper_mean(z_hat), tf.shape(like)[1], tf.shape(like)[2])

    def synthesise(self, gained_hat, quality, height, width):
        """ŷ·gain -> x̂ float32 [B,height,width,3], about 0..255, not clipped."""
        image = self.synthesis(gained_hat * self.inverse_gain(quality))
        return cut(image, height, width)
