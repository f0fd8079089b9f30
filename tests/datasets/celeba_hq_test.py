"""CelebA-HQ's layout, made small; 1024×1024 as in the real one."""

import numpy as np
import pytest
from PIL import Image

from tf_ipr.datasets import celeba_hq, evaluation_set
from tf_ipr.datasets.lfw import ProtocolError
from tf_ipr.training.data import TrainingData


@pytest.fixture
def release(tmp_path):
    """12 images of 5 people in the layout of CelebAMask-HQ."""
    mapping = ["idx orig_idx        orig_file"]
    people = []
    rng = np.random.default_rng(0)
    (tmp_path / "CelebA-HQ-img").mkdir()
    for number in range(12):
        original = f"{100 + 7 * number:06d}.jpg"
        mapping.append(f"{number} {99 + 7 * number} {original}")
        people.append(f"{original} {[11, 22, 33, 44, 55][number % 5]}")
        pixels = rng.integers(0, 255, [8, 8, 3]).astype(np.uint8)
        Image.fromarray(pixels).resize((1024, 1024)).save(
            tmp_path / "CelebA-HQ-img" / f"{number}.jpg")
    # CelebA has more files than CelebA-HQ.
    people.append("000001.jpg 66")
    (tmp_path / celeba_hq.MAPPING).write_text("\n".join(mapping) + "\n")
    (tmp_path / celeba_hq.IDENTITIES).write_text("\n".join(people) + "\n")
    return tmp_path


def test_as_many_train_as_test_people_and_nobody_in_both(release):
    train, test = celeba_hq.train(release, release), celeba_hq.test(release, release)
    one, other = ({face.identity for face in faces} for faces in (train, test))
    assert len(one) == len(other) == 2 and not one & other
    assert "66" not in one | other
    numbers = [int(face.path.stem) for face in test]
    assert numbers == sorted(numbers)
    for face in train + test:
        number = int(face.path.stem)
        assert face.identity == str([11, 22, 33, 44, 55][number % 5]) and face.path.is_file()


def test_the_split_is_the_published_rule():
    # SHA-256 of "3" begins 4e0740, of "1" 6b86b2, of "2" d4735e, of "5" ef2d12, of "4" 4b2277.
    assert celeba_hq.split({"1", "2", "3", "4", "5"}) == (["4", "3"], ["1", "2"])


def test_images_are_read_at_their_size_from_either_folder(release):
    found = evaluation_set.load("celeba_hq", str(release), str(release), gallery_size=1)
    direct = evaluation_set.load("celeba_hq", str(release / "CelebA-HQ-img"), str(release), gallery_size=1)
    assert found.paths == direct.paths
    assert Image.open(found.paths[0]).size == (1024, 1024)


def test_aligned_pictures_are_png(release):
    for path in (release / "CelebA-HQ-img").iterdir():
        path.rename(path.with_suffix(".png"))
    assert all(face.path.suffix == ".png" for face in celeba_hq.test(release, release))


def test_absent_images_are_named(release):
    gone = celeba_hq.test(release, release)[0].path
    gone.unlink()
    with pytest.raises(FileNotFoundError, match=f"1 of the .* images .* missing in .*{gone.name}"):
        celeba_hq.test(release, release)
    assert celeba_hq.train(release, release)


@pytest.mark.parametrize("file, text, message", [
    (celeba_hq.MAPPING, "h\n0 99\n", "line 2 is '0 99'; 3 fields"),
    (celeba_hq.MAPPING, "h\n0 99 a.jpg\n0 99 a.jpg\n", "line 3: '0' is not a number, or comes twice"),
    (celeba_hq.IDENTITIES, "000100.jpg x\n", "'x' is not a number"),
    (celeba_hq.IDENTITIES, "000100.jpg 11\n000100.jpg 12\n", "000100.jpg comes twice"),
    (celeba_hq.IDENTITIES, "000100.jpg 11\n", "lacks 11 files .* first 000107.jpg")])
def test_malformed_lists_are_named(release, file, text, message):
    (release / file).write_text(text)
    with pytest.raises(ProtocolError, match=message):
        celeba_hq.test(release, release)


def test_absent_lists_and_folders_say_what_is_needed(release, tmp_path):
    (release / celeba_hq.IDENTITIES).unlink()
    with pytest.raises(FileNotFoundError, match="identity_CelebA.txt"):
        celeba_hq.test(release, release)
    with pytest.raises(ValueError, match="needs --data_dir"):
        evaluation_set.load("celeba_hq", None, str(release))
    with pytest.raises(ValueError, match="needs --protocol_dir"):
        evaluation_set.load("celeba_hq", str(release))
    with pytest.raises(ValueError, match="must be one of lfw, lfw_view2"):
        evaluation_set.load("vggface", str(release))


def test_training_sees_the_training_people_alone(release):
    source = TrainingData("celeba_hq", str(release), str(release), validation_share=0.5)
    kept, held = source.split()
    train = [face.path for face in celeba_hq.train(release, release)]
    assert sorted(kept + held) == sorted(train)
    with pytest.raises(ValueError, match="needs --protocol_dir, the folder of CelebA-HQ-to"):
        TrainingData("celeba_hq", str(release))
    with pytest.raises(ValueError, match="needs --data_dir"):
        TrainingData("celeba_hq", protocol_dir=str(release))
