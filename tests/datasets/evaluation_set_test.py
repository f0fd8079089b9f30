"""Any folder of people becomes an evaluation set, and what is wrong with one is said at once."""

import unicodedata

import numpy as np
import pytest

from tf_ipr.datasets import evaluation_set, people, shared_pictures
from tf_ipr.files import image_file


def _write(root, *names):
    random = np.random.default_rng(sum(map(len, names)))
    for name in names:
        image_file.write_png(root / name, random.integers(0, 255, [16, 16, 3]).astype(np.uint8))
    return root


@pytest.fixture
def folder(tmp_path):
    return _write(tmp_path / "press", "ann/0.png", "ann/1.png", "ann/2.png", "bob/0.png", "cyd/0.png")


def test_a_folder_of_people_is_named_after_itself_and_states_its_rule(folder):
    found = evaluation_set.load("people", str(folder))
    assert found.name == "press" and found.gallery_size == 1
    assert found.rule == (
        "5 pictures of 3 people; gallery: the first picture of each person in the order of the list or "
        "of the "
        "paths; queries: the 2 others; verification: all pairs")
    two = evaluation_set.load("people", str(folder), gallery_size=2)
    assert "the first 2 pictures of each person" in two.rule and "the 1 others" in two.rule
    assert two.digest() != found.digest()
    assert "nobody in particular" in evaluation_set.load("folder", str(folder)).rule


def test_people_of_one_picture_only_are_refused(tmp_path, folder):
    lonely = _write(tmp_path / "lonely", "ann/0.png", "bob/0.png")
    with pytest.raises(ValueError, match="none of the 2 people of lonely has more than 1 picture; .* "
                                         "--dataset=folder"):
        evaluation_set.load("people", str(lonely))
    with pytest.raises(ValueError, match="none of the 3 people of press has more than 3 pictures;"):
        evaluation_set.load("people", str(folder), gallery_size=3)


def test_one_name_in_two_forms_of_unicode_is_one_person(tmp_path):
    name = "José Ñandú"
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    root = _write(tmp_path, f"{forms[0]}/0.png", f"{forms[1]}/0.png")
    if len(list(root.iterdir())) == 1:
        pytest.skip("this file system takes both forms as one name")
    with pytest.raises(people.IdentityError, match="two folders of one identity"):
        people.faces(root)


def test_pictures_shared_with_the_training_are_refused_unless_asked(tmp_path, folder):
    train = _write(tmp_path / "train", "x/7.png", "x/8.png")
    (train / "x/9.png").write_bytes((folder / "ann/1.png").read_bytes())
    (tmp_path / "train.txt").write_text("train/x/7.png\n\ntrain/x/9.png\n")
    found = [evaluation_set.load("people", str(folder))]
    for place in (train, tmp_path / "train.txt"):
        with pytest.raises(shared_pictures.SharedPicturesError,
                           match="press shares 1 of its 5 pictures with the training, first "
                                 ".*ann/1.png = .*x/9.png"):
            shared_pictures.check(found, [place])
        note, = shared_pictures.check(found, [place], allow=True)
        assert "shares 1 of its 5" in note
    (train / "x/9.png").unlink()
    assert shared_pictures.check(found, [train]) == []
    with pytest.raises(OSError):
        shared_pictures.check(found, [tmp_path / "train.txt"])
