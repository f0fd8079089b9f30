"""Codecs by name, with what is done to the picture first and with settings: `align128+avif:30,50`.

    [alignN+|looseN+][shrinkS+][fit+][keep+|refineK+][grey+]CODEC[:SETTING,SETTING,…]

CODEC is one of `reference_codecs.ALL` or a model folder. alignN codes the aligned crop of the face
(N = 112, 128 or 448 pixels) instead of the picture, looseN a loose upright square around it (`crops`).
shrinkS codes a picture of S times the sides, grey one without colour. fit takes bytes as settings, and
codes each
picture at the best quality whose payload fits: `align112+shrink0.6+fit+avif:300,500`.

keep, with a model on aligned crops, takes for each crop the lowest quality that keeps a cosine, which is
the
setting: `align112+keep+savedmodels/lfw_align112_l2_ip:0.97,0.98`. refineK, with a model, refines the
latent
of each picture in K steps: `align112+refine20+savedmodels/lfw_align112_l2_ip:60`.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Sequence

from tf_ipr.evaluation.codecs import pillow_codecs, reference_codecs
from tf_ipr.evaluation.codecs.codec_form import ALIGNED, LOOSE, CodecForm
from tf_ipr.evaluation.codecs.fitted_codec import FittedCodec
from tf_ipr.evaluation.codecs.image_codec import ImageCodec, Setting
from tf_ipr.evaluation.codecs.shrunk_codec import ShrunkCodec
from tf_ipr.evaluation.crops import Crop

FORM = "[alignN+|looseN+][shrinkS+][fit+][keep+|refineK+][grey+]CODEC[:SETTING,...]"
_FORM = re.compile(r"(?:(align|loose)(\d+)\+)?(?:shrink([\d.]+)\+)?(fit\+)?(?:(keep)\+|refine(\d+)\+)?"
                   r"(grey\+)?(.+?)(?::([\d.,]+))?")


@dataclasses.dataclass(frozen=True)
class CodecChoice:
    """A codec on whole pictures or on crops.

    Attributes:
      codec: the codec.
      settings: to be measured, in the order given.
      crop: what is cut out first; None codes the whole picture.
    """

    codec: ImageCodec
    settings: tuple[Setting, ...]
    crop: Crop | None = None

    @property
    def form(self) -> CodecForm:
        form = self.codec.form
        return form if self.crop is None else dataclasses.replace(
            form, crop=self.crop.kind, size=self.crop.size)

    @property
    def label(self) -> str:
        """For tables and plots."""
        return self.codec.label if self.crop is None else f"{self.crop.label}, {self.codec.label}"


def parse(text: str, model_settings: Sequence[Setting], align: int | None = None,
          recognizer=None) -> CodecChoice:
    """Reads one choice; a model folder is loaded.

    Args:
      text: see the head of this file.
      model_settings: qualities of a model without settings of its own.
      align: size of aligned crops where the text names no crop.
      recognizer: the `Recognizer` that judges what keep+ keeps and leads refineK+.

    Raises:
      ValueError: another form, an unknown codec, crop size, scale or setting; keep+ without a model,
        an aligned crop or a recogniser, refineK+ without a model, a recogniser or a step; grey+ with
        a codec that has no grey.
      CheckpointError: the folder holds no usable model.
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"codec {text!r} is not of the form {FORM}")
    how, size, scale, fit, keep, steps, grey, name, settings = match.groups()
    try:
        crop = (Crop(LOOSE if how == "loose" else ALIGNED, int(size)) if how
                else Crop(ALIGNED, align) if align else None)
    except ValueError as error:
        raise ValueError(f"codec {text!r}: {error}") from error
    reference = reference_codecs.ALL.get(name)
    if keep and (reference or crop is None or crop.kind != ALIGNED or recognizer is None):
        raise ValueError(f"codec {text!r}: keep+ needs a model folder, aligned crops (align112+) and "
                         "a recogniser")
    if steps and (reference or recognizer is None):
        raise ValueError(f"codec {text!r}: refineK+ needs a model folder and a recogniser")
    if grey and not isinstance(reference, reference_codecs.PillowCodec):
        raise ValueError(f"codec {text!r}: grey+ needs one of "
                         + ", ".join(key for key, codec in reference_codecs.ALL.items()
                                     if isinstance(codec, reference_codecs.PillowCodec)))
    if fit and keep:
        raise ValueError(f"codec {text!r}: fit+ and keep+ both choose the quality; take one")
    if reference is not None:
        codec = pillow_codecs.grey(reference) if grey else reference
        chosen = codec.settings
    else:
        codec, chosen = _model(name, model_settings, keep, steps, crop, recognizer)
    if scale:
        codec = ShrunkCodec(codec, float(scale))
    if fit:
        codec = FittedCodec(codec)
        chosen = codec.settings
    if settings:
        chosen = tuple(_number(number) for number in settings.split(",") if number)
    wrong = [setting for setting in chosen if setting not in codec.all_settings]
    if wrong:
        raise ValueError(
            f"codec {text!r}: {codec.setting_name} {wrong[0]:g} is not among "
            f"{codec.all_settings[0]:g}, {codec.all_settings[1]:g} .. {codec.all_settings[-1]:g}")
    return CodecChoice(codec, chosen, crop)


def _model(folder: str, settings, keep, steps, crop, recognizer) -> tuple[ImageCodec, tuple]:
    """One of our models, with its search; and its settings."""
    if not pathlib.Path(folder).is_dir():
        raise ValueError(f"codec {folder!r} is neither a model folder nor one of "
                         f"{', '.join(reference_codecs.ALL)}")
    from tf_ipr.evaluation.codecs.learned_codec import LearnedCodec

    model = LearnedCodec.load(folder)
    if keep:
        from tf_ipr.evaluation.codecs.kept_identity_codec import KeptIdentityCodec

        kept = KeptIdentityCodec(model, recognizer)
        return kept, kept.settings
    if steps:
        from tf_ipr.evaluation.codecs.refined_codec import RefinedCodec

        aligned = crop.size if crop and crop.kind == ALIGNED else None
        return RefinedCodec(model, recognizer, int(steps), aligned), tuple(settings)
    return model, tuple(settings)


def merge(choices: Sequence[CodecChoice]) -> list[CodecChoice]:
    """Joins the settings of a codec that comes several times, in the order given.

    Raises:
      ValueError: two different codecs have one label, which results could not tell apart.
    """
    merged: dict = {}
    for choice in choices:
        key = choice.label
        known = merged.setdefault(key, choice)
        if known.codec != choice.codec and known.codec.fingerprint() != choice.codec.fingerprint():
            raise ValueError(f"two codecs are called {key}: {known.codec.fingerprint()} and "
                             f"{choice.codec.fingerprint()}; rename the folder of one")
        settings = dict.fromkeys((*known.settings, *choice.settings))
        merged[key] = dataclasses.replace(known, settings=tuple(settings))
    return list(merged.values())


def _number(text: str) -> Setting:
    value = float(text)
    return int(value) if value.is_integer() else value
