"""Identification from decoded images: FRR@FAR=1% of our models beside HEVC and the originals.

    python -m benchmarks.identification --data_dir=../shared/lfw \
        --protocol_dir=../shared/lfw_protocol \
        --recognizers=recognizers/of_the_loss,recognizers/unseen \
        --models=savedmodels/lfw_l2_rec,savedmodels/lfw_l2_ipr --qualities=10,20,35

LFW's View 1 test people: the first image of each is the gallery, all others are probes, and both are
coded (--gallery=original leaves the gallery as it is). Faces are found in every decoded image by
itself. With --align=128 the aligned crops are coded instead, and nothing is detected in them.

Everything is kept in --cache: an interrupted run goes on where it ended, and a further model or
quality costs only itself. Two runs may share the cache as long as they measure different models or
qualities, for example one on each core. Prints a table in Markdown and writes the rows as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
import time

import numpy as np
from absl import app, flags

from tf_ipr import atomic_file
from tf_ipr.bin import start
from tf_ipr.datasets import lfw

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "Folder of LFW's images.", required=True)
flags.DEFINE_string("protocol_dir", None, "Folder of LFW's official lists.", required=True)
flags.DEFINE_integer("every", 1, "Take every N-th person only.", 1)
flags.DEFINE_list("recognizers", [], "Folders of recognisers, that of the loss first.")
flags.DEFINE_list("models", [], "Model folders.")
flags.DEFINE_list("qualities", ["10", "20", "35"], "Of every model.")
flags.DEFINE_list("hevc_crf", ["23"], "Settings of HEVC; empty for none.")
flags.DEFINE_enum("gallery", "coded", ["coded", "original"], "What the probes are compared with.")
flags.DEFINE_enum("align", None, ["112", "128", "448"], "Code aligned crops of this size.")
flags.DEFINE_string("cache", "runs/identification", "Folder of everything computed.")
flags.DEFINE_string("output", "runs/identification/result.json", "The rows.")


@dataclasses.dataclass(frozen=True)
class Row:
    """One codec at one setting.

    Attributes:
        codec, setting: what coded.
        num_images: all images.
        mean_bytes, bpp, psnr_db: means over the images that could be coded (bpp of the coded
            picture: the whole image, or the aligned crop).
        detection_rate: share of decoded images in which a face was found.
        recognizers: per recogniser name, fingerprint, frr and its 95 % interval, threshold, and
            mean, p5 and worst cosine to the embedding of the original.
    """

    codec: str
    setting: float
    num_images: int
    mean_bytes: float
    bpp: float
    psnr_db: float
    detection_rate: float
    recognizers: list


def jobs() -> list:
    """(label, codec or None, setting) of everything to measure, the originals first."""
    from tf_ipr.evaluation import hevc, learned_codec

    found = [("original", None, 0)]
    codec = hevc.HEVC
    reason = codec.unavailable_reason()
    if FLAGS.hevc_crf and reason:
        print(f"HEVC is left out: {reason}")
    elif FLAGS.hevc_crf:
        found += [(codec.label, codec, int(crf)) for crf in FLAGS.hevc_crf]
    for folder in FLAGS.models:
        model = learned_codec.LearnedCodec.load(folder)
        path = pathlib.Path(folder)
        # A run keeps its model in RUN/model.
        label = path.parent.name if path.name == "model" else path.name
        found += [(label, model, float(quality)) for quality in FLAGS.qualities]
    return found


def row_of(label, setting, identities, sizes, decoded, originals, recognizers) -> Row:
    """The figures of one codec at one setting."""
    from tf_ipr.evaluation import identification

    gallery, probes = identification.gallery_and_probes(identities)
    names = np.array(identities)
    results = []
    for recognizer, embeddings, original in zip(recognizers, decoded.embeddings,
                                                originals.embeddings):
        enrolled = original if FLAGS.gallery == "original" else embeddings
        result = identification.identify(
            enrolled[gallery], names[gallery], embeddings[probes], names[probes])
        cosines = np.sum(embeddings * original, axis=1)
        cosines = cosines[np.isfinite(cosines)]
        results.append(dict(
            name=recognizer.name, fingerprint=recognizer.fingerprint, frr=result.frr,
            frr_low=result.frr_low, frr_high=result.frr_high, threshold=result.threshold,
            mean_cosine=float(cosines.mean()), p5_cosine=float(np.percentile(cosines, 5)),
            worst_cosine=float(cosines.min())))
    found = np.all(np.isfinite(decoded.landmarks), axis=(1, 2))
    finite = np.isfinite(decoded.psnr_db)
    return Row(label, setting, len(identities), float(np.nanmean(decoded.num_bytes)),
               float(np.nanmean(8 * decoded.num_bytes / sizes)),
               float(decoded.psnr_db[finite].mean()) if finite.any() else float("inf"),
               float(found.mean()), results)


def markdown(rows) -> str:
    """The table: FRR in percent with its interval, mean cosine."""
    names = [result["name"] for result in rows[0].recognizers]
    lines = ["| codec | setting | bytes | bpp | PSNR dB | faces found | "
             + " | ".join(f"FRR {name}, %" for name in names) + " | mean cosine |",
             "|---|---|---|---|---|---|" + "---|" * len(names) + "---|"]
    for row in rows:
        frr = " | ".join(f"{100 * r['frr']:.1f} ({100 * r['frr_low']:.1f}–{100 * r['frr_high']:.1f})"
                         for r in row.recognizers)
        cosine = " / ".join(f"{r['mean_cosine']:.3f}" for r in row.recognizers)
        lines.append(f"| {row.codec} | {row.setting:g} | {row.mean_bytes:.0f} | {row.bpp:.3f} | "
                     f"{row.psnr_db:.2f} | {100 * row.detection_rate:.2f} % | {frr} | {cosine} |")
    return "\n".join(lines)


def _progress(label):
    """Prints images per second and time left, now and then."""
    state = {"start": time.monotonic(), "first": None, "last": 0.0}

    def show(done, total):
        now = time.monotonic()
        if state["first"] is None:
            state["first"], state["start"] = done, now
        if done < total and now - state["last"] < 10:
            return
        state["last"] = now
        rate = (done - state["first"]) / max(now - state["start"], 1e-3)
        left = f"{rate:.1f} images/s, {(total - done) / rate / 60:.1f} minutes left" if rate else ""
        print(f"{label}: {done} of {total} {left}", file=sys.stderr, flush=True)

    return show


def main(argv) -> int:
    from PIL import Image

    from tf_ipr.evaluation import decoded_faces
    from tf_ipr.recognition import cache, detection
    from tf_ipr.recognition.recognizer import Recognizer

    if not FLAGS.recognizers:
        raise app.UsageError("--recognizers=FOLDER,... is needed")
    recognizers = [Recognizer.load(folder) for folder in FLAGS.recognizers]
    faces = lfw.test(FLAGS.protocol_dir, FLAGS.data_dir)
    people = {name: number for number, name in enumerate(dict.fromkeys(f.identity for f in faces))}
    faces = [face for face in faces if people[face.identity] % FLAGS.every == 0]
    paths, identities = [face.path for face in faces], [face.identity for face in faces]
    detector, aligned, landmarks = detection.FaceDetector(), None, None
    if FLAGS.align:
        aligned = int(FLAGS.align)
        landmarks = cache.landmarks_of_files(paths, FLAGS.cache, progress=_progress("landmarks"))
        sizes = np.full(len(paths), aligned ** 2, np.float32)
    else:
        sizes = np.array([np.prod(Image.open(path).size) for path in paths], np.float32)

    rows, originals = [], None
    for label, codec, setting in jobs():
        decoded = decoded_faces.measure(
            paths, codec, setting, recognizers, detector, FLAGS.cache, aligned, landmarks,
            progress=_progress(f"{label} {setting:g}"))
        originals = originals or decoded
        rows.append(row_of(label, setting, identities, sizes, decoded, originals, recognizers))
        print(markdown(rows[-1:]).splitlines()[-1], flush=True)
        # After every setting, so that what is done can be read.
        with atomic_file.writing(FLAGS.output, "w") as file:
            json.dump(dict(command=sys.argv, gallery=FLAGS.gallery, align=aligned,
                           rows=[dataclasses.asdict(row) for row in rows]), file, indent=1)
    print("\n" + markdown(rows))
    return 0


if __name__ == "__main__":
    start.run(main)
