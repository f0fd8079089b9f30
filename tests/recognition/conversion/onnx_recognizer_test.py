"""An ONNX file becomes a recogniser: TensorFlow where it can be translated, onnxruntime where not."""

import numpy as np
import pytest
import tensorflow as tf

from tests.recognition.conversion import onnx_graphs
from tests.recognition.conversion.onnx_graphs import EMBEDDING, SIZE, helper, tiny
from tf_ipr.faces import alignment
from tf_ipr.losses import identity
from tf_ipr.recognition import known_face
from tf_ipr.recognition.conversion import onnx_file, onnx_recognizer
from tf_ipr.recognition.description import Description, RecognizerError
from tf_ipr.recognition.recognizer import Recognizer

LANDMARKS = known_face.LANDMARKS[None]


def _unknown(**options):
    """The tiny recogniser with an operator that has no translation."""
    graph = tiny(**options)
    graph.graph.node[-1].output[0] = "before"
    graph.graph.node.append(helper.make_node("Mish", ["before"], ["embedding"]))
    graph.opset_import[0].version = 18
    return graph


def _convert(tmp_path, graph, evaluation_only=False, **changes):
    file = onnx_file.read(onnx_graphs.write(tmp_path / "model.onnx", graph))
    usual = dict(name="tiny", architecture="onnx", size=SIZE, value_range=[[-1.0, 1.0]] * 3,
                 embedding_size=EMBEDDING, template=(alignment.ARCFACE_TEMPLATE / 4).tolist())
    facts = Description(**{**usual, **changes})
    return onnx_recognizer.convert(file, facts, tmp_path / "out", evaluation_only, trained=False)


def test_a_graph_that_can_be_translated_becomes_a_savedmodel(tmp_path, face):
    recognizer, result = _convert(tmp_path, tiny())
    assert result == f"{onnx_recognizer.EVERYTHING}: a TensorFlow graph, cosine to onnxruntime 1.000000"
    assert recognizer.differentiable and recognizer.require_graph() is recognizer
    assert not (tmp_path / "out" / "model.onnx").exists()
    kept, _ = _convert(tmp_path, tiny(), evaluation_only=True)
    np.testing.assert_allclose(recognizer.embed_images(face[None], LANDMARKS),
                               kept.embed_images(face[None], LANDMARKS), atol=1e-5)


def test_colour_order_and_range_are_the_same_for_both(tmp_path, face):
    options = dict(colour_order="BGR", value_range=[[0.0, 1.0], [-1.0, 1.0], [0.0, 255.0]])
    translated, _ = _convert(tmp_path, tiny(), **options)
    kept, _ = _convert(tmp_path, tiny(), evaluation_only=True, **options)
    np.testing.assert_allclose(translated.embed_images(face[None], LANDMARKS),
                               kept.embed_images(face[None], LANDMARKS), atol=1e-5)


@pytest.mark.parametrize("options, pace", [({}, ""), (dict(target=[1, 384]), ", 1 at a time")])
def test_a_graph_that_cannot_is_run_by_onnxruntime_and_says_why(tmp_path, face, options, pace):
    recognizer, result = _convert(tmp_path, _unknown(**options))
    assert result == (
        f"{onnx_recognizer.EVALUATION}{pace}: it has no translation to TensorFlow of the operator "
        "Mish")
    assert not recognizer.differentiable and not recognizer.has_feature_maps
    loaded = Recognizer.load(tmp_path / "out")
    assert loaded.fingerprint == recognizer.fingerprint
    several = loaded.embed_faces([face, face[:, ::-1], face], np.concatenate(
        [LANDMARKS, LANDMARKS, np.full([1, 5, 2], np.nan, np.float32)]))
    np.testing.assert_allclose(np.linalg.norm(several[:2], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(several[:1], loaded.embed_images(face[None], LANDMARKS), atol=1e-5)
    assert np.all(np.isnan(several[2]))


def test_a_translation_that_disagrees_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setitem(onnx_recognizer.onnx_translation.OPERATORS, "PRelu",
                        onnx_recognizer.onnx_translation.OPERATORS["Relu"])
    recognizer, result = _convert(tmp_path, tiny())
    assert not recognizer.differentiable and "its translation has only a cosine of 0." in result


def test_asked_for_a_gradient_onnxruntime_says_what_to_do(tmp_path, face):
    recognizer, _ = _convert(tmp_path, tiny(), evaluation_only=True)
    message = "tiny is run by onnxruntime.*no gradient.*convert its original checkpoint"
    with pytest.raises(RecognizerError, match=message):
        recognizer.require_graph()
    image = tf.constant(face[None], tf.float32)
    np.testing.assert_allclose(identity.identity_loss([recognizer], image, image, LANDMARKS), 0,
                               atol=1e-5)

    def slope():
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = identity.identity_loss([recognizer], image, image, LANDMARKS)
        return tape.gradient(value, image)

    for some in (slope, tf.function(slope, autograph=False)):
        with pytest.raises(RecognizerError, match=message):
            some()


def test_an_onnx_file_that_was_exchanged_or_lost_is_refused(tmp_path):
    _convert(tmp_path, tiny(), evaluation_only=True)
    model = tmp_path / "out" / "model.onnx"
    with open(model, "ab") as file:
        file.write(b"\0")
    with pytest.raises(RecognizerError, match="SHA-256"):
        Recognizer.load(tmp_path / "out")
    model.unlink()
    (tmp_path / "out" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(RecognizerError, match="holds no model.onnx, which its JSON was made for"):
        Recognizer.load(tmp_path / "out")


def test_sface_is_translated_and_equals_onnxruntime(shared_dir, tmp_path, face):
    path = shared_dir / "recognizers" / "face_recognition_sface_2021dec_fp16.onnx"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    file = onnx_file.read(path)
    assert (file.size, file.embedding_size) == (112, 128)
    assert file.batch == 1 and file.with_open_batch().batch is None
    facts = Description("sface", "onnx", 112, [[0.0, 255.0]] * 3, 128)
    recognizer, result = onnx_recognizer.convert(file, facts, tmp_path / "tf")
    assert result.startswith(onnx_recognizer.EVERYTHING)
    kept, _ = onnx_recognizer.convert(file, facts, tmp_path / "onnx", evaluation_only=True)
    images, landmarks = np.stack([face, face[:, ::-1]]), np.repeat(LANDMARKS, 2, axis=0)
    ours, theirs = (some.embed_images(images, landmarks) for some in (recognizer, kept))
    assert np.all(np.sum(ours * theirs, axis=1) > 0.999999)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert recognizer.has_feature_maps
