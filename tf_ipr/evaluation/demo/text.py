"""The demo's figures as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from tf_ipr.evaluation.demo.part import Part


def table(parts: Sequence[Part]) -> str:
    """One block for each part, one line for each codec, columns aligned."""
    rows = [
        [
            coded.label,
            str(coded.num_bytes),
            str(coded.container_bytes),
            f"{coded.psnr_db:.1f}",
            "" if part.threshold is None else part.verdict(coded),
            coded.how,
        ]
        for part in parts
        for coded in part.coded
    ]
    judged = any(part.threshold is not None for part in parts)
    heading = [
        "codec",
        "bytes",
        "container",
        "PSNR dB",
        "cosine to the original" if judged else "",
        "setting",
    ]
    widths = [max(map(len, column)) for column in zip(heading, *rows)]
    lines, remaining = [], iter(rows)
    for part in parts:
        lines += ["", part.title, _line(heading, widths)]
        lines += [_line(next(remaining), widths) for _ in part.coded]
    return "\n".join(lines[1:])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    right = (False, True, True, True, False, False)
    padded = [
        cell.rjust(width) if to_the_right else cell.ljust(width)
        for cell, width, to_the_right in zip(cells, widths, right)
    ]
    return "  ".join(cell for cell, width in zip(padded, widths) if width).rstrip()
