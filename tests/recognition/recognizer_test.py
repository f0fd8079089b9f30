"""A recogniser loads only if model and description belong together."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_recognizer
from tf_ipr.recognition import known_face
from tf_ipr.recognition.conversion import freeze, savedmodel
from tf_ipr.recognition.description import FILE_NAME, RecognizerError
from tf_ipr.recognition.recognizer import Recognizer

LANDMARKS = known_face.LANDMARKS[None]


def _edit(folder, **changes):
    """Changes fields of the JSON, those of its input included."""
    path = folder / FILE_NAME
    values = json.loads(path.read_text())
    for key, value in changes.items():
        (values["input"] if key in values["input"] else values)[key] = value
    path.write_text(json.dumps(values))


def test_embeddings_are_those_of_the_model_and_have_length_one(recognizer_folder, face):
    recognizer = Recognizer.load(recognizer_folder)
    crop = recognizer.align(face[None].astype(np.float32), LANDMARKS)
    expected = tiny_recognizer.model()(crop / 127.5 - 1).numpy()
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(recognizer.embed_images(face[None], LANDMARKS), expected, atol=1e-5)


def test_gradient_reaches_the_image_and_nothing_else(recognizer_folder, face):
    recognizer = Recognizer.load(recognizer_folder)
    image = tf.constant(face[None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = recognizer.embed(image, LANDMARKS)[0, 0]
    assert not tape.watched_variables()
    assert np.any(tape.gradient(value, image).numpy())


def test_compiles_under_xla(recognizer_folder, face):
    recognizer = Recognizer.load(recognizer_folder)
    compiled = tf.function(recognizer.embed, jit_compile=True)
    np.testing.assert_allclose(compiled(tf.constant(face[None], tf.float32), LANDMARKS),
                               recognizer.embed_images(face[None], LANDMARKS), atol=1e-5)


def test_fingerprint_names_weights_and_input(tmp_path):
    def fingerprint(name, seed=0, **changes):
        return freeze.freeze(tiny_recognizer.model(seed), tiny_recognizer.facts(**changes),
                             tmp_path / name,
                             trained=False).fingerprint

    same = fingerprint("a")
    assert Recognizer.load(tmp_path / "a").fingerprint == same
    assert same != fingerprint("b", seed=1)
    assert same != fingerprint("c", value_range=[[0.0, 1.0]] * 3)


def test_colour_order_is_the_models(tmp_path, face):
    rgb = freeze.freeze(tiny_recognizer.model(), tiny_recognizer.facts(), tmp_path / "rgb",
                        trained=False)
    bgr = freeze.freeze(tiny_recognizer.model(), tiny_recognizer.facts(colour_order="BGR"),
                        tmp_path / "bgr",
                        trained=False)
    np.testing.assert_allclose(bgr.embed_images(face[None, :, :, ::-1], LANDMARKS),
                               rgb.embed_images(face[None], LANDMARKS), atol=1e-5)


def test_folder_without_a_model_or_without_json_is_refused(recognizer_folder, tmp_path):
    with pytest.raises(RecognizerError, match="holds no saved_model.pb"):
        Recognizer.load(tmp_path)
    (recognizer_folder / FILE_NAME).unlink()
    with pytest.raises(RecognizerError, match="recognizer.json is missing.*tf_ipr_convert"):
        Recognizer.load(recognizer_folder)


def test_model_that_was_exchanged_is_refused(recognizer_folder):
    with open(recognizer_folder / "saved_model.pb", "ab") as file:
        file.write(b"\0")
    with pytest.raises(RecognizerError, match="SHA-256"):
        Recognizer.load(recognizer_folder)


def test_input_range_that_disagrees_with_the_json_is_caught_on_a_known_face(recognizer_folder):
    _edit(recognizer_folder, value_range=[[0.0, 255.0]] * 3)
    with pytest.raises(RecognizerError, match="value_range, colour_order or template"):
        Recognizer.load(recognizer_folder)


def test_recogniser_that_sees_no_face_is_not_written(tmp_path):
    with pytest.raises(RecognizerError, match="does not see a face.*upside down"):
        freeze.freeze(tiny_recognizer.model(), tiny_recognizer.facts(), tmp_path / "blind")
    assert not (tmp_path / "blind").exists()


@pytest.mark.parametrize("changes, message", [
    (dict(size=32), "input is .*28, 28, 3.*32, 32, 3"),
    (dict(embedding_size=9, known_face=[]), r"output is \(None, 8\)"),
    (dict(value_range=[[0.0, 0.0]] * 3), "value_range is .*expected three pairs"),
    (dict(value_range=[["a", "b"]] * 3), "value_range is .*expected three pairs"),
    (dict(template=[[1, 2]]), "template is .*expected five points"),
    (dict(colour_order="GRB"), "colour_order is 'GRB'"),
    (dict(distance="manhattan"), "distance is 'manhattan'"),
    (dict(size=1 << 40), "size is .*expected 8..4096"),
    (dict(format=9), "unknown format"),
    (dict(unheard_of=1), "not a recogniser's description"),
])
def test_bad_descriptions_are_named(recognizer_folder, changes, message):
    _edit(recognizer_folder, **changes)
    with pytest.raises(RecognizerError, match=message):
        Recognizer.load(recognizer_folder)


def test_text_that_is_no_json_is_refused(recognizer_folder):
    (recognizer_folder / FILE_NAME).write_text("{")
    with pytest.raises(RecognizerError, match="not a recogniser's description"):
        Recognizer.load(recognizer_folder)


def test_arrays_of_other_shapes_are_named(recognizer_folder, face):
    recognizer = Recognizer.load(recognizer_folder)
    with pytest.raises(ValueError, match=r"images are \(168, 168, 3\), expected"):
        recognizer.embed_images(face, LANDMARKS)
    with pytest.raises(ValueError, match=r"landmarks are \(1, 4, 2\), expected \(1, 5, 2\)"):
        recognizer.embed_images(face[None], LANDMARKS[:, :4])


def test_any_saved_model_becomes_a_recogniser(tmp_path, face):
    tiny_recognizer.model().export(str(tmp_path / "plain"))
    model, facts = savedmodel.open_model(tmp_path / "plain", 28, "RGB", [[-1.0, 1.0]] * 3)
    assert facts.embedding_size == 8
    recognizer = freeze.freeze(model, facts, tmp_path / "frozen", trained=False)
    assert recognizer.embed_images(face[None], LANDMARKS).shape == (1, 8)
    with pytest.raises(RecognizerError, match="holds no saved_model.pb"):
        savedmodel.open_model(tmp_path, 28, "RGB", [[-1.0, 1.0]] * 3)
