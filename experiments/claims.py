"""The paper's qualitative claims as numbers: PSNR at equal rate, and bits inside the face box.

    python -m experiments.claims --data_dir=LFW --protocol_dir=LISTS \
        --every=29 --models=savedmodels/lfw_l2_rec,savedmodels/lfw_l2_ipr,savedmodels/lfw_l2_ip

The first model is what the others are compared with (the paper: IPR loses 1.4 dB, IP 18 dB against
REC at equal bpp, and both spend more of their bits on the face). Rates are those of whole streams.
The box is MTCNN's, in the original; images without a face are left out. The share of bits is a
mean over images of bits inside the box / all bits; the same share of the area is shown beside it.
"""

from __future__ import annotations

import math

import numpy as np
import tqdm
from absl import flags

from benchmarks import images
from tf_ipr.bin import start
from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.DEFINE_list("models", [], "Model folders; the first is the reference.")
flags.DEFINE_list("qualities", ["1", "10", "25", "50", "75", "100"], "Of every model.")

BATCH = 16


def measure(codec, allocation, pictures, boxes, quality) -> np.ndarray:
    """Means of (bpp, PSNR in dB, share of bits in the box, share of the area)."""
    from tf_ipr.evaluation import metrics
    from tf_ipr.report import bit_allocation

    rows = []
    for first in range(0, len(pictures), BATCH):
        batch = np.stack(pictures[first:first + BATCH])
        streams = codec.compress_batch(batch, quality)
        decoded = codec.decompress_batch(streams)
        bits = allocation(batch, quality)
        for index, image in enumerate(batch):
            share = bit_allocation.share_in_box(bits[index], boxes[first + index], *image.shape[:2],
                                                  allocation.stride)
            rows.append([metrics.bits_per_pixel(len(streams[index]), image),
                         metrics.psnr_db(image, decoded[index]), *share])
    return np.mean(rows, axis=0)


def faces(paths):
    """Images of the most frequent size and the box of the main face in each."""
    from tf_ipr.faces import detection

    pictures = [image_file.read_image(path) for path in paths]
    shapes = [image.shape for image in pictures]
    pictures = [image for image in pictures if image.shape == max(set(shapes), key=shapes.count)]
    found = detection.FaceDetector().detect(pictures)
    mains = [detection.main_face(some, *image.shape[:2]) for some, image in zip(found, pictures)]
    kept = [index for index, face in enumerate(mains) if face is not None]
    return [pictures[index] for index in kept], [mains[index].box for index in kept]


def main(argv) -> int:
    from tf_ipr.evaluation.codecs import learned_codec
    from tf_ipr.models import model_folder
    from tf_ipr.models.codec import TensorFlowCodec
    from tf_ipr.report import bit_allocation

    pictures, boxes = faces(images.paths())
    qualities = [float(quality) for quality in FLAGS.qualities]
    curves = {}
    for folder in FLAGS.models or [images.model_folder()]:
        label = learned_codec.LearnedCodec.load(folder).label
        codec = TensorFlowCodec.load(folder)
        allocation = bit_allocation.BitAllocation(model_folder.load(folder)[0])
        curves[label] = np.array([measure(codec, allocation, pictures, boxes, quality)
                                  for quality in tqdm.tqdm(qualities, desc=label)])
    reference = next(iter(curves.values()))
    print(f"{len(pictures)} images with a face.\n")
    print("| model | quality | bpp | PSNR dB | against the first at equal bpp, dB | "
          "bits in the face box, % | area of the box, % |\n" + "|---" * 7 + "|")
    for label, curve in curves.items():
        for quality, (bpp, psnr_db, bits, area) in zip(qualities, curve):
            inside = reference[0, 0] <= bpp <= reference[-1, 0]
            equal = np.interp(math.log(bpp), np.log(reference[:, 0]), reference[:, 1])
            difference = f"{psnr_db - equal:+.2f}" if inside else ""
            print(f"| {label} | {quality:g} | {bpp:.3f} | {psnr_db:.2f} | {difference} | "
                  f"{100 * bits:.1f} | {100 * area:.1f} |")
    return 0


if __name__ == "__main__":
    start.run(main)
