"""Training losses.

    objective.py     REC, IP and IPR: rate, distortion and identity in one sum
    distortion.py    mean squared error, and MS-SSIM's complement
    ms_ssim.py       multi-scale structural similarity
    identity.py      1 - cosine of a frozen recogniser's embeddings
    random_view.py   random views of an aligned face, for it
    detection.py     how far a face detector's answers move
    face_weight.py   pixels and bits of the background at another weight
"""
