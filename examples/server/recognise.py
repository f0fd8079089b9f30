"""Who is it? Streams of aligned face crops against a gallery of such streams, by the server.

    python examples/server/recognise.py --rest=http://localhost:8501 --gallery=gallery probe.ipr

The gallery has one folder per person, each with one stream or more:

    gallery/Ada/1.ipr  gallery/Ada/2.ipr  gallery/Grace/1.ipr

The server decodes and embeds; pixels stay there. Its decoder must be of the model that made the
streams, and exported with --recognizer; the streams must be of aligned crops:

    tf_ipr_export --target=serving --model=savedmodels/lfw_align_l2_ip --recognizer=FOLDER --output=…
    tf_ipr_compress --align=128 face.jpg probe.ipr

Prints, for each probe, the nearest person and the cosine, or "unknown" below --threshold.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

import client
import numpy as np


def embed(args, paths: list) -> list:
    """The embedding of each stream, float32 [D]; None, with a word, where the server refuses it."""
    rows = client.predict(args, "embedding", [client.read(path) for path in paths])
    for path, row in zip(paths, rows):
        if row["status"]:
            print(f"{path}: {client.in_words(row['status'])}", file=sys.stderr)
    return [None if row["status"] else np.array(row["embedding"], np.float32) for row in rows]


def enrol(args) -> tuple:
    """(names, embeddings float32 [P, D] of length 1): the mean of each person's pictures."""
    paths = sorted(args.gallery.glob("*/*.ipr"))
    if not paths:
        raise FileNotFoundError(f"{args.gallery} holds no PERSON/*.ipr")
    found = {}
    for path, embedding in zip(paths, embed(args, paths)):
        if embedding is not None:
            found.setdefault(path.parent.name, []).append(embedding)
    if not found:
        raise ValueError(f"none of the {len(paths)} streams of {args.gallery} can be embedded")
    means = np.stack([np.mean(embeddings, axis=0) for embeddings in found.values()])
    return list(found), means / np.linalg.norm(means, axis=1, keepdims=True)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    client.add_server_flags(parser)
    parser.add_argument("--gallery", type=pathlib.Path, required=True)
    parser.add_argument(
        "--threshold", type=float, default=0.33, help="cosine from which two faces count as one person"
    )
    parser.add_argument("probe", nargs="+", type=pathlib.Path)
    args = parser.parse_args(arguments)
    try:
        names, gallery = enrol(args)
        probes = embed(args, args.probe)
    except (OSError, ValueError, client.ServerError) as error:
        print(f"recognise.py: {error}", file=sys.stderr)
        return 1
    for path, probe in zip(args.probe, probes):
        if probe is not None:
            cosines = gallery @ probe
            best = int(np.argmax(cosines))
            name = names[best] if cosines[best] >= args.threshold else "unknown"
            print(f"{path}: {name} (cosine {cosines[best]:.3f} to {names[best]})")
    return int(any(probe is None for probe in probes))


if __name__ == "__main__":
    sys.exit(main())
