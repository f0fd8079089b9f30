"""The five points that the page in the browser finds, beside mtcnn's.

    make web        # once: it installs the packages and builds web/dist
    python -m benchmarks.browser_landmarks --data_dir=LFW --protocol_dir=LISTS

The models were trained on crops by mtcnn's. Both look at evenly chosen pictures of the test list.
Distances are in pixels of the pictures (250×250). Those of the corners tell how far the crop moves if it
is cut out by the page's points instead of mtcnn's, in pixels of the crop (112×112).
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from absl import app, flags

from tf_ipr.datasets import lfw
from tf_ipr.files import image_file
from tf_ipr.runtime.alignment import ARCFACE_TEMPLATE, similarity

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", None, "LFW.", required=True)
flags.DEFINE_string("protocol_dir", None, "Folder of peopleDevTest.txt.", required=True)
flags.DEFINE_integer("pictures", 120, "How many.", 1)

WEB = pathlib.Path(__file__).resolve().parents[1] / "web"
POINTS = "left eye", "right eye", "nose", "left of the mouth", "right of the mouth"
CORNERS = np.array([[-0.5, -0.5], [111.5, -0.5], [111.5, 111.5], [-0.5, 111.5]])


def by_the_page(paths) -> np.ndarray:
    """What the page finds: float64 [N, 5, 2]; NaN where it sees no face."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("\n".join(map(str, paths)))
        names.flush()
        found = subprocess.run(["node", str(WEB / "find_faces.mjs"), names.name], check=True,
                               capture_output=True, text=True).stdout
    return np.array([json.loads(line) or np.full([5, 2], np.nan) for line in found.splitlines()])


def by_mtcnn(paths) -> np.ndarray:
    from tf_ipr.faces.detection import FaceDetector  # TensorFlow: seconds

    return FaceDetector().landmarks([image_file.read_image(path) for path in paths])


def corner_movement(points: np.ndarray, others: np.ndarray) -> float:
    """How far corners of the crop by `others`, (5, 2), lie off in that by `points`, pixels of 112."""
    a, b, shift = similarity(others, ARCFACE_TEMPLATE)
    corners = (CORNERS - shift) @ np.linalg.inv([[a, -b], [b, a]]).T
    a, b, shift = similarity(points, ARCFACE_TEMPLATE)
    moved = corners @ np.array([[a, -b], [b, a]]).T + shift
    return float(np.linalg.norm(moved - CORNERS, axis=1).mean())


def main(argv) -> None:
    del argv
    faces = lfw.test(FLAGS.protocol_dir, FLAGS.data_dir)
    paths = [faces[i].path for i in np.linspace(0, len(faces) - 1, FLAGS.pictures).astype(int)]
    page, mtcnn = by_the_page(paths), by_mtcnn(paths)
    both = np.isfinite(page).all((1, 2)) & np.isfinite(mtcnn).all((1, 2))
    print(f"{len(paths)} pictures; without a face: page {np.isnan(page).any((1, 2)).sum()}, "
          f"mtcnn {np.isnan(mtcnn).any((1, 2)).sum()}\n")
    print("| point | mean distance | median | 95th percentile |\n|---|---|---|---|")
    distance = np.linalg.norm(page - mtcnn, axis=2)[both]
    corners = np.array([corner_movement(*pair) for pair in zip(page[both], mtcnn[both])])
    for name, values in [*zip(POINTS, distance.T), ("all", distance), ("corners of the crop", corners)]:
        print(f"| {name} | {values.mean():.2f} | {np.median(values):.2f} "
              f"| {np.percentile(values, 95):.2f} |")
    eyes = np.linalg.norm(mtcnn[both, 0] - mtcnn[both, 1], axis=1)
    print(f"\nThe eyes lie {eyes.mean():.1f} pixels apart.")


if __name__ == "__main__":
    app.run(main)
