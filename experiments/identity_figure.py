"""One face through several codecs, with bpp and FRR under each: the paper's first figure.

    python -m experiments.identity_figure --image=face.jpg --results=runs/evaluation/metrics.json \
        --models=savedmodels/lfw_l2_rec:30,savedmodels/lfw_l2_ipr:18 --output=identity.png

Original, HEVC and the models side by side, each at the setting behind the colon. Bits per pixel are of
this image's file; FRR is the row of `tf_ipr_evaluate` with the same codec and setting, where --results
has one, a line for each recogniser in their order there.
"""

from __future__ import annotations

from absl import app, flags

from tf_ipr.bin import start
from tf_ipr.files import atomic_file, image_file

FLAGS = flags.FLAGS
flags.DEFINE_string("image", None, "The face.")
flags.DEFINE_string("results", None, "metrics.json of tf_ipr_evaluate.")
flags.DEFINE_list("models", [], "Model folders, FOLDER:QUALITY.")
flags.DEFINE_integer("hevc_crf", 23, "Setting of HEVC.")
flags.DEFINE_string("output", "runs/evaluation/identity.png", "The figure.")


def frr_lines(rows, label: str, setting: float) -> list[str]:
    """FRR by recogniser as it stands in the results, or nothing."""
    for row in rows:
        if row["codec"]["crop"] is None and (row["label"], row["setting"]) == (label, setting):
            return [f"FRR {100 * r['frr_at_far_1']:.1f} %, cos {r['mean_cosine']:.2f}"
                    for r in row["recognizers"]]
    return []


def main(argv) -> int:
    del argv
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot

    from tf_ipr.evaluation.codecs import hevc, learned_codec
    from tf_ipr.report.results import load as load_results

    if FLAGS.image is None:
        raise app.UsageError("--image=FILE is needed")
    image = image_file.read_image(FLAGS.image)
    results = [row for group in (load_results([FLAGS.results]).groups if FLAGS.results else ())
               for row in group.rows]
    panels = [("original", image, None, frr_lines(results, "original", None))]
    codecs = [(hevc.HEVC, FLAGS.hevc_crf)]
    for model in FLAGS.models:
        folder, _, quality = model.rpartition(":")
        codecs.append((learned_codec.LearnedCodec.load(folder), float(quality)))
    for codec, setting in codecs:
        if codec.unavailable_reason():
            print(f"{codec.label} is left out: {codec.unavailable_reason()}")
            continue
        data = codec.encode(image, setting)
        bpp = 8 * len(data) / (image.shape[0] * image.shape[1])
        panels.append((f"{codec.label.replace('tf_ipr ', '')} {setting:g}", codec.decode(data), bpp,
                       frr_lines(results, codec.label, setting)))

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
