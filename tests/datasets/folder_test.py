"""A share of a folder is held out, always the same files."""

from __future__ import annotations

import pytest

from tf_ipr.datasets import folder


def make(tmp_path, count: int):
    for i in range(count):
        path = tmp_path / f"sub{i % 3}" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def test_training_and_validation_divide_the_folder(tmp_path):
    make(tmp_path, 200)
    train, validation = folder.split(tmp_path, 0.25)
    assert len(set(train) | set(validation)) == 200 and not set(train) & set(validation)
    assert 25 < len(validation) < 75  # 50 expected, standard deviation 6.
    assert train == sorted(train)


def test_new_files_and_another_place_do_not_move_a_file_to_the_other_side(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    few = [p.name for p in folder.split(make(tmp_path / "a", 50), 0.2)[1]]
    many = [p.name for p in folder.split(make(tmp_path / "b", 90), 0.2)[1]]
    assert few == [name for name in many if int(name.split(".")[0]) < 50]


def test_items_of_one_name_stay_together():
    items = [(identity, number) for identity in "abcdefghij" for number in range(5)]
    kept, out = folder.held_out(items, 0.5, name=lambda item: item[0])
    assert kept and out
    assert not {item[0] for item in kept} & {item[0] for item in out}


def test_shares_of_none_and_all():
    assert folder.held_out(["a", "b"], 0.0) == (["a", "b"], [])
    assert folder.held_out(["a", "b"], 1.0) == ([], ["a", "b"])
    with pytest.raises(ValueError, match=r"share is 1.5; it must lie within 0..1"):
        folder.held_out(["a"], 1.5)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        folder.split(tmp_path / "absent")
