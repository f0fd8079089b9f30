"""Any picture becomes an aligned face and a picture of the demo's size, and what was done is said."""

import numpy as np
import pytest

from tf_ipr.evaluation.demo import subject
from tf_ipr.faces.detection import Face
from tf_ipr.runtime import alignment

_TEMPLATE = alignment.ARCFACE_TEMPLATE


class Detector:
    """Finds faces where it was told that they are, in pixels of a picture of a known width."""

    def __init__(self, width, *faces):
        self._width, self._faces, self.sides = width, faces, []

    def detect(self, images):
        factor = images[0].shape[1] / self._width
        self.sides.append(max(images[0].shape[:2]))
        return [
            [
                Face(
                    alignment.scale_points(face.box, factor),
                    alignment.scale_points(face.landmarks, factor),
                    face.confidence,
                )
                for face in self._faces
            ]
        ]


def _face(left, top, side):
    """A face whose landmarks lie in its box as the template lies in its 112 pixels."""
    box = np.array([left, top, left + side, top + side], np.float32)
    return Face(box, (_TEMPLATE + 0.5) * side / 112 - 0.5 + [left, top], 0.99)


def _picture(height, width):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], -1).astype(np.uint8)


def test_a_picture_of_the_size_stays_as_it_is():
    image = _picture(256, 200)
    found = subject.of(image, Detector(200, _face(50, 60, 112)))
    assert found.picture_u8 is image and found.notes == ()
    np.testing.assert_array_equal(found.face_u8[1:-1, 1:-1], image[61:171, 51:161])


def test_without_a_face_the_whole_picture_is_left_and_that_is_said():
    found = subject.of(_picture(100, 120), Detector(120))
    assert found.face_u8 is None and found.picture_u8.shape == (100, 120, 3)
    assert found.notes == (
        "No face was found, so no recogniser can say anything. The whole picture is shown.",
    )


def test_without_a_detector_no_face_is_sought():
    found = subject.of(_picture(100, 120))
    assert found.face_u8 is None and found.notes == ()


def test_of_several_faces_the_main_one_is_followed():
    image = _picture(256, 256)
    found = subject.of(image, Detector(256, _face(0, 0, 40), _face(70, 60, 112)))
    np.testing.assert_array_equal(found.face_u8[1:-1, 1:-1], image[61:171, 71:181])
    assert found.notes == ("2 faces were found. The largest and most central one is followed.",)


def test_twelve_megapixels_are_searched_and_coded_small_and_the_face_is_taken_from_all_of_them():
    image = _picture(3000, 4000)
    detector = Detector(4000, _face(1200, 800, 1500))
    found = subject.of(image, detector)
    assert detector.sides == [1024]
    assert found.picture_u8.shape == (192, 256, 3)
    assert found.notes == (
        "The whole picture was shrunk to 256x192 pixels; the demo's limit is 256 a side.",
    )
    expected = alignment.align(image, _face(1200, 800, 1500).landmarks, 112)
    assert np.abs(found.face_u8.astype(int) - expected).max() <= 2


def test_a_small_face_is_shown_with_its_surroundings():
    found = subject.of(_picture(3000, 4000), Detector(4000, _face(3500, 2400, 400)))
    assert found.picture_u8.shape == (256, 256, 3)
    assert found.notes[0] == (
        "The face is small in the picture. Its surroundings were cut out, 960x960 pixels."
    )
    # The corner of the picture, not beyond it.
    assert found.picture_u8[-1, -1, 0] >= 253 and found.picture_u8[-1, -1, 1] >= 253


@pytest.mark.parametrize(
    "height, width, message",
    [
        (10, 40, "the picture has 40x10 pixels; both sides must have 16 at least"),
        (40, 3000, "the picture has 3000x40 pixels, within 256 a side 256x3; both sides must have 16"),
    ],
)
def test_what_is_too_narrow_is_refused(height, width, message):
    with pytest.raises(ValueError, match=message):
        subject.of(_picture(height, width))
