"""The fewest bytes at which a codec recognises as well as a target: tf_ipr_evaluate --target=hevc:23.

Two measures: FRR at FAR 1 % of the identification, and FNMR at FMR 1e-4 over all pairs, where the set
carries it. Bytes are counted as whole files and as payload. How the curve is read and what the interval
means stands in `protocols.fewest_bytes`; how many more people a setting rejects, in
`protocols.frr_difference`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tf_ipr.evaluation import rows as rows_of_results
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.protocols import verification
from tf_ipr.evaluation.protocols.fewest_bytes import fewest_bytes
from tf_ipr.evaluation.protocols.frr_difference import frr_difference
from tf_ipr.evaluation.protocols.identification import Identification, gallery_and_probes

FRR, FNMR = "frr_at_far_1", "fnmr_at_fmr_1e-4"
_FMR = 1e-4
SIZES = ("mean_bytes", "payload_bytes")


@dataclasses.dataclass(frozen=True)
class _Kept:
    """Of one row and one recogniser: which decisions were rejections, by measure."""

    row: dict
    identification: Identification
    rejected: dict
    people: dict


class Headline:
    """Collects what the recognisers decided on one dataset, and compares it with the target."""

    def __init__(self, target: CodecChoice, dataset, recognizers: Sequence):
        """`target`: a codec with one setting; `dataset`: an `EvaluationSet` with identities."""
        self._target = target.label, target.settings[0]
        self._names = [recognizer.name for recognizer in recognizers]
        _, probes = gallery_and_probes(dataset.identities, dataset.gallery_size)
        self._probe_people = np.array(dataset.identities)[probes]
        self._kept: dict = {}

    def take(self, row: dict, number: int, outcome: rows_of_results.Outcome) -> None:
        """`took` of a `rows.Judge`."""
        found = outcome.identification
        rejected = {FRR: ~(found.genuine_scores > found.threshold)}
        people = {FRR: self._probe_people}
        compared = outcome.comparisons
        if compared is not None and verification.fnmr_at(compared, _FMR, resamples=0).fnmr is not None:
            rejected[FNMR] = compared.genuine_scores <= verification.threshold_at(compared, _FMR)
            people[FNMR] = compared.people[compared.genuine_pairs[:, 0]]
        self._kept[number, row["label"], row["setting"]] = _Kept(row, found, rejected, people)

    def found(self) -> list[dict]:
        """An entry for each recogniser, measure, codec and count of bytes; null where none does."""
        entries = []
        for number, name in enumerate(self._names):
            target = self._kept.get((number, *self._target))
            for measure in target.rejected if target else ():
                for label, curve in self._curves(number).items():
                    entries += [self._entry(name, measure, label, curve, target, size) for size in SIZES
                                if target.row[size] is not None]
        return [entry for entry in entries if entry]

    def differences(self) -> list[dict]:
        """FRR of every setting minus the target's, with the thresholds' doubt in its interval."""
        entries = []
        for number, name in enumerate(self._names):
            target = self._kept.get((number, *self._target))
            for label, curve in self._curves(number).items() if target else ():
                for kept in curve:
                    found = frr_difference(kept.identification, target.identification,
                                           self._probe_people, rows_of_results.FAR)
                    entries.append(dict(dataset=kept.row["dataset"], recognizer=name, label=label,
                                        setting=kept.row["setting"], mean_bytes=kept.row["mean_bytes"],
                                        frr=kept.identification.frr, **dataclasses.asdict(found)))
        return entries

    def _curves(self, number: int) -> dict:
        curves: dict = {}
        for (which, label, setting), kept in self._kept.items():
            if which == number and setting is not None and (label, setting) != self._target:
                curves.setdefault(label, []).append(kept)
        return curves

    def _entry(self, name, measure, label, curve, target, size) -> dict | None:
        sized: dict = {kept.row[size]: kept for kept in curve
                       if kept.row[size] is not None and measure in kept.rejected}
        if not sized:
            return None
        sizes = sorted(sized)
        found = fewest_bytes(sizes, np.stack([sized[s].rejected[measure] for s in sizes]),
                             target.rejected[measure], target.people[measure])
        return dict(dataset=target.row["dataset"], recognizer=name, measure=measure, counted=size,
                    target=self._target[0], target_setting=self._target[1],
                    target_rate=float(target.rejected[measure].mean()), target_bytes=target.row[size],
                    label=label, largest=sizes[-1],
                    **{key: value if math.isfinite(value) else None for key, value in (
                        ("fewest", found.mean_bytes), ("low", found.low), ("high", found.high))})


def shown_bytes(entry: dict, key: str = "fewest") -> str:
    """A number of bytes; "> N" where no file up to the largest measured, of N bytes, meets the target."""
    return f"> {entry['largest']:,.0f}" if entry[key] is None else f"{entry[key]:,.0f}"


def shown_interval(entry: dict) -> str:
    """The interval of the fewest bytes; one end where both lie beyond what was measured."""
    low, high = shown_bytes(entry, "low"), shown_bytes(entry, "high")
    return low if entry["low"] is None and entry["high"] is None else f"{low} – {high}"


def tables(entries: Sequence[dict], differences: Sequence[dict]) -> str:
    """Both as Markdown."""
    lines = ["| dataset | recogniser | measure | target's, % | codec | counted | fewest bytes | 95 % "
             "interval | "
             "of the target's bytes, % |", "|---" * 9 + "|"]
    for entry in entries:
        share = ("–" if entry["fewest"] is None
                 else f"{100 * entry['fewest'] / entry['target_bytes']:.0f}")
        lines.append(
            f"| {entry['dataset']} | {entry['recognizer']} | {WORDS[entry['measure']]} | "
            f"{100 * entry['target_rate']:.2f} | {entry['label']} | {WORDS[entry['counted']]} | "
            f"{shown_bytes(entry)} | {shown_interval(entry)} | {share} |")
    lines += ["", "| dataset | codec | setting | bytes | recogniser | FRR, % | points above the "
                  "target's |",
              "|---" * 7 + "|"]
    lines += [f"| {entry['dataset']} | {entry['label']} | {entry['setting']:g} | "
              f"{entry['mean_bytes']:,.0f} | "
              f"{entry['recognizer']} | {100 * entry['frr']:.1f} | {100 * entry['difference']:+.1f} "
              f"({100 * entry['low']:+.1f} – {100 * entry['high']:+.1f}) |" for entry in differences]
    return "\n".join(lines)


WORDS = {FRR: "FRR at FAR 1 %", FNMR: "FNMR at FMR 1e-4", "mean_bytes": "files",
          "payload_bytes": "payloads"}
