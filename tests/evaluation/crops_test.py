"""What is cut out of pictures, and where the landmarks lie in it."""

import numpy as np
import pytest

from tf_ipr.evaluation.crops import Crop
from tf_ipr.faces.aligned_image import NoFaceError
from tf_ipr.recognition import known_face
from tf_ipr.runtime.alignment import ARCFACE_TEMPLATE, align


def test_aligned_crops_are_those_of_the_aligned_file():
    image = known_face.image()
    crop = Crop("aligned", 112)
    np.testing.assert_array_equal(crop.cut(image, known_face.LANDMARKS),
                                  align(image, known_face.LANDMARKS, 112))
    np.testing.assert_array_equal(crop.landmarks(known_face.LANDMARKS), ARCFACE_TEMPLATE)


def test_a_loose_crop_of_upright_template_landmarks_has_the_template_in_its_middle():
    # On a picture whose landmarks are the template's, a crop of 168 pixels has a margin of 28.
    crop = Crop("loose", 168)
    np.testing.assert_allclose(crop.landmarks(ARCFACE_TEMPLATE), ARCFACE_TEMPLATE + 28, atol=0.1)
    image = np.random.default_rng(0).integers(0, 255, [112, 112, 3]).astype(np.uint8)
    cut = crop.cut(image, ARCFACE_TEMPLATE)
    assert cut.shape == (168, 168, 3)
    assert not cut[:20].any() and not cut[:, -20:].any()  # Beyond the picture lies black.
    assert np.abs(cut[40:120, 40:120].astype(int) - image[12:92, 12:92]).mean() < 12


def test_landmarks_move_with_the_pixels():
    landmarks = np.array([[60, 70], [100, 72], [80, 95], [66, 118], [95, 119]], np.float32)
    image = np.zeros([200, 180, 3], np.uint8)
    for x, y in landmarks.astype(int):
        image[y - 2:y + 3, x - 2:x + 3] = 255
    crop = Crop("loose", 96)
    cut, moved = crop.cut(image, landmarks), crop.landmarks(landmarks)
    for x, y in moved:
        assert cut[int(round(y)), int(round(x))].min() > 150


def test_wrong_sizes_and_missing_faces_are_named():
    with pytest.raises(ValueError, match="aligned crops have 112, 128 or 448 pixels, given 64"):
        Crop("aligned", 64)
    with pytest.raises(ValueError, match="loose crops have 16 to 1024 pixels, given 2000"):
        Crop("loose", 2000)
    with pytest.raises(NoFaceError, match="no face was found in the original"):
        Crop("loose", 64).cut(np.zeros([9, 9, 3], np.uint8), np.full([5, 2], np.nan, np.float32))
