"""Where no recogniser is given, dlib's is converted once, kept, checked, and made again if damaged."""

import pathlib

import numpy as np
import pytest

from tests import tiny_recognizer
from tf_ipr.recognition import default_recognizer
from tf_ipr.recognition.conversion import dlib_weights, freeze


@pytest.fixture
def conversions(monkeypatch, tmp_path):
    """dlib's file is a small one and its conversion the tiny recogniser; counts conversions."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    weights = tmp_path / "weights.dat"
    weights.write_bytes(b"weights")
    monkeypatch.setattr(dlib_weights, "installed_path", lambda: weights)
    done = []

    def convert(path, folder):
        done.append(pathlib.Path(folder))
        return freeze.freeze(tiny_recognizer.model(), tiny_recognizer.facts(), folder, trained=False)

    monkeypatch.setattr(default_recognizer, "_convert", convert)
    return done


def test_it_is_converted_once_into_the_users_cache_folder(conversions, tmp_path):
    first = default_recognizer.load()
    assert default_recognizer.load().fingerprint == first.fingerprint
    folder, = conversions
    assert folder.parent == tmp_path / "cache" / "tf_ipr" / "recognizers"


def test_other_weights_are_another_folder(conversions, tmp_path):
    default_recognizer.load()
    (tmp_path / "weights.dat").write_bytes(b"others")
    default_recognizer.load()
    assert len(set(conversions)) == 2


def test_what_is_damaged_is_made_again(conversions):
    default_recognizer.load()
    with open(conversions[0] / "saved_model.pb", "ab") as file:
        file.write(b"\0")
    default_recognizer.load()
    assert conversions == [conversions[0]] * 2
    default_recognizer.load()
    assert len(conversions) == 2


def test_a_cache_folder_that_cannot_be_written_costs_time_only(conversions, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert default_recognizer.load().embedding_size == 8
    assert not conversions[-1].exists()


@pytest.mark.parametrize("given", ["", "relative"])
def test_without_an_absolute_cache_home_it_lies_in_the_home(conversions, tmp_path, monkeypatch, given):
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    default_recognizer.load()
    assert conversions[0].parent == tmp_path / "home" / ".cache" / "tf_ipr" / "recognizers"


def test_without_the_package_it_says_what_to_install(monkeypatch):
    def absent():
        raise ImportError("absent")

    monkeypatch.setattr(dlib_weights, "installed_path", absent)
    with pytest.raises(ImportError,
                       match=r"pip install 'tf_ipr\[dlib\]', or give the folder of a recogniser"):
        default_recognizer.load()


def test_the_package_itself_gives_dlibs_recogniser(monkeypatch, tmp_path, face):
    try:
        dlib_weights.installed_path()
    except ImportError as error:
        pytest.skip(str(error))
    from tf_ipr.recognition import known_face

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recognizer = default_recognizer.load()
    assert recognizer.name == "dlib_resnet" and recognizer.differentiable
    embedding = recognizer.embed_images(face[None], known_face.LANDMARKS[None])
    np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-5)
