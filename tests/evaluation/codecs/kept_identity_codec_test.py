"""Every crop at the lowest quality that keeps its identity, with a real model and recogniser."""

import math

import numpy as np
import pytest

from tf_ipr.evaluation.codecs import codec_choice
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.faces import alignment
from tf_ipr.format import shipped_models
from tf_ipr.recognition import known_face
from tf_ipr.runtime.alignment import align


@pytest.fixture(scope="module")
def choice(recognizer):
    folder = shipped_models.folder(shipped_models.ALIGNED[112])
    return codec_choice.parse(f"align112+keep+{folder}:0.8,0.95", [], recognizer=recognizer)


@pytest.fixture(scope="module")
def crops():
    face = known_face.image()
    return [align(image, known_face.LANDMARKS, 112)
            for image in (face, face // 2, np.ascontiguousarray(face[..., ::-1]))]


def _cosine(recognizer, image, decoded):
    points = alignment.template_for(112)[None]
    a, b = (recognizer.embed_images(pixels[None], points)[0] for pixels in (image, decoded))
    return float(a @ b)


@pytest.fixture(scope="module")
def reachable(choice, crops, recognizer):
    """A cosine, in thousandths, that the highest quality just keeps for every crop."""
    inner = choice.codec.inner
    lowest = min(_cosine(recognizer, crop, inner.decode(inner.encode(crop, 100))) for crop in crops)
    return (math.floor(1000 * lowest) - 1) / 1000


def test_every_crop_keeps_the_cosine_and_half_a_step_less_would_not(choice, crops, recognizer,
                                                                    reachable):
    inner, qualities = choice.codec.inner, []
    for crop, data in zip(crops, choice.codec.encode_batch(crops, reachable)):
        assert _cosine(recognizer, crop, choice.codec.decode(data)) >= reachable - 1e-4
        qualities.append(inner.codec.info(data)["quality"])
        if qualities[-1] > 1:
            less = inner.decode(inner.encode(crop, qualities[-1] - 0.5))
            assert _cosine(recognizer, crop, less) < reachable + 1e-4
    assert len(set(qualities)) > 1


def test_more_identity_takes_more_bytes(choice, crops, reachable):
    sizes = [[len(data) for data in choice.codec.encode_batch(crops, setting)]
             for setting in (0.8, reachable)]
    assert all(a <= b for a, b in zip(*sizes)) and sizes[0] != sizes[1]


def test_what_cannot_be_kept_is_coded_at_the_highest_quality(choice, crops):
    data = choice.codec.encode(np.random.default_rng(0).integers(0, 256, [112, 112, 3], np.uint8), 0.999)
    assert choice.codec.inner.codec.info(data)["quality"] == 100
    with pytest.raises(ValueError, match="min_identity must be one of 0.001, 0.002 .. 0.999"):
        choice.codec.encode(crops[0], 1)
    with pytest.raises(ValueError, match="112, 128 or 448|100"):
        choice.codec.encode(np.zeros([100, 100, 3], np.uint8), 0.9)


def test_results_tell_it_apart(choice, recognizer):
    assert choice.form == CodecForm(
        "model", "lfw_align112_l2_ip", crop="aligned", size=112, search="keep",
        leaders=(choice.codec.recognizer.name,)) and choice.settings == (0.8, 0.95)
    assert choice.label == "align 112, keep identity, tf_ipr lfw_align112_l2_ip"
    assert recognizer.fingerprint[:16] in choice.codec.fingerprint()
    assert choice.codec.fingerprint() != choice.codec.inner.fingerprint()
