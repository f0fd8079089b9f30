"""A model whose encoder refines every latent, with a real model and recogniser."""

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
    return codec_choice.parse(f"align112+refine16+{folder}:20,40", [], recognizer=recognizer)


def _mean_cosine(recognizer, images, decoded):
    points = np.stack([alignment.template_for(112)] * len(images))
    a, b = (recognizer.embed_images(np.stack(pixels), points) for pixels in (images, decoded))
    return np.mean(np.sum(a * b, axis=1))


def test_crops_are_recognised_better_from_as_many_bytes(choice, recognizer):
    face = known_face.image()
    crops = [align(image, known_face.LANDMARKS, 112)
             for image in (face, np.ascontiguousarray(face[:, ::-1]))]
    plain, refined = (codec.encode_batch(crops, 40) for codec in (choice.codec.inner, choice.codec))
    cosines = [_mean_cosine(recognizer, crops, choice.codec.decode_batch(files))
               for files in (plain, refined)]
    assert cosines[1] > cosines[0]
    assert sum(map(len, refined)) < 1.03 * sum(map(len, plain))
    assert choice.codec.decode(refined[0]).shape == (112, 112, 3)


def test_whole_pictures_have_their_face_found_and_those_without_are_coded_plainly(recognizer):
    pytest.importorskip("mtcnn")
    codec = codec_choice.parse(f"refine10+{shipped_models.folder('lfw_l2_ip')}", [30.0],
                               recognizer=recognizer).codec
    pictures = [known_face.image(), np.zeros_like(known_face.image())]
    plain, refined = (some.encode_batch(pictures, 30) for some in (codec.inner, codec))
    assert plain[0] != refined[0] and plain[1] == refined[1]


def test_results_tell_it_apart_and_bad_input_is_named(choice, recognizer):
    codec = choice.codec
    assert choice.form == CodecForm(
        "model", "lfw_align112_l2_ip", crop="aligned", size=112, search="refine", steps=16,
        leaders=(choice.codec.recognizer.name,)) and choice.settings == (20, 40)
    assert choice.label == "align 112, refine 16, tf_ipr lfw_align112_l2_ip"
    assert recognizer.fingerprint[:16] in codec.fingerprint() and "16 steps" in codec.fingerprint()
    assert codec.inner.fingerprint() in codec.fingerprint()
    with pytest.raises(ValueError, match="100x96 pixels; aligned crops have 112x112"):
        codec.encode(np.zeros([96, 100, 3], np.uint8), 40)
    with pytest.raises(ValueError, match="quality must be one of"):
        codec.encode(np.zeros([112, 112, 3], np.uint8), 0)
