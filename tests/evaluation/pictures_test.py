"""Landmarks of pictures are found once, for training and evaluation alike."""

import numpy as np
import pytest

from tests.evaluation.conftest import KnownFaceDetector
from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.evaluation.pictures import Landmarks
from tf_ipr.faces import cache
from tf_ipr.files.file_key import file_key


@pytest.fixture(name="dataset")
def fixture_dataset(people):
    return EvaluationSet("people", sorted(people.glob("*/*.png")))


def _refuse():
    raise AssertionError("everything was found before")


@pytest.mark.parametrize("evaluation_first", [False, True])
def test_training_and_evaluation_find_what_the_other_has_found(dataset, tmp_path, evaluation_first):
    def training(detector):
        return cache.landmarks_of_files(dataset.paths, tmp_path, detector)

    def evaluation(detector):
        return Landmarks(tmp_path, detector).of(dataset)

    first, second = (evaluation, training) if evaluation_first else (training, evaluation)
    found = first(KnownFaceDetector)
    assert np.isfinite(found).any() and np.isnan(found).any()
    np.testing.assert_array_equal(second(_refuse), found)


def test_a_cache_from_before_is_still_read(dataset, tmp_path):
    rows = np.arange(10 * len(dataset.paths), dtype=np.float32).reshape(-1, 5, 2)
    (tmp_path / "landmarks-mtcnn1").mkdir()
    np.savez(tmp_path / "landmarks-mtcnn1" / "000000.npz",
             keys=np.array([file_key(path) for path in dataset.paths]), rows=rows)
    np.testing.assert_array_equal(Landmarks(tmp_path, _refuse).of(dataset), rows)
    np.testing.assert_array_equal(
        cache.landmarks_of_files(dataset.paths, tmp_path, _refuse), rows)


def test_a_damaged_file_is_an_error_in_training_and_unknown_in_evaluation(dataset, tmp_path):
    (tmp_path / "damaged.png").write_bytes(b"no picture")
    paths = [tmp_path / "damaged.png", tmp_path / "absent.png", *dataset.paths]
    detector = KnownFaceDetector()
    landmarks = Landmarks(tmp_path / "a", lambda: detector).of(EvaluationSet("more", paths))
    assert np.isnan(landmarks[:2]).all() and detector.searched == len(set(dataset.keys))
    with pytest.raises(ValueError, match="damaged.png"):
        cache.landmarks_of_files([paths[0], *dataset.paths], tmp_path / "b", KnownFaceDetector)
    only = EvaluationSet("damaged", paths[:2])
    assert np.isnan(Landmarks(tmp_path / "c", _refuse).of(only)).all()


def test_progress_counts_chunks_and_is_silent_where_nothing_is_missing(dataset, tmp_path):
    seen = []

    def bar(items, **about):
        seen.append((len(items), about["unit"]))
        return items

    for _ in range(2):
        Landmarks(tmp_path, KnownFaceDetector).of(dataset, bar)
    assert seen == [(1, "batch")]
