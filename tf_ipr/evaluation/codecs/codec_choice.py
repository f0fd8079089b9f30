"""Codecs by name, with what is done to the picture first and with settings: `align128+avif:30,50`.

    [alignN+][shrinkS+|keep+|refineK+]CODEC[:SETTING,SETTING,…]

CODEC is one of `reference_codecs.ALL` or a model folder. alignN codes the aligned crop of the face
(N = 112, 128 or 448 pixels) instead of the picture, shrinkS a picture of S times the sides. keep, with
a model on aligned crops, takes for each crop the lowest quality that keeps a cosine, which is the
setting: `align112+keep+savedmodels/lfw_align112_l2_ip:0.97,0.98`. refineK, with a model, refines the latent
of each picture in K steps: `align112+refine20+savedmodels/lfw_align112_l2_ip:60`.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from typing import Optional, Sequence

from tf_ipr.evaluation.codecs import reference_codecs
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.codecs.shrunk_codec import ShrunkCodec

_FORM = re.compile(r"(?:align(\d+)\+)?(?:shrink([\d.]+)\+|(keep)\+|refine(\d+)\+)?(.+?)(?::([\d.,]+))?")


@dataclasses.dataclass(frozen=True)
class CodecChoice:
    """A codec on whole pictures or on aligned crops.

    Attributes:
      codec: the codec.
      settings: to be measured, in the order given.
      align: None for the whole picture, else the crop's size in pixels.
    """

    codec: ImageCodec
    settings: tuple[Setting, ...]
    align: Optional[int] = None

    @property
    def name(self) -> str:
        return self.codec.name if self.align is None else f"align{self.align}+{self.codec.name}"

    @property
    def label(self) -> str:
        """For tables and plots."""
        return (self.codec.label if self.align is None
                else f"align {self.align}, {self.codec.label}")


def parse(text: str, model_settings: Sequence[Setting], align: Optional[int] = None,
          recognizer=None) -> CodecChoice:
    """Reads one choice; a model folder is loaded.

    Args:
      text: see the head of this file.
      model_settings: qualities of a model without settings of its own.
      align: crop's size where the text gives none.
      recognizer: the `Recognizer` that judges what keep+ keeps and leads refineK+.

    Raises:
      ValueError: another form, an unknown codec, crop size, scale or setting; keep+ without a model,
        a crop or a recogniser, refineK+ without a model, a recogniser or a step.
      CheckpointError: the folder holds no usable model.
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(
            f"codec {text!r} is not of the form [alignN+][shrinkS+|keep+|refineK+]CODEC"
            "[:S,S,...]")
    size, scale, keep, steps, name, settings = match.groups()
    align = int(size) if size else align
    if align not in (None, 112, 128, 448):
        raise ValueError(f"codec {text!r}: aligned crops have 112, 128 or 448 pixels")
    if keep and (name in reference_codecs.ALL or align is None or recognizer is None):
        raise ValueError(f"codec {text!r}: keep+ needs a model folder, aligned crops (align112+) and "
                         "a recogniser")
    if steps and (name in reference_codecs.ALL or recognizer is None):
        raise ValueError(f"codec {text!r}: refineK+ needs a model folder and a recogniser")
    if name in reference_codecs.ALL:
        codec = reference_codecs.ALL[name]
        chosen = codec.settings
    elif pathlib.Path(name).is_dir():
        from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec

        codec, chosen = LearnedCodec.load(name), tuple(model_settings)
        if keep:
            from tf_ipr.evaluation.codecs.kept_identity_codec import KeptIdentityCodec

            codec = KeptIdentityCodec(codec, recognizer)
            chosen = codec.settings
        elif steps:
            from tf_ipr.evaluation.codecs.refined_codec import RefinedCodec

            codec = RefinedCodec(codec, recognizer, int(steps), align)
    else:
        raise ValueError(f"codec {name!r} is neither a model folder nor one of "
                         f"{', '.join(reference_codecs.ALL)}")
    if settings:
        chosen = tuple(_number(number) for number in settings.split(",") if number)
    wrong = [setting for setting in chosen if setting not in codec.all_settings]
    if wrong:
        raise ValueError(
            f"codec {text!r}: {codec.setting_name} {wrong[0]:g} is not among "
            f"{codec.all_settings[0]:g}, {codec.all_settings[1]:g} .. {codec.all_settings[-1]:g}")
    return CodecChoice(ShrunkCodec(codec, float(scale)) if scale else codec, chosen, align)


def merge(choices: Sequence[CodecChoice]) -> list[CodecChoice]:
    """Joins the settings of a codec that comes several times, in the order given.

    Raises:
      ValueError: two different codecs have one label, which results could not tell apart.
    """
    merged: dict = {}
    for choice in choices:
        key = choice.label
        known = merged.setdefault(key, choice)
        if known.codec != choice.codec and known.codec.identity() != choice.codec.identity():
            raise ValueError(f"two codecs are called {key}: {known.codec.identity()} and "
                             f"{choice.codec.identity()}; rename the folder of one")
        settings = dict.fromkeys((*known.settings, *choice.settings))
        merged[key] = dataclasses.replace(known, settings=tuple(settings))
    return list(merged.values())


def _number(text: str) -> Setting:
    value = float(text)
    return int(value) if value.is_integer() else value
