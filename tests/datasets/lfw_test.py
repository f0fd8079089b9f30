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


def test_a_person_listed_twice_is_refused(tmp_path):
    protocol_dir, data_dir = make(tmp_path, "2\nBob\t1\nBob\t1\n")
    with pytest.raises(lfw.ProtocolError, match="line 3: Bob is listed twice"):
        lfw.train(protocol_dir, data_dir)


PAIRS = "2\t1\nAda_L\t1\t2\nAda_L\t2\tBob\t1\nAda_L\t2\t1\nBob\t1\tAda_L\t1\n"


def test_pairs_of_view_2_come_by_fold(tmp_path):
    protocol_dir, data_dir = make(tmp_path)
    (tmp_path / lfw.PAIRS_LIST).write_text(PAIRS)
    pairs = lfw.view2(protocol_dir, data_dir)
    assert [(pair.fold, pair.first.stem, pair.second.stem, pair.same) for pair in pairs] == [
        (0, "Ada_L_0001", "Ada_L_0002", True), (0, "Ada_L_0002", "Bob_0001", False),
        (1, "Ada_L_0002", "Ada_L_0001", True), (1, "Bob_0001", "Ada_L_0001", False)]


@pytest.mark.parametrize("text, message", [
    ("", "line 1 is ''"), ("10\n", "line 1 is '10'"),
    (PAIRS[:-16], "holds 3 pairs, but says 4"),
    (PAIRS.replace("Ada_L\t2\tBob\t1", "Ada_L\t2\tBob"), "line 3 .* name1, n1, name2, n2 is needed"),
    (PAIRS.replace("Ada_L\t1\t2", "../x\t1\t2"), "line 2 .* name, n1, n2 is needed")])
def test_malformed_pairs_are_named(tmp_path, text, message):
    protocol_dir, data_dir = make(tmp_path)
    (tmp_path / lfw.PAIRS_LIST).write_text(text)
    with pytest.raises(lfw.ProtocolError, match=message):
        lfw.view2(protocol_dir, data_dir)


def test_absent_images_of_pairs_are_named(tmp_path):
    protocol_dir, data_dir = make(tmp_path, images=["Ada_L_0001", "Ada_L_0002"])
    (tmp_path / lfw.PAIRS_LIST).write_text(PAIRS)
    with pytest.raises(FileNotFoundError, match="1 of the 3 images that pairs.txt .* Bob_0001.jpg"):
        lfw.view2(protocol_dir, data_dir)


def test_the_official_pairs(shared_dir):
    pairs = lfw.view2(shared_dir / "lfw_protocol", shared_dir / "lfw")
    assert len(pairs) == 6000 and {pair.fold for pair in pairs} == set(range(10))
    assert sum(pair.same for pair in pairs) == 3000
    assert all((pair.first.parent == pair.second.parent) == pair.same for pair in pairs)
