"""The cosine of a picture's face to the decoded one's."""

from __future__ import annotations

import importlib.util
import io
import json

import numpy as np
import pytest
from PIL import Image

from tf_ipr.pipeline.file_run import Item
from tf_ipr.pipeline.transcode import Rate

pytestmark = pytest.mark.skipif(importlib.util.find_spec("mtcnn") is None, reason="needs mtcnn")


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    from tests import tiny_recognizer
    from tf_ipr.pipeline.self_identity import SelfIdentity

    return SelfIdentity(None, 1 << 20, Rate(60.0), str(tiny_recognizer.write(tmp_path_factory)))


def png(image) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def test_a_face_is_much_like_its_decoded_self(identity, face):
    from tf_ipr.pipeline.self_identity import IDENTITY

    made = identity.measure(Item("a face", png(face)))
    facts = json.loads(made.content)
    assert 0.8 < facts["cosine"] == made.cosine <= 1.0
    assert facts["stream_bytes"] > 100 and facts["recognizer"] == "tiny"
    assert IDENTITY.is_ours(made.content)
    assert identity.settings["quality"] == 60.0 and identity.settings["recognizer"]


def test_a_picture_without_a_face_says_so(identity):
    with pytest.raises(ValueError, match="no face was found in the picture"):
        identity.measure(Item("a wall", png(np.full([64, 64, 3], 90, np.uint8))))
