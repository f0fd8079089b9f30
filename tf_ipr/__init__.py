"""tf_ipr: learned face-image compression that keeps identity.

    codec = tf_ipr.Codec.load()
    stream = codec.compress(image, quality=50)
    image = codec.decompress(stream)

    codec.py          the front door, above
    models/           what is learned
    coding/           probability tables, rANS, bitstream
    losses/           distortion, identity, objectives REC, IP, IPR
    recognition/      detection, alignment, frozen recognisers
    datasets/         LFW, CLIC, folders, image files
    training/         the step, schedules, checkpoints
    evaluation/       metrics, identification, reference codecs
    bin/              binaries, one per verb
    refinement.py     an encoder that searches: latents refined by a recogniser's gradient
    shipped_models.py the models that come with the project
    rate_search.py    a quality from a size
    atomic_file.py    files that appear whole or not at all
"""

__version__ = "0.1.0"
__all__ = ["Codec"]


def __getattr__(name):
    # TensorFlow takes seconds to import; binaries that only print their help should not pay.
    if name == "Codec":
        from tf_ipr.codec import Codec
        return Codec
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
