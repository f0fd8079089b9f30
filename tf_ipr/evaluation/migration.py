"""Rows of schema 1, read as rows of today.

Schema 1 said what a codec is in one name ("align112+refine20+tf_ipr"), and its label named the model.
What it did not measure (verification over all pairs, flips, the payload) stays unknown.
"""

from __future__ import annotations

import re

from tf_ipr.evaluation.codecs.codec_form import ALIGNED, KEEP, MODEL, REFINE, CodecForm

_NAME = re.compile(r"(?:align(\d+)\+)?(?:shrink([\d.]+)\+)?(?:(keep)\+|refine(\d+)\+)?(.+)")


def from_schema_1(row: dict) -> dict:
    """The row with its codec taken apart and without `align`; ValueError if it is no row of schema 1."""
    try:
        size, scale, keep, steps, name = _NAME.fullmatch(row["codec"]).groups()
        model = name == "tf_ipr"
        label = re.sub(r"^.*tf_ipr ?", "", row["label"])
        mean, container = row["mean_bytes"], row["container_bytes"]
        size = size or row["align"]
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"it is no row of schema 1 ({error!r})") from error
    form = CodecForm(
        MODEL if model else name, model=label if model else None, crop=ALIGNED if size else None,
        size=int(size) if size else None, shrink=float(scale) if scale else None,
        search=KEEP if keep else REFINE if steps else None, steps=int(steps) if steps else None)
    known = None in (mean, container)
    # Rows that were kept beside models name neither the worst images nor every cosine.
    unknown = dict(worst=[], mean_cosine=None, p5_cosine=None, worst_cosine=None)
    recognizers = [{**unknown, **found} for found in row.get("recognizers", ())]
    return dict({name: value for name, value in row.items() if name != "align"}, codec=form.record(),
                recognizers=recognizers,
                payload_bytes=None if known else mean - container)
