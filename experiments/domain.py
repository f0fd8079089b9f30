"""A general model against a face model: what training on the domain buys (section 4.4.2 of the paper).

    tf_ipr_train --flagfile=flags/bsds500_l2_rec.cfg --data_dir=BSDS
    tf_ipr_train --flagfile=flags/lfw_l2_rec.cfg --steps=2000 --data_dir=LFW --protocol_dir=LISTS \
        --run_dir=runs/lfw_l2_rec_short
    for each of  --dataset=folder --data_dir=BSDS500/test,  --dataset=folder --data_dir=KODAK  and
                 --data_dir=LFW --protocol_dir=LISTS --every=16:
        tf_ipr_evaluate … --output=runs/domain/NAME --codec=runs/bsds500_l2_rec/model:1,25,50,75,100 \
            --codec=runs/lfw_l2_rec_short/model:1,25,50,75,100
    python -m experiments.domain --results=runs/domain/bsds,runs/domain/lfw,runs/domain/kodak

Both models have seen the same number of steps of batch 8 from the same start; the first results are
those of the general model's own kind of image. Printed for each data set: bits at equal PSNR of the
face model against the general one (BD rate, negative is fewer), and for each quality of the general
model the rate it has on its own kind of image and on the others: a codec bought for one rate
delivers another.
"""

from __future__ import annotations

import json
import pathlib

import bjontegaard
import numpy as np
from absl import app, flags

from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_list("results", [], "Folders written by tf_ipr_evaluate, the general model's own images "
                  "first.")
flags.DEFINE_string("general", "bsds500_l2_rec", "Name of the general model in the results.")
flags.DEFINE_string("face", "lfw_l2_rec_short", "Name of the face model in the results.")


def curve(rows, dataset: str, name: str) -> np.ndarray:
    """[(quality, bpp, PSNR in dB)], rates ascending."""
    found = [(row["setting"], row["bpp"], row["psnr_db"]) for row in rows
             if row["dataset"] == dataset and row["label"] == f"tf_ipr {name}"]
    if not found:
        raise app.UsageError(f"The results have no rows of {name!r} on {dataset!r}.")
    return np.array(sorted(found))


def main(argv) -> int:
    del argv
    if not FLAGS.results:
        raise app.UsageError("--results is needed, the folders that tf_ipr_evaluate wrote")
    rows = [row for folder in FLAGS.results
            for row in json.loads((pathlib.Path(folder) / "metrics.json").read_text())["rows"]]
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    curves = {dataset: {name: curve(rows, dataset, name) for name in (FLAGS.general, FLAGS.face)}
              for dataset in datasets}
    print("| images | face model's bits at equal PSNR, % of the general model's |\n|---|---|")
    for dataset, of in curves.items():
        rate = bjontegaard.bd_rate(of[FLAGS.general][:, 1], of[FLAGS.general][:, 2],
                                   of[FLAGS.face][:, 1], of[FLAGS.face][:, 2], method="akima")
        print(f"| {dataset} | {rate:+.1f} |")
    general = {dataset: of[FLAGS.general] for dataset, of in curves.items()}
    print("\n| general model, quality | " + " | ".join(f"{d}: bpp, PSNR dB" for d in datasets)
          + " |\n|" + "---|" * (1 + len(datasets)))
    for index, quality in enumerate(general[datasets[0]][:, 0]):
        own_bpp = general[datasets[0]][index, 1]
        cells = [f"{bpp:.3f} ({bpp / own_bpp - 1:+.0%}), {psnr_db:.2f}"
                 for _, bpp, psnr_db in (general[dataset][index] for dataset in datasets)]
        print(f"| {quality:g} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    start.run(main)
