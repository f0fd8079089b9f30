"""Two pictures, one question: the same person?"""

from __future__ import annotations

import numpy as np

from tf_ipr.faces.detection import Face, main_face


def compare(recognizer, detector, image_a: np.ndarray, image_b: np.ndarray) -> dict:
    """Detects, aligns, embeds and compares the main faces of two images.

    Args:
        recognizer: a `Recognizer`.
        detector: a `FaceDetector`.
        image_a: uint8 RGB (H, W, 3).
        image_b: the same, of any size.

    Returns:
        Of JSON's types: "a" and "b" (None without a face, else "box", "landmarks", "confidence"
        and "faces", the number found), "recognizer", "threshold", and, None unless both have a
        face, "cosine" and "same_person" (cosine at or above the threshold).
    """
    faces = detector.detect([image_a, image_b])
    mains = [main_face(found, *image.shape[:2]) for found, image in zip(faces, (image_a, image_b))]
    result = {"a": _describe(mains[0], len(faces[0])), "b": _describe(mains[1], len(faces[1])),
              "recognizer": recognizer.name, "threshold": recognizer.facts.threshold,
              "cosine": None, "same_person": None}
    if all(mains):
        embeddings = [recognizer.embed_images(image[None], face.landmarks[None])[0]
                      for image, face in zip((image_a, image_b), mains)]
        result["cosine"] = float(embeddings[0] @ embeddings[1])
        result["same_person"] = result["cosine"] >= recognizer.facts.threshold
    return result


def _describe(face: Face | None, count: int) -> dict | None:
    if face is None:
        return None
    return {"box": np.round(face.box, 1).tolist(),
            "landmarks": np.round(face.landmarks, 1).tolist(),
            "confidence": round(face.confidence, 4), "faces": count}
