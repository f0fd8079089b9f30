"""What IP and IPR train on: faces with landmarks, and embeddings where the loss can use old ones."""

import importlib.util

import numpy as np
import pytest

from tests import tiny_recognizer
from tf_ipr.datasets.landmarks import mirror
from tf_ipr.faces import alignment
from tf_ipr.files import image_file
from tf_ipr.losses.identity import Guards
from tf_ipr.recognition import known_face
from tf_ipr.runtime.alignment import align
from tf_ipr.training.identity_data import TrainingFaces, validation_faces

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("mtcnn"),
                                reason="needs the package mtcnn")


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    """Random weights, one map of 4x4 on the way to 8 numbers."""
    return tiny_recognizer.write(tmp_path_factory, kernel=7, stride=7)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two pictures with a face and one without."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, image in {"a": known_face.image(), "b": known_face.image()[:, ::-1],
                        "c": np.full([168, 168, 3], 90, np.uint8)}.items():
        image_file.write_png(folder / f"{name}.png", image)
    return sorted(folder.iterdir())


def _batch(faces, crop_size=None):
    return next(iter(faces.batches(2, crop_size, seed=1)(0)))


def test_pictures_without_a_face_are_left_out_and_embeddings_fit_the_images(
        paths, recognizer, tmp_path):
    faces = TrainingFaces(paths, [recognizer], tmp_path)
    assert [path.name for path in faces.paths] == ["a.png", "b.png"]
    batch = _batch(faces)
    assert batch["image"].shape[0] == 2 and batch["embeddings"].shape == [2, 8]
    # An original loses nothing against itself, mirrored or not.
    loss = faces.loss(batch["image"][:, :168, :168], batch["image"][:, :168, :168],
                      batch["landmarks"], batch["embeddings"])
    np.testing.assert_allclose(loss, [0, 0], atol=1e-3)


@pytest.mark.parametrize("guards", [Guards(view_spread=0.05), Guards(feature_weight=0.5)])
def test_where_originals_are_embedded_at_every_step_nothing_is_embedded_before(
        paths, recognizer, tmp_path, guards):
    faces = TrainingFaces(paths, [recognizer], tmp_path, guards)
    assert not list(tmp_path.glob("embeddings*"))
    batch = _batch(faces, crop_size=160)
    assert "embeddings" not in batch and batch["image"].shape == [2, 160, 160, 3]
    image, landmarks = batch["image"], batch["landmarks"]
    np.testing.assert_allclose(faces.loss(image, image, landmarks), [0, 0], atol=1e-4)
    assert np.all(faces.loss(image, 255 - image, landmarks) > 0)


def test_the_detection_loss_is_added_for_whole_pictures_alone(paths, recognizer, tmp_path):
    image, landmarks = known_face.image()[None].astype(np.float32), known_face.LANDMARKS[None]
    plain, weighted = (TrainingFaces(paths, [recognizer], tmp_path, Guards(feature_weight=0.5),
                             detection_weight=weight) for weight in (0.0, 2.0))
    moved = np.roll(image, 2, axis=2)
    assert np.all(weighted.loss(image, moved, landmarks) > plain.loss(image, moved, landmarks))
    np.testing.assert_allclose(weighted.loss(image, image, landmarks), [0], atol=1e-4)
    for refused in (dict(detection_weight=-1.0), dict(detection_weight=1.0, aligned_size=112)):
        with pytest.raises(ValueError, match="detection_weight"):
            TrainingFaces(paths, [recognizer], tmp_path, **refused)


def test_crops_go_on_where_a_training_was_stopped(paths, recognizer, tmp_path):
    faces = TrainingFaces(paths, [recognizer], tmp_path, Guards(view_spread=0.05))
    batches = faces.batches(2, 100, seed=1)
    whole = [batch["image"].numpy() for batch in batches(0).take(3)]
    again = next(iter(batches(2)))["image"].numpy()
    np.testing.assert_array_equal(whole[2], again)
    # Places differ from batch to batch and with the seed, not only pictures and flips.
    other = [batch["image"].numpy() for batch in faces.batches(2, 100, seed=2)(0).take(3)]
    crops = np.concatenate(whole + other)
    assert len(np.unique(crops, axis=0)) > 4


def test_aligned_faces_are_moved_a_little_and_their_landmarks_with_them(paths, recognizer, tmp_path):
    faces = TrainingFaces(paths[:1], [recognizer], tmp_path, aligned_size=128)
    image, template, places = known_face.image(), alignment.template_for(128), []
    exact = [align(image, known_face.LANDMARKS, 128),
             align(image[:, ::-1], mirror(known_face.LANDMARKS, image.shape[1]), 128)]
    for batch in faces.batches(1, None, seed=1)(0).take(6):
        crop, points = batch["image"].numpy(), batch["landmarks"].numpy()
        assert crop.shape == (1, 128, 128, 3) and np.array_equal(crop, np.round(crop))
        places.append(points[0])
        # Back on the template it is the face as tf_ipr_align cuts it out, mirrored or not.
        back = align(crop[0].astype(np.uint8), points[0], 128)[16:-16, 16:-16]
        assert min(np.abs(back - other[16:-16, 16:-16].astype(float)).mean() for other in exact) < 4
        np.testing.assert_allclose(faces.loss(crop, crop, points), [0], atol=1e-4)
    middles = np.mean(places, axis=1)
    assert len(np.unique(middles.round(2), axis=0)) == 6  # two, if they were mirrored only
    assert np.abs(middles - template.mean(0)).max() < 4


def test_aligned_faces_go_on_where_a_training_was_stopped(paths, recognizer, tmp_path):
    batches = TrainingFaces(paths, [recognizer], tmp_path, aligned_size=112).batches(2, None, seed=1)
    third = [batch["image"].numpy() for batch in batches(0).take(3)][2]
    np.testing.assert_array_equal(next(iter(batches(2)))["image"], third)


def test_validation_faces_are_aligned_exactly(paths, tmp_path):
    faces = validation_faces(paths, tmp_path, 112)
    exact = align(known_face.image(), known_face.LANDMARKS, 112)
    assert faces.shape == (2, 112, 112, 3) and faces.dtype == np.uint8
    assert np.abs(faces[0] - exact.astype(float)).mean() < 2
    with pytest.raises(ValueError, match="None of the 1 validation images"):
        validation_faces(paths[2:], tmp_path, 112)


def test_without_a_recogniser_or_a_face_it_says_so(paths, recognizer, tmp_path):
    with pytest.raises(ValueError, match="need --recognizer"):
        TrainingFaces(paths, [], tmp_path)
    with pytest.raises(ValueError, match="None of the 1 images shows a face"):
        TrainingFaces(paths[2:], [recognizer], tmp_path)
