"""One face through several codecs, with bpp and FRR under each: the paper's first figure.

    python -m benchmarks.identity_figure --image=face.jpg --results=runs/identification/result.json \
        --models=savedmodels/lfw_l2_rec,savedmodels/lfw_l2_ipr --quality=25 --output=identity.png

Original, HEVC and the models side by side. Bits per pixel are of this image's file; FRR is the row of
`benchmarks.identification` with the same codec and setting, where --results has one.
"""

from __future__ import annotations

import json
import pathlib

from absl import app, flags

from tf_ipr import atomic_file
from tf_ipr.bin import start
from tf_ipr.datasets import image_file

FLAGS = flags.FLAGS
flags.DEFINE_string("image", None, "The face.")
flags.DEFINE_string("results", None, "JSON of benchmarks.identification.")
flags.DEFINE_list("models", [], "Model folders.")
flags.DEFINE_float("quality", 25.0, "Of every model.", 1.0, 100.0)
flags.DEFINE_integer("hevc_crf", 36, "Setting of HEVC.")
flags.DEFINE_string("output", "runs/identification/identity.png", "The figure.")


def frr_lines(results, label: str, setting: float) -> list[str]:
    """FRR by recogniser as it stands in the results, or nothing."""
    for row in results:
        if (row["codec"], row["setting"]) == (label, setting):
            return [f"FRR {100 * r['frr']:.1f} %, cos {r['mean_cosine']:.2f}"
                    for r in row["recognizers"]]
    return []


def main(argv) -> int:
    del argv
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot

    from tf_ipr.evaluation import hevc, learned_codec

    if FLAGS.image is None:
        raise app.UsageError("--image=FILE is needed")
    image = image_file.read_image(FLAGS.image)
    results = json.loads(pathlib.Path(FLAGS.results).read_text())["rows"] if FLAGS.results else []
    panels = [("original", image, None, frr_lines(results, "original", 0))]
    codecs = [(hevc.HEVC, "HEVC", FLAGS.hevc_crf)]
    for folder in map(pathlib.Path, FLAGS.models):
        label = folder.parent.name if folder.name == "model" else folder.name
        codecs.append((learned_codec.LearnedCodec.load(folder), label, FLAGS.quality))
    for codec, label, setting in codecs:
        if codec.unavailable_reason():
            print(f"{label} is left out: {codec.unavailable_reason()}")
            continue
        data = codec.encode(image, setting)
        bpp = 8 * len(data) / (image.shape[0] * image.shape[1])
        panels.append((f"{label} {setting:g}", codec.decode(data), bpp,
                       frr_lines(results, label, setting)))

    figure, axes = pyplot.subplots(1, len(panels), figsize=(2.6 * len(panels), 3.6),
                                   layout="constrained")
    for panel, (title, picture, bpp, lines) in zip(axes, panels):
        panel.imshow(picture)
        panel.set(xticks=[], yticks=[], title=title)
        panel.set_xlabel("\n".join(([] if bpp is None else [f"{bpp:.3f} bpp"]) + lines))
    with atomic_file.writing(FLAGS.output) as file:
        figure.savefig(file, format="png", dpi=130)
    return 0


if __name__ == "__main__":
    start.run(main)
