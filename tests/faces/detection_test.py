"""Detection: one face, none, many, cut ones, small ones; always an answer."""

import cv2
import numpy as np
import pytest

from tf_ipr.bin import missing_package
from tf_ipr.faces import detection
from tf_ipr.faces.detection import Face, FaceDetector, main_face
from tf_ipr.recognition import known_face

pytest.importorskip("mtcnn")


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def _paste(canvas, picture, x, y, size):
    """Puts the photograph, scaled to `size` pixels, onto a copy of `canvas`."""
    canvas = canvas.copy()
    canvas[y:y + size, x:x + size] = cv2.resize(picture, (size, size),
                                                interpolation=cv2.INTER_AREA)
    return canvas


@pytest.fixture(scope="module")
def grey():
    return np.full([300, 400, 3], 128, np.uint8)


def test_landmarks_are_left_eye_right_eye_nose_and_mouth(detector, face):
    landmarks = detector.landmarks([face])
    assert landmarks.shape == (1, 5, 2) and landmarks.dtype == np.float32
    np.testing.assert_allclose(landmarks[0], known_face.LANDMARKS, atol=1.0)


@pytest.mark.parametrize("image", [
    np.zeros([250, 250, 3], np.uint8),
    np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8),
    np.full([1, 1, 3], 9, np.uint8), np.full([1, 400, 3], 9, np.uint8),
    np.full([13, 13, 3], 200, np.uint8)], ids=["black", "noise", "1x1", "line", "13x13"])
def test_no_face_is_an_answer(detector, image):
    assert detector.detect([image]) == [[]]
    assert np.all(np.isnan(detector.landmarks([image])))


def test_no_images_are_no_faces(detector):
    assert detector.detect([]) == [] and detector.landmarks([]).shape == (0, 5, 2)


def test_of_several_faces_the_largest_and_most_central_counts(detector, face, grey):
    crowd = _paste(_paste(_paste(grey, face, 0, 0, 90), face, 120, 60, 180), face, 310, 210, 90)
    small_first = FaceDetector(skip_levels=0)
    assert len(small_first.detect([crowd])[0]) == 3
    expected = known_face.LANDMARKS * 180 / 168 + [120, 60]
    for finder in (detector, small_first):
        np.testing.assert_allclose(finder.landmarks([crowd])[0], expected, atol=3.0)


def test_rule_weighs_area_against_distance_from_the_centre():
    def at(x, y, size):
        box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32)
        return Face(box, np.zeros([5, 2], np.float32), 1.0)

    central, large = at(100, 100, 60), at(30, 100, 80)
    # 60² - 0 = 3,600 against 80² - 2·70² = -3,400.
    assert main_face([large, central], 200, 200) is central
    assert main_face([at(90, 100, 80), central], 200, 200).box[0] == 50
    assert main_face([], 200, 200) is None


def test_face_cut_by_the_border_does_not_break_anything(detector, face):
    for left, top, right, bottom in ((60, 0, 168, 168), (0, 70, 168, 168), (0, 0, 100, 168),
                                     (0, 0, 168, 110)):
        cut = np.ascontiguousarray(face[top:bottom, left:right])
        landmarks = detector.landmarks([cut])
        assert landmarks.shape == (1, 5, 2)
        found = landmarks[0] + [left, top]
        # What is cut off is guessed, so only roughly where it is in the whole photograph.
        assert np.isnan(found).all() or np.abs(found - known_face.LANDMARKS).max() < 30


def test_face_of_twenty_pixels_is_found(detector, face, grey):
    # The photograph is about twice as large as the face in it.
    tiny = _paste(grey, face, 180, 130, 40)
    expected = known_face.LANDMARKS * 40 / 168 + [180, 130]
    np.testing.assert_allclose(detector.landmarks([tiny])[0], expected, atol=1.5)


def test_images_of_different_sizes_go_together(detector, face, grey):
    images = [face, _paste(grey, face, 100, 50, 150), face[:, ::-1], grey, face]
    together = detector.landmarks(images)
    alone = np.concatenate([detector.landmarks([image]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    assert np.all(np.isnan(together[3]))


def test_leaving_out_fine_levels_first_finds_the_same_face(face):
    fast, full = FaceDetector(), FaceDetector(skip_levels=0)
    np.testing.assert_allclose(fast.landmarks([face]), full.landmarks([face]), atol=1e-3)


def test_agrees_with_the_package_itself(detector, face):
    import mtcnn
    (row,) = mtcnn.MTCNN().detect_faces(face, output_type="numpy")
    np.testing.assert_allclose(detector.landmarks([face])[0], row[6:].reshape(2, 5).T, atol=1e-2)


def test_bad_arguments_are_named(detector):
    with pytest.raises(ValueError, match="skip_levels=-1"):
        FaceDetector(skip_levels=-1)
    with pytest.raises(ValueError, match=r"image 1: expected uint8 \(H, W, 3\), got float32"):
        detector.detect([np.zeros([9, 9, 3], np.uint8), np.zeros([9, 9, 3], np.float32)])


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mtcnn", None)
    with pytest.raises(ModuleNotFoundError) as found:
        detection.FaceDetector()
    assert "pip install 'tf_ipr[recognition]'" in missing_package.explain(found.value)
