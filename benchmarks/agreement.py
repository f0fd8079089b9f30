"""The codec on LiteRT beside the codec in TensorFlow: are streams equal, and how far apart are pixels?

    python -m benchmarks.agreement --data_dir=LFW --protocol_dir=LISTS --every=15

Every picture at three qualities. Streams that are not equal byte for byte are counted, of single pictures and
of batches; pixels of equal streams are compared, decoded by either.
"""

from __future__ import annotations

import collections

import numpy as np
from absl import app, flags

import tf_ipr
from benchmarks import images
from tf_ipr.files import image_file
from tf_ipr.models.codec import TensorFlowCodec

FLAGS = flags.FLAGS
flags.DEFINE_list("qualities", ["1", "50", "100"], "Qualities of the streams.")


def main(argv) -> int:
    del argv
    here, there = tf_ipr.Codec.load(images.model_folder()), TensorFlowCodec.load(images.model_folder())
    count = unequal = unequal_batch = 0
    steps: collections.Counter = collections.Counter()
    for path in images.paths():
        image = image_file.read_image(path)
        for quality in map(float, FLAGS.qualities):
            stream = here.compress(image, quality=quality)
            unequal += stream != there.compress(image, quality=quality)
            unequal_batch += stream != there.compress_batch(image[None], quality)[0]
            apart = np.abs(here.decompress(stream).astype(int) - there.decompress(stream))
            steps.update(dict(zip(*np.unique(apart, return_counts=True))))
            count += 1
    print(f"{count} streams, model {here.model_id}\n")
    print("| what | count |\n|---|---|")
    print(f"| streams of single pictures that differ | {unequal} |")
    print(f"| streams that differ when TensorFlow codes a batch | {unequal_batch} |")
    total = sum(steps.values())
    for step in sorted(steps):
        print(f"| values {step} grey levels apart | {100 * steps[step] / total:.4f} % |")
    return 0 if unequal == 0 and max(steps) <= 1 else 1


if __name__ == "__main__":
    app.run(main)
