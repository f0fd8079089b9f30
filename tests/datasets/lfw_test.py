"""LFW's View 1 is read to the last image, or the error says what is missing."""

from __future__ import annotations

import pytest

from tf_ipr.datasets import lfw


def make(tmp_path, text: str = "2\nAda_L\t2\nBob\t1\n", images=("Ada_L_0001", "Ada_L_0002",
                                                                  "Bob_0001")):
    (tmp_path / lfw.TRAIN_LIST).write_text(text)
    for name in images:
        folder = tmp_path / "images" / name[:-5]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jpg").write_bytes(b"")
    return tmp_path, tmp_path / "images"


def test_faces_come_in_the_order_of_the_list(tmp_path):
    faces = lfw.train(*make(tmp_path))
    assert [(face.identity, face.path.name) for face in faces] == [
        ("Ada_L", "Ada_L_0001.jpg"), ("Ada_L", "Ada_L_0002.jpg"), ("Bob", "Bob_0001.jpg")]
    assert all(face.path.is_file() for face in faces)


def test_the_official_split_has_its_people_and_images(shared_dir):
    train = lfw.train(shared_dir / "lfw_protocol", shared_dir / "lfw")
    test = lfw.test(shared_dir / "lfw_protocol", shared_dir / "lfw")
    people = [{face.identity for face in faces} for faces in (train, test)]
    assert (len(people[0]), len(train)) == (4038, 9525)
    assert (len(people[1]), len(test)) == (1711, 3708)
    assert not people[0] & people[1]


def test_missing_images_are_counted_and_named(tmp_path):
    protocol_dir, data_dir = make(tmp_path, images=["Ada_L_0001"])
    with pytest.raises(FileNotFoundError,
                       match="2 of the 3 images .* Ada_L_0002.jpg, Bob_0001.jpg. --data_dir"):
        lfw.train(protocol_dir, data_dir)


def test_a_missing_list_says_where_the_lists_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="peopleDevTest.txt does not exist; --protocol_dir"):
        lfw.test(*make(tmp_path))


def test_a_missing_image_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        lfw.train(make(tmp_path)[0], tmp_path / "absent")


@pytest.mark.parametrize("text, message", [
    ("", "says '' people"),
    ("3\nAda_L\t2\nBob\t1\n", "says '3' people in its first line and lists 2"),
    ("1\nAda_L 2\n", "line 2 is 'Ada_L 2'"),
    ("1\nAda_L\t0\n", "line 2 is"),
    ("1\nAda_L\t1\t2\n", "line 2 is"),
    ("1\n..\t1\n", "line 2 is"),
    ("1\n../x\t1\n", "line 2 is"),
])
def test_a_malformed_list_is_refused(tmp_path, text, message):
    with pytest.raises(lfw.ProtocolError, match=message):
        lfw.train(*make(tmp_path, text=text))
