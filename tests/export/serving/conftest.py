"""Fixtures of the exported decoder's tests; each is made once."""

from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # for `decoder_cases`


@pytest.fixture(scope="session")
def model_path(tmp_path_factory):
    """Folder of a small model."""
    return tmp_path_factory.mktemp("models") / "small"


@pytest.fixture(scope="session")
def codec(model_path):
    """The `Codec` of `model_path`."""
    import decoder_cases

    return decoder_cases.write_model(model_path, seed=1)


@pytest.fixture(scope="session")
def other_codec(tmp_path_factory):
    """The `Codec` of another model."""
    import decoder_cases

    return decoder_cases.write_model(tmp_path_factory.mktemp("models") / "other", seed=2)


@pytest.fixture(scope="session")
def recognizer_path(tmp_path_factory):
    """Folder of a small recogniser with random weights."""
    from tests import tiny_recognizer

    return tiny_recognizer.write(tmp_path_factory)


@pytest.fixture(scope="session")
def recognizer(recognizer_path):
    """The `Recognizer` of `recognizer_path`."""
    from tf_ipr.recognition.recognizer import Recognizer

    return Recognizer.load(recognizer_path, check=False)


@pytest.fixture(scope="session")
def decoder_folder(model_path, codec, recognizer_path, tmp_path_factory):
    """The exported decoder of `codec`, with the recogniser: what a server watches."""
    import decoder_cases

    from tf_ipr.export import serving_decoder

    del codec  # It makes the model.
    folder = tmp_path_factory.mktemp("served") / "decoder"
    serving_decoder.export(model_path, folder, recognizer=recognizer_path,
                           max_pixels=decoder_cases.MAX_PIXELS,
                           max_batch_pixels=decoder_cases.MAX_BATCH_PIXELS, batch_sizes=(1, 4),
                           image_sizes=[(64, 64), (33, 50)])
    return folder
