"""The fewest bytes at which faces are recognised as well as after HEVC at CRF 23.

    python -m benchmarks.headline --data_dir=LFW --protocol_dir=LISTS --recognizers=ARCFACE,Y1,DLIB \
        --codec=align128+savedmodels/lfw_align_l2_ip:30,50,75,88,100 --codec=align128+avif:35,45,60

Codecs as in tf_ipr_evaluate, whose cache it shares: after an evaluation of the same settings it
takes seconds. FRR@FAR=1 % by the same protocol; the fewest bytes lie where the line through the
measured settings (over the logarithm of their mean bytes) falls to the target's FRR. The interval
is a paired bootstrap over people (tf_ipr/evaluation/protocols/fewest_bytes.py). "none" says that no setting,
up to the largest measured, reaches it. A second table has every setting's FRR minus the target's,
with an interval that counts the thresholds' doubt too (tf_ipr/evaluation/protocols/frr_difference.py).
"""

from __future__ import annotations

import functools
import math

import numpy as np
import tqdm
from absl import app, flags

from tf_ipr.bin import start

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "Folder of LFW's images.", required=True)
flags.DEFINE_string("protocol_dir", None, "Folder of LFW's official lists.", required=True)
flags.DEFINE_integer("every", 1, "Take every N-th person only.", lower_bound=1)
flags.DEFINE_list("recognizers", [], "Folders of recognisers.")
flags.DEFINE_multi_string("codec", [], "[alignN+][shrinkS+|keep+|refineK+]CODEC:SETTING,…; may be repeated.")
flags.DEFINE_enum("gallery", "coded", ["coded", "original"], "What the probes are compared with.")
flags.DEFINE_string("target", "hevc:23", "Codec and setting whose FRR is to be reached.")
flags.DEFINE_string("cache_dir", "runs/cache", "That of tf_ipr_evaluate.")


def shown(value: float, largest: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else f"none to {largest:,.0f}"


def main(argv) -> int:
    del argv
    if not FLAGS.codec or not FLAGS.recognizers:
        raise app.UsageError("--codec and --recognizers are needed")
    from tf_ipr.datasets import evaluation_set
    from tf_ipr.evaluation import coding_pool, measurement, pictures, rows
    from tf_ipr.evaluation.codecs import codec_choice
    from tf_ipr.evaluation.protocols import identification
    from tf_ipr.evaluation.protocols.fewest_bytes import fewest_bytes
    from tf_ipr.evaluation.protocols.frr_difference import frr_difference
    from tf_ipr.faces.detection import FaceDetector
    from tf_ipr.recognition.recognizer import Recognizer

    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    dataset = evaluation_set.load("lfw", FLAGS.data_dir, FLAGS.protocol_dir, FLAGS.every)
    detector = functools.cache(FaceDetector)
    landmarks = pictures.Landmarks(FLAGS.cache_dir, detector)
    choices = codec_choice.merge([codec_choice.parse(text, [], recognizer=recognizers[0])
                                  for text in FLAGS.codec])
    target_choice = codec_choice.parse(FLAGS.target, [])

    def identify(embeddings, originals):
        return identification.identify(*rows.identification_of(
            dataset, embeddings, originals, FLAGS.gallery), target_far=rows.FAR)

    def rejected(found):
        """Which probes are."""
        return ~(found.genuine_scores > found.threshold)

    with coding_pool.CodingPool() as pool:
        laboratory = measurement.Laboratory(recognizers, detector, FLAGS.cache_dir, pool)

        @functools.cache
        def uncoded(align):
            """The pictures, and what was measured of them before coding."""
            of = pictures.Pictures(dataset, align,
                                   landmarks.of(dataset, tqdm.tqdm) if align else None)
            return of, laboratory.measure(of, None, 0)

        def measure(choice, setting):
            """Mean bytes, and per recogniser the identification."""
            of, originals = uncoded(choice.align)
            found = laboratory.measure(of, choice.codec, setting)
            return (float(np.nanmean(found.figures["num_bytes"])),
                    [identify(*pair) for pair in zip(found.embeddings, originals.embeddings)])

        target_bytes, target = measure(target_choice, target_choice.settings[0])
        measured = {choice.label: sorted(((*measure(choice, setting), setting)
                                          for setting in tqdm.tqdm(choice.settings, choice.label)),
                                         key=lambda entry: entry[0]) for choice in choices}

    _, probes = identification.gallery_and_probes(dataset.identities, dataset.gallery_size)
    probe_names = np.array(dataset.identities)[probes]
    print(f"\nTarget: {FLAGS.target}, {target_bytes:,.0f} bytes, {len(dataset.paths):,} images, gallery "
          f"{FLAGS.gallery}\n")
    print("| recogniser | target's FRR, % | codec | fewest bytes | 95 % interval | "
          "of the target's bytes, % |\n" + "|---" * 6 + "|")
    for number, recognizer in enumerate(recognizers):
        for label, curve in measured.items():
            sizes = [size for size, _, _ in curve]
            found = fewest_bytes(sizes, np.stack([rejected(some[number]) for _, some, _ in curve]),
                                 rejected(target[number]), probe_names)
            share = (f"{100 * found.mean_bytes / target_bytes:.0f}"
                     if math.isfinite(found.mean_bytes) else "–")
            print(f"| {recognizer.name} | {100 * target[number].frr:.1f} | {label} | "
                  f"{shown(found.mean_bytes, sizes[-1])} | {shown(found.low, sizes[-1])} – "
                  f"{shown(found.high, sizes[-1])} | {share} |")
    print("\n| codec | setting | bytes |" + "".join(
        f" {recognizer.name}: FRR, points above the target's |" for recognizer in recognizers)
          + "\n" + "|---" * (3 + len(recognizers)) + "|")
    for label, curve in measured.items():
        for size, some, setting in curve:
            cells = []
            for one, of_target in zip(some, target):
                found = frr_difference(one, of_target, probe_names, rows.FAR)
                cells.append(f"{100 * one.frr:.1f} %, {100 * found.difference:+.1f} "
                             f"({100 * found.low:+.1f} – {100 * found.high:+.1f})")
            print(f"| {label} | {setting:g} | {size:,.0f} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    start.run(main)
