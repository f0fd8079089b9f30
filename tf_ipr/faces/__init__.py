"""Where faces are: detection, alignment and the caches of what they find.

    detection.py       faces and their five landmarks, by MTCNN
    alignment.py       landmarks to a template: similarity, differentiable crop
    aligned_image.py   aligned crops as images
    cache.py           landmarks and embeddings by content
"""
