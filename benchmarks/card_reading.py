"""Cards made, photographed (simulated) and read: how many come back, how well faces are known by them.

    python -m benchmarks.card_reading --data_dir=LFW --protocol_dir=LISTS --recognizers=DLIB,SFACE

Faces are those of LFW's View 1 test people with two pictures at least: the first goes on a card,
signed, with a text of 23 bytes, and takes all that the code has room for.

First table: photographs that read back to the very bytes of the card, at four distances (width of the
card in the photograph), by `benchmarks.card_photograph`. Second table: the decoded face against the
original it was coded from (mean cosine), and against the person's second picture: the share that is not
matched (FNMR) at a threshold that accepts one in 10,000 pairs of originals of different people (FMR
1e-4), beside that of the originals.
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
flags.DEFINE_list(
    "recognizers",
    [],
    "Folders of recognisers that judge; none leaves the second table out.",
    flag_values=FLAGS,
)
flags.DEFINE_integer("faces", 200, "Cards of each version.", 1, flag_values=FLAGS)
flags.DEFINE_list("versions", ["13", "15", "18", "25"], "Of the QR code.", flag_values=FLAGS)
flags.DEFINE_enum("level", "M", ["L", "M", "Q", "H"], "Of its error correction.", flag_values=FLAGS)
flags.DEFINE_list(
    "widths",
    ["1200", "800", "600", "400"],
    "Of the card in the photograph, in pixels; none leaves the first table out.",
    flag_values=FLAGS,
)
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
    kept = [
        [align(image_file.read_image(path), points, 112) for path, points in zip(pair, found)]
        for pair, found in zip(chosen, landmarks)
        if np.isfinite(found).all()
    ]
    both = np.array(kept)
    return both[:, 0], both[:, 1]


class Tried:
    """Cards of one version: what is left for the face, the decoded faces, and who was read.

    Attributes:
      made: which of the crops fit, int [M].
      faces: decoded, uint8 [M, 112, 112, 3].
      face_bytes, payload_bytes: means.
      modules: of a side of the code.
    """

    def __init__(self, version: int, crops: np.ndarray, codec, key):
        from tf_ipr.card import drawing, issuing, qr_code
        from tf_ipr.card.payload import CardError
        from tf_ipr.format import compact

        self.version, self.modules, self.tried = version, 17 + 4 * version, len(crops)
        self.cards, faces, made, face_bytes = [], [], [], []
        for number, crop in enumerate(crops):
            try:
                draft = issuing.draft(crop, codec, TEXT, True, version, FLAGS.level, 1005)
            except CardError as error:
                print(f"{version}-{FLAGS.level}, face {number}: {error}", file=sys.stderr)
                continue
            data = draft.finish(key)
            faces.append(codec.decompress(compact.expand(draft.stream)))
            code = qr_code.modules(data, version, FLAGS.level)
            self.cards.append((data, drawing.draw(faces[-1], code, TEXT)))
            face_bytes.append(len(draft.stream))
            made.append(number)
        if not made:
            raise ValueError(
                f"no face fits a code of version {version}, level {FLAGS.level}; leave it out"
            )
        self.made, self.faces = np.array(made), np.stack(faces)
        self.face_bytes = float(np.mean(face_bytes))
        self.payload_bytes = float(np.mean([len(data) for data, _ in self.cards]))

    def read(self, width: int) -> tuple[int, int, float]:
        """(photographs that gave the card's bytes, that gave others, milliseconds of reading one)."""
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
    """One row per code."""
    from tf_ipr.card import drawing

    widths = [int(width) for width in FLAGS.widths]
    columns = [f"read at {width} px, % (pixels a module)" for width in widths]
    lines = [
        "| code | faces that fit | bytes of the card | of the face | module mm | "
        f"{' | '.join(columns)} | ms |",
        "|---" * (6 + len(widths)) + "|",
    ]
    for cards in tried:
        shares, times, pixels = [], [], drawing.module_dots(cards.modules) / drawing.WIDTH
        for width in widths:
            right, wrong, milliseconds = cards.read(width)
            shares.append(f"{100 * right / len(cards.cards):.1f} ({pixels * width:.1f})")
            if wrong:
                shares[-1] += f", {wrong} wrong"
            times.append(milliseconds)
            print(
                f"{cards.version}-{FLAGS.level} at {width} px: {shares[-1]}", file=sys.stderr, flush=True
            )
        values = [
            f"{cards.version}-{FLAGS.level}",
            f"{len(cards.cards)} of {cards.tried}",
            f"{cards.payload_bytes:.0f}",
            f"{cards.face_bytes:.0f}",
            f"{drawing.module_mm(cards.modules):.2f}",
            *shares,
            f"{np.mean(times):.0f}",
        ]
        lines.append(f"| {' | '.join(values)} |")
    return "\n".join(lines)


def judges_table(tried: list[Tried], chosen: np.ndarray, first: np.ndarray, second: np.ndarray) -> str:
    """One row per judge and code; `chosen` says whose pictures the cards were made of."""
    from tf_ipr.evaluation.protocols import operating_point
    from tf_ipr.recognition.recognizer import Recognizer
    from tf_ipr.runtime.alignment import template_for

    lines = [
        "| judge | code | faces | bytes of the face | cosine to its original | FNMR at FMR 1e-4, % "
        "| of the originals, % | threshold |",
        "|---" * 8 + "|",
    ]
    for folder in FLAGS.recognizers:
        judge = Recognizer.load(folder)

        def embed(crops, judge=judge):
            points = np.repeat(template_for(112)[None], len(crops), 0)
            return np.concatenate(
                [
                    judge.embed_faces(crops[i : i + 32], points[i : i + 32])
                    for i in range(0, len(crops), 32)
                ]
            )

        one, two = embed(first), embed(second)
        scores = one @ two.T
        threshold = operating_point.threshold_at_far(scores[~np.eye(len(one), dtype=bool)], FMR)
        for cards in tried:
            people, faces = chosen[cards.made], embed(cards.faces)
            accepted = [
                operating_point.acceptance_rate(genuine, threshold)
                for genuine in (np.sum(faces * two[people], 1), np.diag(scores)[people])
            ]
            values = [
                judge.name,
                f"{cards.version}-{FLAGS.level}",
                f"{len(people)}",
                f"{cards.face_bytes:.0f}",
                f"{np.mean(np.sum(faces * one[people], 1)):.4f}",
                *(f"{100 * (1 - share):.1f}" for share in accepted),
                f"{threshold:.4f}",
            ]
            lines.append(f"| {' | '.join(values)} |")
    return "\n".join(lines)


def main(argv) -> int:
    if len(argv) > 1 or not FLAGS.data_dir or not FLAGS.protocol_dir:
        raise start.UsageError("--data_dir and --protocol_dir are needed, no arguments")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tf_ipr.format import shipped_models
    from tf_ipr.pipeline import codecs

    first, second = pairs()
    chosen = np.unique(np.linspace(0, len(first) - 1, min(FLAGS.faces, len(first))).astype(int))
    codec, key = codecs.for_both(shipped_models.ALIGNED[112]), Ed25519PrivateKey.generate()
    tried = [Tried(int(version), first[chosen], codec, key) for version in FLAGS.versions]
    print(
        f"{len(chosen)} faces; {len(first)} people with two pictures, "
        f"{len(first) * (len(first) - 1)} pairs of different people\n"
    )
    if FLAGS.widths:
        print(reading_table(tried) + "\n", flush=True)
    if FLAGS.recognizers:
        print(judges_table(tried, chosen, first, second))
    return 0


if __name__ == "__main__":
    start.run(main)
