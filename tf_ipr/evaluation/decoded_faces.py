"""What recognisers see in decoded images: computed once, kept, resumed.

For one codec at one setting every image is coded and decoded, its face is found in the decoded
image by itself, and embedded by every recogniser. Bytes, PSNR, landmarks and embeddings are kept by
the image's content in folders named after codec, setting and recogniser, so that nothing of another
model or recogniser is ever mixed in.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import Callable, Optional, Sequence

import numpy as np

from tf_ipr.datasets import image_file
from tf_ipr.evaluation import metrics
from tf_ipr.evaluation.image_codec import ImageCodec, Setting
from tf_ipr.recognition import aligned_image, alignment
from tf_ipr.recognition.cache import Cache, file_key


@dataclasses.dataclass(frozen=True)
class DecodedFaces:
    """Results of all images, in the order given.

    Attributes:
        num_bytes: float32 [N]; of the file for the originals. NaN where an image could not be
            coded (aligned crops of images without a face).
        psnr_db: float32 [N].
        landmarks: float32 [N, 5, 2]; NaN where no face was found in the decoded image.
        embeddings: per recogniser float32 [N, D], NaN likewise.
    """

    num_bytes: np.ndarray
    psnr_db: np.ndarray
    landmarks: np.ndarray
    embeddings: list


def measure(paths: Sequence, codec: Optional[ImageCodec], setting: Setting, recognizers: Sequence,
            detector, cache_dir, aligned_size: Optional[int] = None,
            original_landmarks: Optional[np.ndarray] = None,
            progress: Optional[Callable[[int, int], None]] = None,
            chunk: int = 64) -> DecodedFaces:
    """Codes, decodes, detects and embeds what is not in the cache yet.

    Args:
        paths: image files.
        codec: None for the originals themselves.
        setting: of the codec.
        recognizers: `Recognizer`s.
        detector: a `FaceDetector`.
        cache_dir: folder of the caches; one process at a time for one codec and setting.
        aligned_size: code the aligned crops of this size instead of the images. Their landmarks
            are the template's, and nothing is detected in them.
        original_landmarks: float32 [N, 5, 2], needed with `aligned_size`; NaN without a face.
        progress: called with (images done, images in all) after every chunk.
        chunk: images between two writes.
    """
    name = hashlib.sha256(repr((codec.identity() if codec else "original", setting,
                                aligned_size)).encode()).hexdigest()[:16]
    folder = pathlib.Path(cache_dir) / name
    faces = Cache(folder / "faces", [12])            # bytes, PSNR, landmarks
    seen = [Cache(folder / recognizer.fingerprint[:16], [recognizer.embedding_size])
            for recognizer in recognizers]
    keys = [file_key(path) for path in paths]
    missing = [index for index, key in enumerate(keys)
               if key not in faces or any(key not in cache for cache in seen)]
    for start in range(0, len(missing), chunk):
        part = missing[start:start + chunk]
        rows, decoded = np.full([len(part), 12], np.nan, np.float32), {}
        for row, index in enumerate(part):
            image = image_file.read_image(paths[index])
            if aligned_size:
                if not np.all(np.isfinite(original_landmarks[index])):
                    continue
                image = aligned_image.crop(image, original_landmarks[index], aligned_size)
            decoded[row] = image
            rows[row, :2] = pathlib.Path(paths[index]).stat().st_size, np.inf
        if codec is not None:
            coded = codec.code_batch(list(decoded.values()), setting)
            for (row, image), (data, image_hat) in zip(list(decoded.items()), coded):
                rows[row, :2] = len(data), metrics.psnr_db(image, image_hat)
                decoded[row] = image_hat
        images = list(decoded.values())
        if aligned_size:
            landmarks = np.repeat(alignment.template_for(aligned_size)[None], len(images), 0)
        else:
            landmarks = detector.landmarks(images)
        for row, points in zip(decoded, landmarks):
            rows[row, 2:] = points.ravel()
        chunk_keys = [keys[index] for index in part]
        for recognizer, cache in zip(recognizers, seen):
            embeddings = np.full([len(part), recognizer.embedding_size], np.nan, np.float32)
            embeddings[list(decoded)] = recognizer.embed_faces(images, landmarks)
            cache.add(chunk_keys, embeddings)
        faces.add(chunk_keys, rows)
        if progress:
            progress(len(keys) - len(missing) + start + len(part), len(keys))
    rows = faces.gather(keys)
    return DecodedFaces(rows[:, 0], rows[:, 1], rows[:, 2:].reshape(-1, 5, 2),
                        [cache.gather(keys) for cache in seen])
