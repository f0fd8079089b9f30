"""What a codec is, part by part: the field `codec` of a row of results.

A form says everything that a name like `align112+refine20+MODEL` says, so that nobody takes names apart:
curves, report and figures ask the form, and `text` gives the name back for the same codec to be made
again.
"""

from __future__ import annotations

import dataclasses

MODEL, ORIGINAL = "model", "original"
ALIGNED, LOOSE = "aligned", "loose"
KEEP, REFINE = "keep", "refine"


@dataclasses.dataclass(frozen=True)
class CodecForm:
    """One codec.

    Attributes:
      kind: "original", "model" (ours), or the name of a reference codec ("avif").
      model: of ours the name of its folder, "" for the shipped one; else None.
      crop: None for whole pictures, "aligned" or "loose", see `tf_ipr.evaluation.crops`.
      size: of the crop, pixels a side; None for whole pictures.
      shrink: factor of the sides before coding, or None.
      grey: coded without colour.
      fit: the setting is a number of bytes, and each picture gets the best quality that fits.
      search: of ours "keep" or "refine", else None.
      steps: of a refinement.
      leaders: names of the recognisers that lead the search, at the encoder.
    """

    kind: str
    model: str | None = None
    crop: str | None = None
    size: int | None = None
    shrink: float | None = None
    grey: bool = False
    fit: bool = False
    search: str | None = None
    steps: int | None = None
    leaders: tuple[str, ...] = ()

    @property
    def is_model(self) -> bool:
        return self.kind == MODEL

    def text(self, folder: str | None = None) -> str:
        """The name that `codec_choice.parse` reads; `folder` is the model's."""
        parts = []
        if self.crop:
            parts.append(f"{'align' if self.crop == ALIGNED else 'loose'}{self.size}")
        if self.shrink:
            parts.append(f"shrink{self.shrink:g}")
        if self.fit:
            parts.append("fit")
        if self.search:
            parts.append(self.search + (str(self.steps) if self.steps else ""))
        if self.grey:
            parts.append("grey")
        return "+".join([*parts, folder if self.is_model and folder else self.kind])

    def record(self) -> dict:
        """As JSON takes it."""
        return dict(dataclasses.asdict(self), leaders=list(self.leaders))

    @classmethod
    def of(cls, record: dict) -> CodecForm:
        """What `record` gave."""
        return cls(**dict(record, leaders=tuple(record["leaders"])))
