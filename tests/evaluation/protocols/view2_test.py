"""LFW's View 2 protocol, counted by hand."""

import numpy as np
import pytest

from tf_ipr.evaluation.protocols import view2


def test_two_folds_by_hand():
    scores = np.array([0.9, 0.4, 0.5, 0.1, 0.8, 0.7, 0.6, 0.2])
    same = [True, True, False, False, True, True, False, False]
    folds = [0, 0, 0, 0, 1, 1, 1, 1]
    # Fold 1 alone: any of 0.6 .. <0.7 is right four times; the smallest candidate is 0.6.
    # On fold 0 it accepts 0.9 only: right for 0.9, 0.5, 0.1, wrong for 0.4 -> 3/4.
    # Fold 0 alone: 0.1 and 0.5 are right three times each, the smallest is 0.1.
    # On fold 1 it accepts all: right for 0.8, 0.7 -> 2/4.
    result = view2.verify(scores, same, folds, far=0.25)
    assert result.accuracy == pytest.approx(0.625)
    assert result.standard_error == pytest.approx(np.std([0.75, 0.5], ddof=1) / np.sqrt(2))
    # Impostors 0.6, 0.5, 0.2, 0.1; one may pass: threshold 0.5; genuine above it: 0.9, 0.8, 0.7.
    assert result.threshold == 0.5 and result.tpr == 0.75 and result.num_pairs == 8


def test_a_score_equal_to_the_threshold_means_different():
    scores = np.array([0.5, 0.3, 0.3, 0.3])
    result = view2.verify(scores, [True, False, True, False], [0, 0, 1, 1])
    # Fold 0 gives 0.3, which rejects both of fold 1: 1/2. In fold 1 both score 0.3: minus infinity
    # and 0.3 are right once each; minus infinity accepts both of fold 0: 1/2.
    assert result.accuracy == 0.5


def test_a_missing_face_is_a_different_person():
    first = np.array([[1.0, 0.0], [np.nan, np.nan], [0.0, 2.0]])
    second = np.array([[2.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(view2.scores(first, second), [1, -np.inf, np.sqrt(0.5)])


def test_wrong_experiments_are_named():
    with pytest.raises(ValueError, match="2 scores, 1 labels and 2 folds"):
        view2.verify([0.1, 0.2], [True], [0, 1])
    with pytest.raises(ValueError, match="two folds at least"):
        view2.verify([0.1, 0.2], [True, False], [0, 0])
    with pytest.raises(ValueError, match="of one and of two people"):
        view2.verify([0.1, 0.2], [True, True], [0, 1])
