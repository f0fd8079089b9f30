"""Cards made, photographed (simulated) and read: how many come back, and how well faces are known by them.

    python -m benchmarks.card_reading --data_dir=LFW --protocol_dir=LISTS --recognizers=DLIB,SFACE

Faces are those of LFW's View 1 test people with two pictures at least: the first goes on a card, signed, with
a text of 23 bytes, and takes all that the code has room for. First table: photographs that read back to the
very bytes of the card, at four distances (width of the card in the photograph), by
`benchmarks.card_photograph`. Second table: the decoded face against the original it was coded from (mean
cosine), and against the person's second picture: the share that is not matched (FNMR) at a threshold that
accepts one in 10,000 pairs of originals of different people (FMR 1e-4), beside that of the originals.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from absl import flags

from benchmarks import card_photograph
from tf_ipr.bin import start
from tf_ipr.datasets import lfw

FLAGS = flags.FlagValues()
flags.DEFINE_string("data_dir", None, "LFW's images.", flag_values=FLAGS)
flags.DEFINE_string("protocol_dir", None, "LFW's official lists.", flag_values=FLAGS)
flags.DEFINE_string("cache_dir", "runs/cache", "Where landmarks are kept.", flag_values=FLAGS)
flags.DEFINE_list("recognizers", [], "Folders of recognisers that judge; none leaves the second table out.",
                  flag_values=FLAGS)
flags.DEFINE_integer("faces", 200, "Cards of each version.", 1, flag_values=FLAGS)
flags.DEFINE_list("versions", ["13", "15", "18", "25"], "Of the QR code.", flag_values=FLAGS)
flags.DEFINE_enum("level", "M", ["L", "M", "Q", "H"], "Of its error correction.", flag_values=FLAGS)
flags.DEFINE_list("widths", ["1200", "800", "600", "400"], "Of the card in the photograph, in pixels.", flag_values=FLAGS)
flags.DEFINE_integer("seed", 1, "Of the photographs.", flag_values=FLAGS)

TEXT = "Ada Example, 1815-12-10"
FMR = 1e-4


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """uint8 [N, 112, 112, 3] twice: two aligned originals of each person whose faces are found."""
    from tf_ipr.faces import cache
    from tf_ipr.files import image_file
    from tf_ipr.runtime.alignment import align

    people: dict = {}
    for face in lfw.test(FLAGS.protocol_dir, FLAGS.data_dir):
        people.setdefault(face.identity, []).append(face.path)
    chosen = [paths[:2] for paths in people.values() if len(paths) > 1]
    paths = [path for pair in chosen for path in pair]
    landmarks = cache.landmarks_of_files(paths, FLAGS.cache_dir).reshape(-1, 2, 5, 2)
    kept = [[align(image_file.read_image(path), points, 112) for path, points in zip(pair, found)]
            for pair, found in zip(chosen, landmarks) if np.isfinite(found).all()]
    both = np.array(kept)
    return both[:, 0], both[:, 1]


class Tried:
    """Cards of one version: what is left for the face, the decoded faces, and who was read."""

    def __init__(self, version: int, crops: np.ndarray, codec, key):
        from tf_ipr.card import drawing, issuing, qr_code
        from tf_ipr.format import compact

        self.version, self.cards, faces, self.face_bytes = version, [], [], []
        for crop in crops:
            draft = issuing.draft(crop, codec, TEXT, True, version, FLAGS.level, 1005)
            data = draft.finish(key)
            face = codec.decompress(compact.expand(draft.stream))
            code = qr_code.modules(data, version, FLAGS.level)
            self.cards.append((data, drawing.draw(face, code, TEXT)))
            self.face_bytes.append(len(draft.stream))
            faces.append(face)
        self.faces, self.modules = np.stack(faces), len(code)
        self.payload_bytes = float(np.mean([len(data) for data, _ in self.cards]))

    def read(self, width: int) -> tuple[int, int, float]:
        """(photographs that gave the card's bytes, that gave other bytes, milliseconds of reading each)."""
        from tf_ipr.card import reading

        right = wrong = 0
        seconds = 0.0
        for number, (data, card) in enumerate(self.cards):
            rng = np.random.default_rng([FLAGS.seed, self.version, width, number])
            picture = card_photograph.photograph(card, card_photograph.Conditions(width), rng)
            begin = time.perf_counter()
            try:
                found = reading.find(picture)
            except reading.NoCardError:
                found = None
            seconds += time.perf_counter() - begin
            right += found == data
            wrong += found not in (None, data)
        return right, wrong, 1e3 * seconds / len(self.cards)


def reading_table(tried: list[Tried]) -> str:
    from tf_ipr.card import drawing

    widths = [int(width) for width in FLAGS.widths]
    lines = ["| code | bytes of the card | of the face, mean | module mm | "
             + " | ".join(f"read at {width} px, % (pixels a module)" for width in widths) + " | ms |",
             "|---" * (5 + len(widths)) + "|"]
    for cards in tried:
        share, times, pixels = [], [], drawing.module_dots(cards.modules) / drawing.WIDTH
        for width in widths:
            right, wrong, milliseconds = cards.read(width)
            share.append(f"{100 * right / len(cards.cards):.1f} ({pixels * width:.1f})"
                         + (f", {wrong} wrong" if wrong else ""))
            times.append(milliseconds)
            print(f"{cards.version}-{FLAGS.level} at {width} px: {share[-1]}", file=sys.stderr, flush=True)
        lines.append(f"| {cards.version}-{FLAGS.level} | {cards.payload_bytes:.0f} | {np.mean(cards.face_bytes):.0f} | "
                     f"{drawing.module_mm(cards.modules):.2f} | " + " | ".join(share) + f" | {np.mean(times):.0f} |")
    return "\n".join(lines)


def judges_table(tried: list[Tried], chosen: np.ndarray, first: np.ndarray, second: np.ndarray) -> str:
    """One row per code and judge; `chosen` says which of the people have cards."""
    from tf_ipr.evaluation import operating_point
    from tf_ipr.recognition.recognizer import Recognizer
    from tf_ipr.runtime.alignment import template_for

    lines = ["| judge | code | bytes of the face, mean | cosine to its original, mean | FNMR at FMR 1e-4, % | of the "
             "originals, % | threshold |", "|---" * 7 + "|"]
    for folder in FLAGS.recognizers:
        judge = Recognizer.load(folder)

        def embed(crops, judge=judge):
            points = np.repeat(template_for(112)[None], len(crops), 0)
            return np.concatenate([judge.embed_faces(crops[i:i + 32], points[i:i + 32])
                                   for i in range(0, len(crops), 32)])

        one, two = embed(first), embed(second)
        scores = one @ two.T
        threshold = operating_point.threshold_at_far(scores[~np.eye(len(one), dtype=bool)], FMR)
        originals = 1 - operating_point.acceptance_rate(np.diag(scores)[chosen], threshold)
        for cards in tried:
            faces = embed(cards.faces)
            missed = 1 - operating_point.acceptance_rate(np.sum(faces * two[chosen], 1), threshold)
            lines.append(f"| {judge.name} | {cards.version}-{FLAGS.level} | {np.mean(cards.face_bytes):.0f} | "
                         f"{np.mean(np.sum(faces * one[chosen], 1)):.4f} | {100 * missed:.1f} | {100 * originals:.1f} | "
                         f"{threshold:.4f} |")
    return "\n".join(lines)


def main(argv) -> int:
    if len(argv) > 1 or not FLAGS.data_dir or not FLAGS.protocol_dir:
        raise start.UsageError("--data_dir and --protocol_dir are needed, no arguments")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from tf_ipr.bin import card
    from tf_ipr.format import shipped_models

    first, second = pairs()
    chosen = np.unique(np.linspace(0, len(first) - 1, min(FLAGS.faces, len(first))).astype(int))
    codec, key = card.load_codec(shipped_models.ALIGNED[112]), Ed25519PrivateKey.generate()
    tried = [Tried(int(version), first[chosen], codec, key) for version in FLAGS.versions]
    print(f"{len(chosen)} faces; {len(first)} people with two pictures, {len(first) * (len(first) - 1)} pairs of "
          f"different people\n\n{reading_table(tried)}\n", flush=True)
    if FLAGS.recognizers:
        print(judges_table(tried, chosen, first, second))
    return 0


if __name__ == "__main__":
    start.run(main)
