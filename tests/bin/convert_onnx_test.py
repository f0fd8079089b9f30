"""tf_ipr_convert_recognizer --arch=onnx says what a file became, or what is wrong with it."""

import pytest

from tests.recognition.conversion import onnx_graphs
from tf_ipr.bin import convert_recognizer
from tf_ipr.recognition.recognizer import Recognizer


@pytest.fixture
def convert(run_main, tmp_path, capsys):
    """(graph or bytes, flags) → (exit code, output, error)."""
    def run(model, **flags):
        path = tmp_path / "model.onnx"
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        code = run_main(convert_recognizer.main, arch="onnx", checkpoint=str(path),
                        output=str(tmp_path / "out"), **flags)
        return (code, *capsys.readouterr())

    return run


def test_weights_that_see_no_face_are_not_written(convert, tmp_path):
    code, _, message = convert(onnx_graphs.tiny(), template=["arcface"])
    assert code == 1 and "does not see a face" in message and not (tmp_path / "out").exists()


def test_a_missing_template_is_asked_for(convert):
    code, _, message = convert(onnx_graphs.tiny())
    assert code == 1 and "input of 28 pixels has no template of its own" in message and "--template" in message


@pytest.mark.parametrize("model, flags, expected", [
    (b"no model", {}, "model.onnx is no ONNX file, or is cut short"),
    (onnx_graphs.tiny().SerializeToString()[:5000], {}, "is no ONNX file, or is cut short"),
    (onnx_graphs.tiny(), dict(input_size=112), "28 pixels large, --input_size says 112"),
    (onnx_graphs.tiny(size=("h", "w")), {}, "Give --input_size"),
    (onnx_graphs.tiny(), dict(output_name="x"), "no output 'x'"),
    (onnx_graphs.tiny(), dict(template=["1", "2"]), "expected arcface or ten numbers"),
])
def test_what_is_wrong_is_said_in_one_line(convert, model, flags, expected):
    code, _, message = convert(model, **flags)
    assert code == 1 and expected in message and message.count("\n") == 1


@pytest.mark.parametrize("only", [False, True])
def test_sface_is_converted_and_the_message_says_to_what(convert, shared_dir, tmp_path, only):
    path = shared_dir / "recognizers" / "face_recognition_sface_2021dec_fp16.onnx"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    code, message, _ = convert(path.read_bytes(), value_range=["0", "255"], evaluation_only=only,
                               name="sface", licence="Apache-2.0", threshold=0.363)
    assert code == 0 and "sface, onnx, input 112×112, embedding 128" in message
    assert ("for evaluation only, by onnxruntime: as asked for" if only else
            "for evaluation, losses, searches and exports: a TensorFlow graph") in message
    recognizer = Recognizer.load(tmp_path / "out")
    assert recognizer.facts.licence == "Apache-2.0" and recognizer.differentiable is not only
