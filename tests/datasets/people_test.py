"""A folder per person."""

import numpy as np
import pytest

from tf_ipr.datasets import people
from tf_ipr.files import image_file


def _write(root, *names):
    for name in names:
        image_file.write_png(root / name, np.zeros([16, 16, 3], np.uint8))


def test_the_folder_names_the_person(tmp_path):
    _write(tmp_path, "b/2.png", "a/1.png", "group/c/9.png", "a/0.png")
    found = people.faces(tmp_path)
    assert [(face.identity, face.path.name) for face in found] == [
        ("a", "0.png"), ("a", "1.png"), ("b", "2.png"), ("c", "9.png")]


@pytest.mark.parametrize("other", ["x/Ann_Lee/1.png", "ann_lee/1.png", "Ann Lee/1.png"])
def test_two_folders_of_one_identity_are_refused(tmp_path, other):
    _write(tmp_path, "Ann_Lee/0.png", other)
    with pytest.raises(people.IdentityError, match="two folders of one identity; merge them"):
        people.faces(tmp_path)


def test_an_image_of_nobody_is_refused(tmp_path):
    _write(tmp_path, "a/0.png", "stray.png")
    with pytest.raises(people.IdentityError, match="stray.png lies in no person's folder"):
        people.faces(tmp_path)
