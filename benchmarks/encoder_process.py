"""One encoder in a process of its own: time per image and peak memory, as JSON.

    python benchmarks/encoder_process.py tflite encoder.tflite image.png 50 --runs=9

Imports nothing but the encoder it measures, NumPy and Pillow, so that the peak is that encoder's.
Kinds: `tflite` (a file of tf_ipr_export), `compressai` (bmshj2018-hyperprior, random weights), and
`jpeg`, `webp`, `avif`, `hevc` of tf_ipr.evaluation.
"""

from __future__ import annotations

import argparse
import pathlib
import sys

import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks import measured_calls, peak_memory  # pylint: disable=wrong-import-position


def _tflite(path, quality):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "examples" / "device"))
    from encode import Encoder

    encoder = Encoder(path)
    return lambda image: encoder.encode(image, quality)


def _compressai(unused_path, quality):
    import torch
    from compressai.zoo import bmshj2018_hyperprior

    torch.set_num_threads(1)
    model = bmshj2018_hyperprior(int(quality), pretrained=False).eval()
    model.update(force=True)

    def encode(image):
        height, width = image.shape[:2]
        padded = np.pad(image, [(0, -height % 64), (0, -width % 64), (0, 0)], "edge")
        tensor = torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            return b"".join(part[0] for part in model.compress(tensor)["strings"])

    return encode


def _reference(name):
    def build(unused_path, quality):
        from tf_ipr.evaluation.codecs import reference_codecs

        codec = reference_codecs.ALL[name]
        setting = quality if name == "hevc" else int(quality)
        return lambda image: codec.encode(image, setting)
    return build


KINDS = {"tflite": _tflite, "compressai": _compressai,
         **{name: _reference(name) for name in ("jpeg", "webp", "avif", "hevc")}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("path", help="of the encoder; - where the kind needs none")
    parser.add_argument("image")
    parser.add_argument("quality", type=float)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    image = np.asarray(Image.open(options.image).convert("RGB"))
    before = peak_memory.mebibytes()
    encode = KINDS[options.kind](options.path, options.quality)
    stream = encode(image)
    measured_calls.report(lambda: encode(image), options.runs, len(stream), before)


if __name__ == "__main__":
    main()
