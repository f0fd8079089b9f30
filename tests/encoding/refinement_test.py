"""Refining a latent: an ordinary stream, a face that is recognised better, bad input named."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_recognizer
from tf_ipr.encoding.refinement import Refinement
from tf_ipr.faces import alignment
from tf_ipr.format import shipped_models
from tf_ipr.losses.objective import Objective
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.recognition import known_face
from tf_ipr.recognition.recognizer import Recognizer
from tf_ipr.runtime.alignment import align

POINTS = alignment.template_for(112)


@pytest.fixture(scope="module")
def codec():
    return TensorFlowCodec.load(shipped_models.folder(shipped_models.ALIGNED[112]))


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    return Recognizer.load(tiny_recognizer.write(tmp_path_factory), check=False)


@pytest.fixture(scope="module")
def refinement(codec, recognizer):
    tf.random.set_seed(1)
    return Refinement(codec, [recognizer], steps=12)


@pytest.fixture(scope="module")
def crops():
    face = known_face.image()
    return np.stack([align(image, known_face.LANDMARKS, 112)
                     for image in (face, face // 2, np.ascontiguousarray(face[:, ::-1]))])


def _points(count):
    return np.stack([POINTS] * count)


def _lagrangians(codec, recognizer, crops, streams, quality):
    """What training minimises, of each stream: its bytes, and the face as decoded."""
    decoded = codec.decompress_batch(streams)
    embeddings = [recognizer.embed_faces(images, _points(len(images))) for images in (crops, decoded)]
    bpp = np.array([8 * len(stream) for stream in streams]) / (112 * 112)
    weight = Objective.of_training(codec.config["training"]).lambda_rate(quality).numpy()
    return weight * bpp + 1 - np.sum(embeddings[0] * embeddings[1], axis=1)


def test_feature_maps_take_part_where_a_recogniser_has_them(codec, tmp_path_factory, crops):
    coarse = Recognizer.load(tiny_recognizer.write(tmp_path_factory, stride=5), check=False)
    assert coarse.has_feature_maps
    plain = codec.compress_batch(crops, 30)
    refined = codec.compress_batch(crops, 30, Refinement(codec, [coarse], 12).of(_points(3)))
    before, after = (_lagrangians(codec, coarse, crops, streams, 30) for streams in (plain, refined))
    assert np.mean(after) < 0.95 * np.mean(before)


@pytest.mark.parametrize("quality", [30, 75])
def test_what_the_model_was_trained_for_falls_and_never_rises(codec, recognizer, refinement, crops,
                                                              quality):
    plain = codec.compress_batch(crops, quality)
    refined = codec.compress_batch(crops, quality, refinement.of(_points(3)))
    before, after = (_lagrangians(codec, recognizer, crops, streams, quality)
                     for streams in (plain, refined))
    assert np.all(after < before + 1e-4) and np.mean(after) < 0.95 * np.mean(before)


def test_the_stream_differs_in_the_latent_alone(codec, refinement, crops):
    plain = codec.compress(crops[0], 60)
    refined = codec.compress(crops[0], 60, search=refinement.of(POINTS[None]))
    (side, latent), (refined_side, refined_latent) = map(codec.symbols, (plain, refined))
    np.testing.assert_array_equal(side, refined_side)
    assert np.any(latent != refined_latent)
    assert codec.info(refined)["quality"] == 60 == codec.info(plain)["quality"]


def test_a_limit_on_the_bytes_holds_for_the_refined_stream(codec, refinement, crops):
    refined = codec.compress(crops[0], max_bytes=500, search=refinement.of(POINTS[None]))
    assert 450 < len(refined) <= 500


def test_an_image_without_a_face_is_left_as_it_is(codec, refinement, crops):
    points = _points(3)
    points[1] = np.nan
    plain = codec.compress_batch(crops, 60)
    refined = codec.compress_batch(crops, 60, refinement.of(points))
    assert [a == b for a, b in zip(plain, refined)] == [False, True, False]


def test_of_large_images_the_face_and_its_surroundings_are_refined(codec, recognizer, refinement, crops):
    corners = np.array([(9, 500), (280, 30)])  # y, x
    scenes = np.random.default_rng(3).integers(60, 190, (2, 400, 648, 3)).astype(np.uint8)
    for scene, crop, (y, x) in zip(scenes, crops, corners):
        scene[y:y + 112, x:x + 112] = crop
    points = (POINTS + corners[:, None, ::-1]).astype(np.float32)

    plain = codec.compress_batch(scenes, 60)
    refined = codec.compress_batch(scenes, 60, refinement.of(points))

    original, before, after = (recognizer.embed_faces(images, points) for images in (
        scenes, codec.decompress_batch(plain), codec.decompress_batch(refined)))
    distances = [1 - np.sum(original * some, axis=1) for some in (before, after)]
    assert np.all(distances[1] < 0.9 * distances[0])
    for streams, (y, x) in zip(zip(plain, refined), corners):
        latents = [codec.symbols(stream)[1] for stream in streams]
        changed = np.any(latents[0] != latents[1], axis=2)
        assert np.any(changed[y // 16:y // 16 + 7, x // 16:x // 16 + 7])
        assert np.all(np.ptp(np.argwhere(changed), axis=0) < 17)  # of 25 rows and 41 columns


def test_images_of_a_batch_may_have_their_own_qualities(codec, refinement, crops):
    streams = codec.compress_batch(crops, [20, 60, 90], refinement.of(_points(3)))
    assert [codec.info(stream)["quality"] for stream in streams] == [20, 60, 90]


def test_what_is_missing_is_named(codec, recognizer, refinement, crops):
    with pytest.raises(ValueError, match="0 steps of refinement are given; at least 1"):
        Refinement(codec, [recognizer], 0)
    with pytest.raises(ValueError, match="give at least one recogniser"):
        Refinement(codec, [])
    with pytest.raises(ValueError, match=r"\(2, 5, 2\) are given for 3 images"):
        codec.compress_batch(crops, 50, refinement.of(_points(2)))
    for training, objective in (({"objective": "rec"}, "rec"), ({}, "None")):
        other = TensorFlowCodec(codec.model, {"model_id": codec.model_id, "training": training})
        with pytest.raises(ValueError, match=f"for the objective {objective}; only models of ip and ipr"):
            Refinement(other, [recognizer])


def test_the_default_for_whole_pictures_can_be_refined(recognizer):
    pytest.importorskip("mtcnn")  # of its training, the detection loss takes part
    whole = TensorFlowCodec.load(shipped_models.folder(shipped_models.REFINABLE))
    assert Refinement(whole, [recognizer], steps=1).steps == 1


def test_a_recogniser_without_gradients_is_refused_before_the_search(codec, recognizer):
    facts = dataclasses.replace(recognizer.facts, kind="onnx")
    with pytest.raises(ValueError, match="run by onnxruntime.*no gradient"):
        Refinement(codec, [Recognizer(lambda crops: crops, facts, "")])
