"""Rate-distortion of our codec beside HEVC, AVIF, WebP and JPEG, from real files.

    python -m benchmarks.rate_distortion --data_dir=../shared/lfw \
        --protocol_dir=../shared/lfw_protocol --output=runs/rate_distortion/lfw.json
    python -m benchmarks.rate_distortion --dataset=folder --data_dir=../shared/kodak \
        --output=runs/rate_distortion/kodak.json

Each image is coded, decoded and compared by itself; the table holds means over images. Results of
single images are remembered in `--cache`: an interrupted run goes on where it ended, and a
run with a smaller `--every` measures only what is new. Prints a table in Markdown, writes the rows
as JSON and, beside them, a plot as SVG.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import math
import os
import pathlib
import sys
import time

import numpy as np
from absl import app, flags

from benchmarks import images
from tf_ipr import atomic_file
from tf_ipr.bin import start
from tf_ipr.datasets import image_file
from tf_ipr.evaluation import coding_results, reference_codecs

FLAGS = flags.FLAGS
flags.DEFINE_list("codecs", ["tf_ipr", *reference_codecs.ALL], "What to measure.")
flags.DEFINE_list("more_models", [], "Further model folders, to be compared with --model.")
flags.DEFINE_list("qualities", ["1", "10", "20", "35", "50", "65", "80", "100"], "Of tf_ipr.")
flags.DEFINE_string("cache", "runs/rate_distortion/cache.jsonl", "Results of single images.")
flags.DEFINE_bool("together", False, "Code batches of images where the codec can (ours): faster, but "
                  "times are those of batches.")
flags.DEFINE_string("output", "runs/rate_distortion/result.json", "Rows; the plot goes beside it.")

BATCH = 32
RATES_BPP = (0.1, 0.15, 0.2, 0.3, 0.5)


@dataclasses.dataclass(frozen=True)
class Row:
    """Means over all images of one codec at one setting."""

    codec: str
    label: str
    identity: str
    setting: float
    num_images: int
    bpp: float
    psnr_db: float
    ms_ssim: float
    bytes_p5: float
    bytes_p50: float
    bytes_p95: float
    encode_ms_p50: float
    decode_ms_p50: float


def codecs() -> list:
    """The codecs asked for that work here; the others are named with their reasons."""
    found = []
    for name in FLAGS.codecs:
        if name == "tf_ipr":
            from tf_ipr.evaluation import learned_codec

            settings = tuple(float(quality) for quality in FLAGS.qualities)
            found += [learned_codec.LearnedCodec.load(model, settings)
                      for model in (images.model_folder(), *FLAGS.more_models)]
        elif name not in reference_codecs.ALL:
            raise app.UsageError(
                f"--codecs knows tf_ipr, {', '.join(reference_codecs.ALL)}; given {name!r}")
        elif reference_codecs.ALL[name].unavailable_reason():
            print(f"{name} is left out: {reference_codecs.ALL[name].unavailable_reason()}")
        else:
            found.append(reference_codecs.ALL[name])
    return found


def measure_all(paths, chosen) -> tuple[dict, list[str]]:
    """All results by (codec, setting), and the failures as sentences."""
    results, failures = collections.defaultdict(list), []
    begin, fresh = time.monotonic(), 0
    with coding_results.ResultCache(FLAGS.cache) as cache:
        for first in range(0, len(paths), BATCH):
            batch = [image_file.read_image(path) for path in paths[first:first + BATCH]]
            for codec in chosen:
                for setting in codec.settings:
                    fresh += sum(cache.get(codec, image, setting) is None for image in batch)
                    if FLAGS.together:
                        results[codec, setting] += cache.measure_batch(codec, batch, setting)
                        continue
                    for path, image_u8 in zip(paths[first:], batch):
                        try:
                            results[codec, setting].append(cache.measure(codec, image_u8, setting))
                        except ValueError as error:
                            failures.append(f"{path}, {codec.label} {setting}: {error}")
            done = first + len(batch)
            left = (time.monotonic() - begin) / done * (len(paths) - done)
            print(f"\r{done} of {len(paths)} images, {fresh} new results, "
                  f"{left / 60:.1f} minutes left ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results, failures


def summarize(results) -> list[Row]:
    """One row per codec and setting, in the order measured."""
    rows = []
    for (codec, setting), of_images in results.items():
        def values(field):
            return np.array([getattr(result, field) for result in of_images])
        rows.append(Row(
            codec.name, codec.label, codec.identity(), setting, len(of_images),
            *(float(np.mean(values(field))) for field in ("bpp", "psnr_db", "ms_ssim")),
            *(float(value) for value in np.percentile(values("num_bytes"), [5, 50, 95])),
            float(np.median(values("encode_ms"))), float(np.median(values("decode_ms")))))
    return rows


def curves(rows) -> dict[str, list[Row]]:
    """Rows by label, from small files to large."""
    by_label = collections.defaultdict(list)
    for row in sorted(rows, key=lambda row: row.bpp):
        by_label[row.label].append(row)
    return by_label


def markdown(rows) -> str:
    lines = ["| codec | setting | images | bpp | PSNR dB | MS-SSIM | bytes p5 / p50 / p95 | "
             "encode ms | decode ms |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(
            f"| {row.label} | {row.setting:g} | {row.num_images} | {row.bpp:.3f} | "
            f"{row.psnr_db:.2f} | {row.ms_ssim:.4f} | {row.bytes_p5:.0f} / {row.bytes_p50:.0f} / "
            f"{row.bytes_p95:.0f} | {row.encode_ms_p50:.1f} | {row.decode_ms_p50:.1f} |")
    heads = " | ".join(f"{rate} bpp" for rate in RATES_BPP)
    lines += ["", "PSNR dB / MS-SSIM at equal rates (mean curves, interpolated over log rate):", "",
              f"| codec | {heads} |", "|---|" + "---|" * len(RATES_BPP)]
    for label, curve in curves(rows).items():
        rates = [math.log(row.bpp) for row in curve]
        cells = []
        for rate in RATES_BPP:
            inside = rates[0] <= math.log(rate) <= rates[-1]
            psnr_db, ms_ssim = (
                np.interp(math.log(rate), rates, [getattr(row, field) for row in curve])
                for field in ("psnr_db", "ms_ssim"))
            cells.append(f"{psnr_db:.2f} / {ms_ssim:.4f}" if inside else "")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(rows, title: str, path: pathlib.Path) -> None:
    """PSNR and MS-SSIM (as -10 log10(1 - MS-SSIM) dB) over bits per pixel, as SVG."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "tf_ipr"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for label, curve in curves(rows).items():
        rates = [row.bpp for row in curve]
        style = dict(marker="o", markersize=3, linewidth=2 if label.startswith("tf_ipr") else 1.2)
        left.plot(rates, [row.psnr_db for row in curve], label=label, **style)
        right.plot(rates, [-10 * math.log10(max(1 - row.ms_ssim, 1e-6)) for row in curve],
                   label=label, **style)
    left.set(xlabel="bits per pixel", ylabel="PSNR, dB", xlim=(0, 1))
    right.set(xlabel="bits per pixel", ylabel="-10 log10(1 - MS-SSIM), dB", xlim=(0, 1))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(title)
    with atomic_file.writing(path, "wb") as file:
        figure.savefig(file, format="svg", metadata={"Date": None})


def main(argv) -> int:
    paths = images.paths()
    results, failures = measure_all(paths, codecs())
    rows = summarize(results)
    print(markdown(rows))
    record = dict(
        command=[os.path.basename(argv[0]), *sys.argv[1:]], dataset=FLAGS.dataset,
        every=FLAGS.every, num_images=len(paths), failures=failures, rows=[
            {name: None if value != value else value  # JSON knows no NaN
             for name, value in dataclasses.asdict(row).items()} for row in rows])
    output = pathlib.Path(FLAGS.output)
    with atomic_file.writing(output, "w") as file:
        json.dump(record, file, indent=1)
    plot(rows, f"{images.name()}, {len(paths)} images", output.with_suffix(".svg"))
    for failure in failures:
        print(f"failed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    start.run(main)
