"""tf_ipr: learned face-image compression that keeps identity.

    codec = tf_ipr.Codec.load()
    stream = codec.compress(image, quality=50)
    image = codec.decompress(stream)

The ground floor needs NumPy, Pillow and LiteRT, and cannot import TensorFlow:

    format/        header and stream, probability tables, model folders, shipped models
    files/         pictures, lists of files, files that appear whole or not at all
    runtime/       encoder, decoder, the codec above, a quality from a size, alignment

Above it:

    coding/        rANS and bitstream as TensorFlow graphs
    models/        what is learned; the codec in TensorFlow
    losses/        distortion, identity, objectives REC, IP, IPR
    faces/         detection, alignment, caches of what they find
    recognition/   frozen recognisers and their conversion
    encoding/      encoders that look at faces: refinement, the lowest quality that keeps an identity
    datasets/      LFW, CLIC, folders
    training/      the step, schedules, checkpoints
    export/        TFLite halves, TF Serving decoder
    evaluation/    metrics, identification, reference codecs
    bin/           binaries, one per verb
"""

import os

# What TensorFlow's C++ says at every start, of absent GPUs and of plugins registered twice, helps
# nobody; what goes wrong comes as an exception. It listens only before it is first imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.2.0"
__all__ = ["Codec", "align"]


def __getattr__(name):
    # Loaded when asked for: binaries that only print their help should not pay for NumPy.
    if name == "Codec":
        from tf_ipr.runtime.codec import Codec
        return Codec
    if name == "align":
        from tf_ipr.runtime.alignment import align
        return align
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
