"""Frozen recognisers: what they expect, how checkpoints become one, what they say of two pictures.

    recognizer.py       a frozen recogniser: crops to embeddings
    onnx_session.py     one that onnxruntime runs
    default_recognizer.py   the one that stands in where none is given: dlib's
    description.py      what a recogniser expects and gives
    stages.py           its feature maps
    backbones/          architectures that checkpoints are read into
    conversion/         checkpoints to frozen recognisers
    comparison.py       are two pictures of one person?
    known_face.py       a photograph whose face every recogniser must see
"""
