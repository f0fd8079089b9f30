"""Batches are what the files hold, chosen by the seed alone."""

from __future__ import annotations

import builtins
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_ipr.datasets import pipeline
from tf_ipr.files import image_file


def save(path, image: np.ndarray) -> str:
    Image.fromarray(image).save(path)
    return str(path)


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Seven 20×30 pictures; every pixel of picture i is (i, its row, its column)."""
    rows, columns = np.indices((20, 30))
    return [save(tmp_path / f"{i}.png",
                 np.stack([np.full_like(rows, i), rows, columns], axis=-1).astype(np.uint8))
            for i in range(7)]


def take(dataset: tf.data.Dataset, count: int) -> list[np.ndarray]:
    return [batch.numpy() for batch in dataset.take(count)]


def test_whole_images_are_padded_to_the_stride_by_their_last_row_and_column(files):
    batch, = take(pipeline.training_batches(
        files[:1], 1, stride=16, augment=False, shuffle=False, repeat=False), 2)
    assert batch.dtype == np.float32
    np.testing.assert_array_equal(
        batch[0], np.pad(image_file.read_image(files[0]), ((0, 12), (0, 2), (0, 0)), "edge"))


def test_images_of_several_sizes_are_padded_to_the_largest(tmp_path):
    paths = [save(tmp_path / "a.png", np.full((3, 9, 3), 7, np.uint8)),
             save(tmp_path / "b.png", np.full((5, 2, 3), 200, np.uint8))]
    batch, = take(pipeline.training_batches(
        paths, 2, stride=1, augment=False, shuffle=False, repeat=False), 2)
    assert batch.shape == (2, 5, 9, 3)
    assert np.all(batch[0] == 7) and np.all(batch[1] == 200)


def test_crops_are_pieces_of_the_image_at_every_place(files):
    crops = np.concatenate(take(pipeline.training_batches(
        files[:1], 50, crop_size=18, augment=False, seed=3), 8))
    assert crops.shape == (400, 18, 18, 3)
    tops, lefts = crops[:, 0, 0, 1], crops[:, 0, 0, 2]
    assert set(tops) == set(range(3)) and set(lefts) == set(range(13))
    np.testing.assert_array_equal(crops[:, -1, -1, 1:], np.stack([tops + 17, lefts + 17], axis=-1))


def test_an_image_smaller_than_the_crop_is_padded(tmp_path):
    path = save(tmp_path / "a.png", np.array([[[1, 2, 3]]], np.uint8))
    batch, = take(pipeline.training_batches([path], 1, crop_size=16, augment=False), 1)
    np.testing.assert_array_equal(batch, np.broadcast_to([1, 2, 3], (1, 16, 16, 3)))


def test_half_of_the_images_are_mirrored(files):
    images = np.concatenate(take(pipeline.training_batches(
        files, 20, stride=1, augment=True, seed=1), 10))
    mirrored = images[:, 0, 0, 2] == 29
    assert 70 < mirrored.sum() < 130  # 100 expected of 200, standard deviation 7.
    columns = np.broadcast_to(np.arange(30), (20, 30))
    assert np.all(images[mirrored][..., 2] == columns[:, ::-1])
    assert np.all(images[~mirrored][..., 2] == columns)


def test_a_pass_shows_every_file_once_in_a_new_order(files):
    batches = take(pipeline.training_batches(files, 7, stride=1, augment=False, seed=5), 3)
    orders = [tuple(batch[:, 0, 0, 0]) for batch in batches]
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert len(set(orders)) == 3


def test_passes_end_where_the_files_end_in_mid_batch_too(files):
    batches = take(pipeline.training_batches(files, 4, stride=1, augment=False, seed=5), 7)
    shown = np.concatenate(batches)[:, 0, 0, 0]
    assert all(sorted(shown[start:start + 7]) == list(range(7)) for start in range(0, 28, 7))


def test_without_shuffle_and_repeat_the_files_come_once_in_order(files):
    dataset = pipeline.training_batches(
        files, 4, stride=1, augment=False, shuffle=False, repeat=False)
    assert [list(batch[:, 0, 0, 0]) for batch in take(dataset, 9)] == [[0, 1, 2, 3], [4, 5, 6]]
    assert dataset.cardinality() == 2


def test_the_seed_decides_everything(files):
    def batches(seed):
        return np.stack(take(pipeline.training_batches(files, 3, crop_size=16, seed=seed), 5))
    np.testing.assert_array_equal(batches(8), batches(8))
    assert np.any(batches(8) != batches(9))


def test_a_training_continues_at_any_batch(files):
    whole = take(pipeline.training_batches(files, 3, crop_size=16, seed=2), 6)
    rest = take(pipeline.training_batches(files, 3, crop_size=16, seed=2, first_batch=4), 2)
    np.testing.assert_array_equal(whole[4:], rest)


def test_shapes_are_static_where_they_are_known(files):
    def shape(**options):
        return pipeline.training_batches(files, 2, **options).element_spec.shape.as_list()
    assert shape(crop_size=16) == [2, 16, 16, 3]
    assert shape(crop_size=16, repeat=False) == [None, 16, 16, 3]
    assert shape() == [2, None, None, 3]


def test_a_damaged_file_fails_by_name(files, tmp_path):
    (tmp_path / "3.png").write_bytes(b"no image")
    with pytest.raises(tf.errors.OpError, match="3.png is not an image"):
        take(pipeline.training_batches(files, 7, augment=False), 1)


def test_a_missing_file_fails_by_name(files, tmp_path):
    (tmp_path / "3.png").unlink()
    with pytest.raises(tf.errors.OpError, match="3.png"):
        take(pipeline.training_batches(files, 7, augment=False), 1)


@pytest.mark.parametrize("options, message", [
    ({"paths": []}, "paths: 0 given; at least 1"),
    ({"batch_size": 0}, "batch_size: 0 given"),
    ({"crop_size": 0}, "crop_size: 0 given"),
    ({"stride": 0}, "stride: 0 given"),
    ({"seed": -1}, "seed: -1 given; at least 0"),
    ({"first_batch": -1}, "first_batch: -1 given"),
])
def test_numbers_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        pipeline.training_batches(**{"paths": ["a.png"], "batch_size": 1, **options})


def test_augmentation_without_keras_cv_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_keras_cv(name, *args, **kwargs):
        if name == "keras_cv":
            raise ImportError("No module named 'keras_cv'")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_keras_cv)
    with pytest.raises(ImportError, match=r"pip install 'tf_ipr\[train\]'"):
        pipeline.training_batches(["a.png"], 1)


LANDMARKS = np.array([[8, 6], [21, 6], [14, 10], [10, 15], [19, 15]], np.float32)


def test_landmarks_follow_the_mirrored_image_and_left_stays_left(files):
    landmarks = np.stack([LANDMARKS] * 7)
    embeddings = np.stack([np.arange(7), np.arange(7) + 100], axis=-1)[..., None]  # [7, 2, 1]
    dataset = pipeline.face_batches(files, landmarks, embeddings, 7, stride=16, seed=4)
    batch = next(iter(dataset))
    image, points = batch["image"].numpy(), batch["landmarks"].numpy()
    assert image.shape == (7, 32, 32, 3) and image.dtype == np.float32
    assert points.shape == (7, 5, 2) and points.dtype == np.float32
    mirrored = image[:, 0, 0, 2] == 29
    assert 0 < mirrored.sum() < 7
    # The column of the original picture is its third channel: read it at the landmarks.
    x, y = points.astype(int)[..., 0], points.astype(int)[..., 1]
    columns = image[np.arange(7)[:, None], y, x, 2]
    np.testing.assert_array_equal(columns[~mirrored], np.stack([LANDMARKS[:, 0]] * sum(~mirrored)))
    np.testing.assert_array_equal(
        columns[mirrored], np.stack([LANDMARKS[[1, 0, 2, 4, 3], 0]] * sum(mirrored)))
    assert np.all(points[:, 0, 0] < points[:, 1, 0]) and np.all(points[:, 3, 0] < points[:, 4, 0])
    np.testing.assert_array_equal(
        batch["embeddings"].numpy()[:, 0], image[:, 0, 0, 0] + 100 * mirrored)


def test_faces_without_augmentation_take_one_embedding_each(files):
    landmarks = np.stack([LANDMARKS + i for i in range(7)])
    embeddings = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    batch = next(iter(pipeline.face_batches(files, landmarks, embeddings, 3, augment=False)))
    index = batch["image"].numpy()[:, 0, 0, 0].astype(int)
    np.testing.assert_array_equal(batch["landmarks"], landmarks[index])
    np.testing.assert_array_equal(batch["embeddings"], embeddings[index])


def test_faces_without_embeddings(files):
    dataset = pipeline.face_batches(files, np.stack([LANDMARKS] * 7), None, 2)
    assert set(dataset.element_spec) == {"image", "landmarks"}
    assert dataset.element_spec["landmarks"].shape == (2, 5, 2)


def test_face_arrays_must_fit_the_paths(files):
    landmarks = np.zeros((7, 5, 2))
    with pytest.raises(ValueError, match=r"landmarks have shape \(6, 5, 2\); \(7, 5, 2\)"):
        pipeline.face_batches(files, landmarks[:6], None, 2)
    with pytest.raises(ValueError, match=r"embeddings have shape \(6, 2, 8\); \(7, 2, D\)"):
        pipeline.face_batches(files, landmarks, np.zeros((6, 2, 8)), 2)
    with pytest.raises(ValueError, match="and of its mirror image"):
        pipeline.face_batches(files, landmarks, np.zeros((7, 8)), 2, augment=True)


def test_faces_of_lfw_come_fast_enough_not_to_hold_up_a_training(shared_dir):
    paths = sorted((shared_dir / "lfw").glob("A*/*.jpg"))[:400]
    batches = iter(pipeline.training_batches(paths, 8, crop_size=128))
    next(batches)
    start = time.process_time()
    for _ in range(50):
        assert next(batches).shape == (8, 128, 128, 3)
    # Of processor time, which other work on the machine stretches less than the clock. About 500
    # were measured; a training step takes ten times longer.
    assert 400 / (time.process_time() - start) > 150
