"""ONNX files of every make are read to one form, and what is no recogniser is named."""

import numpy as np
import pytest

from tests.recognition.conversion import onnx_graphs
from tests.recognition.conversion.onnx_graphs import EMBEDDING, SIZE, TensorProto, helper, onnx, tiny
from tf_ipr.recognition.conversion import onnx_file
from tf_ipr.recognition.description import RecognizerError


@pytest.fixture
def faces():
    return np.random.default_rng(1).uniform(-1, 1, [5, SIZE, SIZE, 3]).astype(np.float32)


def _read(tmp_path, graph, **options):
    return onnx_file.read(onnx_graphs.write(tmp_path / "model.onnx", graph), **options)


@pytest.mark.parametrize("options", [
    dict(), dict(batch="N"), dict(batch=4), dict(target=[-1, 384]), dict(channels_last=True, batch="N"),
    dict(size=("h", "w")), dict(embedding=None), dict(embedding="D")])
def test_all_forms_of_one_graph_give_the_same_embeddings_for_any_number_of_faces(
        tmp_path, faces, options):
    expected = _read(tmp_path, tiny(batch=1)).session()(faces)
    open_size = options.get("size") == ("h", "w")
    file = _read(tmp_path, tiny(**options), size=SIZE if open_size else None)
    assert (file.size, file.embedding_size) == (SIZE, EMBEDDING)
    assert file.channels_first is not options.get("channels_last", False)
    opened = file.with_open_batch()
    assert opened.batch is None
    for some in (file, opened):
        np.testing.assert_allclose(some.session()(faces), expected, rtol=0, atol=1e-4)
    assert file.session()(faces[:0]).shape[0] == 0


@pytest.mark.parametrize("batch", [1, "N"])
def test_a_graph_that_cannot_take_several_faces_gets_them_one_by_one(tmp_path, faces, batch):
    file = _read(tmp_path, tiny(batch=batch, target=[1, 384])).with_open_batch()
    assert file.batch == 1
    expected = _read(tmp_path, tiny()).session()(faces)
    np.testing.assert_allclose(file.session()(faces), expected, rtol=0, atol=1e-4)


def test_half_precision_is_fed_as_such(tmp_path, faces):
    file = _read(tmp_path, tiny(kind=np.float16))
    assert file.dtype == "float16"
    ours, expected = file.session()(faces), _read(tmp_path, tiny()).session()(faces)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=0, atol=0.02 * np.abs(expected).max())


def test_of_several_outputs_one_is_chosen_and_the_rest_left_out(tmp_path, faces):
    graph = tiny(extra=[helper.make_node("ReduceL2", ["embedding"], ["length"], axes=[1])])
    graph.graph.output.append(helper.make_tensor_value_info("length", TensorProto.FLOAT, [1, 1]))
    with pytest.raises(RecognizerError, match="has 2 outputs: embedding, length.*--output_name"):
        _read(tmp_path, graph)
    with pytest.raises(RecognizerError, match="no output 'x'; it has embedding, length"):
        _read(tmp_path, graph, output="x")
    file = _read(tmp_path, graph, output="embedding")
    assert "ReduceL2" not in [node.op_type for node in file.model.graph.node]
    np.testing.assert_allclose(file.session()(faces),
                               _read(tmp_path, tiny()).session()(faces), atol=1e-5)


def test_weights_that_are_listed_as_inputs_are_none(tmp_path):
    graph = tiny()
    graph.graph.input.append(helper.make_tensor_value_info("bias", TensorProto.FLOAT, [EMBEDDING]))
    assert len(_read(tmp_path, graph).model.graph.input) == 1


def test_weights_beside_the_file_are_read_or_missed_by_name(tmp_path, faces):
    path = tmp_path / "model.onnx"
    onnx.save(tiny(), str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    expected = _read(tmp_path / "..", tiny()).session()(faces)
    np.testing.assert_allclose(onnx_file.read(path).session()(faces), expected, atol=1e-6)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(RecognizerError, match="weights.bin"):
        onnx_file.read(path)


def test_a_file_that_is_none_or_cut_short_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    whole = tiny().SerializeToString()
    for content in (b"", b"no model", whole[:len(whole) // 2], whole[:-1], bytes(1000)):
        path.write_bytes(content)
        with pytest.raises(RecognizerError, match="model.onnx is no ONNX file, or is cut short"):
            onnx_file.read(path)
    with pytest.raises(OSError, match="absent.onnx"):
        onnx_file.read(tmp_path / "absent.onnx")
    with pytest.raises(OSError):
        onnx_file.read(tmp_path)


def _two_inputs():
    return onnx_graphs.model([
        helper.make_node("Add", ["faces", "more"], ["sum"]),
        helper.make_node("Flatten", ["sum"], ["embedding"])
    ], {}, [("faces", [1, 3, 8, 8]), ("more", [1, 3, 8, 8])], [("embedding", [1, 192])])


def _flattened(shape, kind=TensorProto.FLOAT):
    return onnx_graphs.model([helper.make_node("Cast", ["faces"], ["floats"], to=1),
                              helper.make_node("Flatten", ["floats"], ["embedding"])], {},
                             [("faces", shape, kind)], [("embedding", None)])


def _map_of_features():
    return onnx_graphs.model([helper.make_node("Relu", ["faces"], ["embedding"])], {},
                             [("faces", [1, 3, 8, 8])], [("embedding", [1, 3, 8, 8])])


@pytest.mark.parametrize("graph, options, message", [
    (_two_inputs(), {}, r"2 inputs that its embedding depends on \(faces, more\), expected one"),
    (_flattened([1, 3, 8]), {}, "expected four dimensions"),
    (_flattened([1, 1, 8, 8]), {}, "neither the second nor the last dimension is 3"),
    (_flattened([1, 3, 8, 10]), {}, "is 8×10; a recogniser here takes a square"),
    (_flattened([1, 3, "h", "w"]), {}, "height and width are open. Give --input_size"),
    (_flattened([1, 3, 8, 8]), dict(size=16), "8 pixels large, --input_size says 16"),
    (_flattened([1, 3, 8, 8], TensorProto.UINT8), {}, "UINT8 numbers; float32 and float16 can be fed"),
    (_map_of_features(), {}, r"array of shape \(1, 3, 8, 8\), expected one vector for each"),
])
def test_graphs_that_are_no_recognisers_are_named(tmp_path, graph, options, message):
    with pytest.raises(RecognizerError, match=message):
        _read(tmp_path, graph, **options)
