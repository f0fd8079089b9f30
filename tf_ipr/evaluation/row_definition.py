"""What a row of results is: its fields, checked when rows are read, and the tables of
docs/evaluation.md.

The fields stand here once. `problem` says what is wrong with a row that somebody wrote, `markdown` is
what the documentation holds, and a test compares the rows that are made.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

SCHEMA = 2


@dataclasses.dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
      name: of the key; several that are alike, joined by ", ".
      kind: "text", "number", "truth", "texts", "numbers", or a tuple of fields (an object), or a list of
        one such tuple (a list of objects).
      meaning: for the documentation.
      null: whether it may be null.
      optional: whether it may be absent.
    """

    name: str
    kind: str | tuple | list
    meaning: str
    null: bool = False
    optional: bool = False

    @property
    def names(self) -> list[str]:
        return self.name.split(", ")


CODEC = (
    Field("kind", "text", "`original`, `model` (ours), or the reference codec's name"),
    Field("model", "text", "of ours its folder's name; empty for the shipped one", null=True),
    Field("crop", "text", "`aligned` or `loose`; null for whole pictures", null=True),
    Field("size", "number", "of the crop, pixels a side", null=True),
    Field("shrink", "number", "factor of the sides before coding", null=True),
    Field("grey, fit", "truth", "without colour; the setting is bytes, each picture the best that fits"),
    Field("search", "text", "`keep` or `refine`", null=True),
    Field("steps", "number", "of a refinement", null=True),
    Field("leaders", "texts", "recognisers that lead the search"))

POINT = (
    Field("fmr", "number", "the false match rate asked for"),
    Field("threshold, false_matches", "number", "scores above it match; impostor comparisons that do",
          null=True),
    Field("fnmr, low, high", "number", "0..1, its 95 % interval by drawn people, threshold set anew",
          null=True),
    Field("wilson_low, wilson_high", "number", "interval at the fixed threshold, dependence in its "
                                               "variance",
          null=True),
    Field("missing", "text", "why there is no FNMR: too few impostor events", null=True))

VERIFICATION = (
    Field("references", "text", "`coded`: coded against coded; `original`: original against coded"),
    Field("n_genuine, n_impostors", "number", "comparisons"),
    Field("points", [POINT], "FMR 1e-3, 1e-4, 1e-5"),
    Field("det", (Field("fmr, fnmr", "numbers", "the DET curve"),), "two lists"))

FLIP = (Field("first, second", "text", "the two pictures"),
        Field("before, after", "number", "cosine of the originals, of the coded; null without a face",
              null=True))

FLIPS = (
    Field("fmr, threshold", "number", "threshold of the originals at this rate", null=True),
    Field("lost, gained", "number", "genuine comparisons that matched before only, after only"),
    Field("n_genuine", "number", "genuine comparisons"),
    Field("faces, n_faces", "number", "pictures with a flipped comparison, pictures with any"),
    Field("false_matches_before, false_matches", "number", "impostor comparisons above that threshold"),
    Field("worst", [FLIP], "the lost comparisons that fell furthest"))

RECOGNIZER = (
    Field("name, fingerprint, weights_sha256", "text", "which one"),
    Field("mean_cosine, p5_cosine, worst_cosine", "number", "to the original's embedding", null=True),
    Field("worst", [(Field("image", "text", "file"), Field("cosine", "number", "of before and after"))],
          "[image, cosine] of the ten worst"),
    Field("frr_at_far_1, frr_low, frr_high", "number", "identification, 0..1, its 95 % interval",
          optional=True),
    Field("threshold", "number", "of the identification", null=True, optional=True),
    Field("n_probes, n_identities, n_identities_without_probe", "number", "size of the identification",
          optional=True),
    Field("tpr_at_far_1e_3", "number", "every probe with every other person's gallery", null=True,
          optional=True),
    Field("roc", (Field("far, frr", "numbers", "the curve of the identification"),), "two lists",
          optional=True),
    Field("verification", [VERIFICATION], "all pairs, see below", optional=True),
    Field("flips", FLIPS, "decisions that coding changes, see below", null=True, optional=True),
    Field("verification_accuracy, verification_standard_error", "number", "`lfw_view2` only", null=True,
          optional=True))

ROW = (
    Field("dataset", "text", "its name"),
    Field("codec", CODEC, "what codes, part by part, see below"),
    Field("label, identity", "text", "for people; encoder, version, options or weights"),
    Field("setting_name", "text", "\"quality\"", null=True),
    Field("setting", "number", "35", null=True),
    Field("n_images, n_failed", "number", "all images; those without a result"),
    Field("failures", [(Field("image, reason", "text", ""),)], "[image, reason]"),
    Field("bpp, mean_bytes", "number", "means over the images that have a result, whole files",
          null=True),
    Field("payload_bytes, container_bytes", "number", "the parts of `mean_bytes`: picture, and what "
                                                      "describes "
          "the file", null=True),
    Field("bytes_p5, bytes_p50, bytes_p95", "number", "percentiles of the file sizes", null=True),
    Field("psnr_db, ms_ssim", "number", "means", null=True),
    Field("encode_ms, decode_ms", "number", "medians", null=True),
    Field("detection_rate", "number", "0..1; null without recognisers", null=True),
    Field("recognizers", [RECOGNIZER], "what each recogniser says, see below"))

_TABLES = (("A row", ROW), ("Its `codec`", CODEC), ("One of its `recognizers`", RECOGNIZER),
           ("One of a recogniser's `verification`", VERIFICATION), ("One of its `points`", POINT),
           ("A recogniser's `flips`", FLIPS), ("One of its `worst`", FLIP))


def markdown() -> str:
    """The tables of the documentation."""
    parts = []
    for title, fields in _TABLES:
        lines = [f"{title}:", "", "| field | meaning |", "|---|---|"]
        for field in fields:
            notes = [note for note, holds in (("null where unknown", field.null),
                                              ("may be absent", field.optional)) if holds]
            names = ", ".join(f"`{name}`" for name in field.names)
            meaning = field.meaning + (f" ({'; '.join(notes)})" if notes else "")
            lines.append(f"| {names} | {meaning} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def problem(value, fields: Sequence[Field] = ROW, where: str = "") -> str | None:
    """What is wrong with a row (or, with other fields, a part of one), or None."""
    if not isinstance(value, dict):
        return f"{where.rstrip('.') or 'it'} is {_short(value)}, not an object"
    for field in fields:
        for name in field.names:
            if name not in value:
                if field.optional:
                    continue
                return f"{where}{name} is missing"
            if value[name] is None and field.null:
                continue
            found = _problem_of(value[name], field.kind, where + name)
            if found:
                return found
    known = {name for field in fields for name in field.names}
    unknown = sorted(set(value) - known)
    return f"{where}{unknown[0]} is not a field of this version" if unknown else None


def _problem_of(value, kind, where: str) -> str | None:
    if isinstance(kind, tuple):
        return problem(value, kind, where + ".")
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{where} is {_short(value)}, not a list"
        return next((found for index, item in enumerate(value)
                     for found in [problem(item, kind[0], f"{where}[{index}].")] if found), None)
    right, what = {
        "text": (isinstance(value, str), "a text"), "number": (_number(value), "a number"),
        "truth": (isinstance(value, bool), "true or false"),
        "texts": (isinstance(value, list) and all(isinstance(item, str) for item in value),
                  "a list of texts"),
        "numbers": (isinstance(value, list) and all(map(_number, value)), "a list of numbers")}[kind]
    return None if right else f"{where} is {_short(value)}, not {what}"


def _number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
