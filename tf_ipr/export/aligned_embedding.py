"""Embeddings of decoded face crops, without detection: the size of a crop says where the face is."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.format.stream_status import StreamStatus


def embed_aligned(decoded, recognizer):
    """Embeds the pictures of a batch that are aligned crops (`tf_ipr_compress --align`).

    A crop of 112×112, 128×128 or 448×448 pixels has its landmarks on
    `alignment.template_for(size)`; a picture of another size has none that are known.

    Args:
      decoded: a `BatchImages`.
      recognizer: a `Recognizer`.

    Returns:
      float32 [B, D], rows of length 1, or 0 where the status is not OK; and int32 [B], the status
      of `decoded`, NOT_ALIGNED where the picture has another size.
    """
    sizes = np.array(alignment.ALIGNED_SIZES, np.int32)
    templates = tf.constant(np.stack([alignment.template_for(int(size)) for size in sizes]))
    matches = tf.equal(tf.minimum(decoded.height, decoded.width)[:, tf.newaxis], sizes)
    aligned = tf.reduce_any(matches, axis=1) & (decoded.height == decoded.width)
    good = decoded.status == StreamStatus.OK
    status = tf.where(good & ~aligned, int(StreamStatus.NOT_ALIGNED), decoded.status)
    landmarks = tf.gather(templates, tf.argmax(matches, axis=1))
    # Outside of a picture lies black, in the batch's padding as beyond the picture's own border.
    chosen = tf.where(status == StreamStatus.OK)[:, 0]
    embeddings = recognizer.embed(tf.cast(tf.gather(decoded.image, chosen), tf.float32),
                                  tf.gather(landmarks, chosen))
    shape = tf.stack([tf.shape(status)[0], recognizer.embedding_size])
    rows = tf.scatter_nd(chosen[:, tf.newaxis], embeddings, tf.cast(shape, tf.int64))
    return tf.ensure_shape(rows, [None, recognizer.embedding_size]), status
