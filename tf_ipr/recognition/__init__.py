"""Faces: detection, alignment, frozen recognisers and the caches of what they find.

    detection.py        faces and their five landmarks, by MTCNN
    alignment.py        landmarks to a template: similarity, differentiable crop
    aligned_image.py    aligned crops as images
    recognizer.py       a frozen recogniser: crops to embeddings
    description.py      what a recogniser expects and gives
    stages.py           its feature maps
    backbones/          architectures that checkpoints are read into
    conversion/         checkpoints to frozen recognisers
    cache.py            landmarks and embeddings by content
    comparison.py       are two pictures of one person?
    identity_search.py  the lowest quality that keeps an identity
    known_face.py       a photograph whose face every recogniser must see
"""
