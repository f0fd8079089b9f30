"""The examples for a server, as a user runs them, against a server that speaks both protocols."""

from __future__ import annotations

import argparse
import base64
import concurrent.futures
import importlib.util
import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import decoder_cases
import numpy as np
import pytest

from tf_ipr.files import image_file
from tf_ipr.format.stream_status import StreamStatus

pytest.importorskip("tensorflow_serving", reason="needs tensorflow-serving-api")

_EXAMPLES = pathlib.Path(__file__).parents[3] / "examples" / "server"


def _load(name):
    spec = importlib.util.spec_from_file_location(name, _EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # The examples import one another.
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client():
    return _load("client")


@pytest.fixture(scope="module")
def recognise(client):
    del client
    return _load("recognise")


@pytest.fixture(scope="module")
def server(decoder_folder):
    """A running `LocalServer`."""
    local_server = _load("local_server")
    model = local_server.ServedModel(decoder_folder, batch_sizes=(1, 4), timeout_us=20_000)
    assert model.warm_up() == 12  # 3 signatures, 2 sizes, 2 batch sizes
    with local_server.LocalServer(model) as running:
        yield running


@pytest.fixture(scope="module")
def streams(codec, tmp_path_factory):
    """Files: three good streams, one damaged."""
    folder = tmp_path_factory.mktemp("streams")
    for i, size in enumerate([(64, 64), (33, 50), (17, 16)]):
        (folder / f"{i}.ipr").write_bytes(codec.compress(decoder_cases.image(*size), quality=60))
    (folder / "bad.ipr").write_bytes((folder / "0.ipr").read_bytes()[:-1])
    return folder


def _flag(server, protocol):
    return f"--{protocol}={server.rest_url if protocol == 'rest' else server.grpc_address}"


def test_the_client_runs_as_a_program_without_tensorflow(server, streams, codec, tmp_path):
    files = [streams / "0.ipr", streams / "bad.ipr", streams / "1.ipr"]
    program = ("import runpy, sys\nsys.argv[:2] = sys.argv[1:2]\ntry:\n"
               "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
               "finally:\n    assert 'tensorflow' not in sys.modules")
    done = subprocess.run(
        [sys.executable, "-c", program, str(_EXAMPLES / "client.py"), _flag(server, "rest"),
         f"--output={tmp_path}", *map(str, files)], capture_output=True, text=True, timeout=120,
        check=False)
    assert done.returncode == 1 and "bad.ipr: The stream ends within a 16-bit word" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.png", "1.png"]
    for name in ("0", "1"):
        expected = codec.decompress((streams / f"{name}.ipr").read_bytes()).astype(int)
        assert np.abs(image_file.read_image(tmp_path / f"{name}.png") - expected).max() <= 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_both_protocols_write_the_pictures(client, server, streams, codec, tmp_path, protocol):
    files = [str(streams / f"{i}.ipr") for i in range(3)]
    assert client.main([_flag(server, protocol), f"--output={tmp_path}", *files]) == 0
    for i in range(3):
        expected = codec.decompress((streams / f"{i}.ipr").read_bytes()).astype(int)
        assert np.abs(image_file.read_image(tmp_path / f"{i}.png") - expected).max() <= 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_of_a_request_of_bad_streams_each_is_named_with_its_reason(client, server, streams, tmp_path, capsys,
                                                                   protocol):
    (tmp_path / "none.ipr").write_bytes(b"")
    bad, empty = streams / "bad.ipr", tmp_path / "none.ipr"
    for files in ([bad], [empty, bad]):
        arguments = [_flag(server, protocol), f"--output={tmp_path / 'out'}", *map(str, files)]
        assert client.main(arguments) == 1
        words = {bad: "The stream ends within a 16-bit word; it was truncated or extended.",
                 empty: "The stream is empty (0 bytes)."}
        assert capsys.readouterr().err.splitlines() == [f"{path}: {words[path]}" for path in files]
    assert not list((tmp_path / "out").iterdir())


def test_a_stream_that_shares_its_batch_with_others_bad_ones_is_named_without_a_reason(client, monkeypatch):
    def refused(*_):
        raise client.ServerError("assertion failed: [No stream of the request can be decoded; status of "
                                 "each:] [1 10] [(1 EMPTY)]\n\t [[{{node Assert}}]]")

    monkeypatch.setattr(client, "predict_rest", refused)
    rows = client.predict(argparse.Namespace(rest="url", grpc=None), "png", [b"", b"x"])
    assert [client.in_words(row["status"]) for row in rows] == 2 * [
        "The stream cannot be decoded; sent by itself, it tells why."]


def test_a_refusal_for_another_reason_is_the_servers_sentence(client, server, streams, capsys):
    url = server.rest_url + "/other"
    assert client.main([f"--rest={url}", str(streams / "0.ipr")]) == 1
    assert capsys.readouterr().err == "client.py: Malformed request: POST /other/v1/models/tf_ipr_decoder:predict\n"


def test_a_missing_file_is_named(client, capsys):
    assert client.main(["--rest=http://127.0.0.1:9", "absent.ipr"]) == 1
    assert capsys.readouterr().err == "client.py: absent.ipr: No such file or directory\n"


def test_a_server_that_is_not_there_is_named(client, streams, capsys):
    assert client.main(["--rest=http://127.0.0.1:9", str(streams / "0.ipr")]) == 1
    assert "http://127.0.0.1:9" in capsys.readouterr().err


def test_pixels_come_by_grpc_as_arrays(client, server, streams, codec):
    stream = (streams / "1.ipr").read_bytes()
    outputs = client.predict_grpc(server.grpc_address, "serving_default", [stream])
    height, width = int(outputs["height"][0]), int(outputs["width"][0])
    decoded = outputs["image"][0, :height, :width].astype(int)
    assert np.abs(decoded - codec.decompress(stream)).max() <= 1


def test_rest_takes_rows_too(server, streams):
    stream = base64.b64encode((streams / "0.ipr").read_bytes()).decode()
    body = {"signature_name": "png", "instances": [{"stream_bytes": {"b64": stream}}, {"b64": stream}]}
    request = urllib.request.Request(f"{server.rest_url}/v1/models/tf_ipr_decoder:predict",
                                     json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as response:
        rows = json.load(response)["predictions"]
    assert [row["status"] for row in rows] == [0, 0]
    assert base64.b64decode(rows[0]["png_bytes"]["b64"])[:4] == b"\x89PNG"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.rest_url}/v1/models/other:predict", b"{}", timeout=60)


def test_clients_that_share_a_batch_do_not_harm_one_another(client, server, streams, codec):
    data = [(streams / name).read_bytes() for name in ("0.ipr", "bad.ipr", "1.ipr", "2.ipr")]

    def ask(stream):
        try:
            return client.predict_grpc(server.grpc_address, "serving_default", [stream])
        except client.ServerError as error:
            return str(error)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, data * 6))
    for stream, answer in zip(data * 6, answers):
        if stream == data[1]:  # Alone in its batch it is an error, among good ones a status.
            assert isinstance(answer, str) or answer["status"] == [StreamStatus.ODD_BYTES]
            continue
        expected = codec.decompress(stream)
        height, width = expected.shape[:2]
        assert answer["status"] == [StreamStatus.OK]
        got = answer["image"][0, :height, :width].astype(int)
        assert np.abs(got - expected).max() <= 1


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_recognising_finds_the_person_of_the_gallery(recognise, server, codec, tmp_path, capsys,
                                                     protocol):
    rng = np.random.default_rng(0)
    faces = {name: np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((32, 32, 1))).astype(np.uint8)
             for name in ("Ada", "Grace", "Joan")}
    for name, face in faces.items():
        (tmp_path / "gallery" / name).mkdir(parents=True)
        (tmp_path / "gallery" / name / "1.ipr").write_bytes(codec.compress(face, quality=100))
    (tmp_path / "probe.ipr").write_bytes(codec.compress(faces["Grace"], quality=90))
    (tmp_path / "large.ipr").write_bytes(codec.compress(decoder_cases.image(64, 64)))
    arguments = [_flag(server, protocol), f"--gallery={tmp_path / 'gallery'}"]
    assert recognise.main([*arguments, str(tmp_path / "probe.ipr")]) == 0
    assert "probe.ipr: Grace (cosine 0.9" in capsys.readouterr().out
    assert recognise.main([*arguments, "--threshold=1.1", str(tmp_path / "probe.ipr")]) == 0
    assert "probe.ipr: unknown" in capsys.readouterr().out
    both = [str(tmp_path / "large.ipr"), str(tmp_path / "probe.ipr")]
    assert recognise.main([*arguments, *both]) == 1
    captured = capsys.readouterr()
    assert f"{tmp_path / 'large.ipr'}: The picture is no aligned face crop" in captured.err
    assert "Grace" in captured.out
    assert recognise.main([*arguments, both[0]]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{both[0]}: The picture is no aligned") and not captured.out


def test_the_client_says_of_every_status_what_the_decoder_says(client):
    for status in StreamStatus:
        assert client.STATUS[int(status)] == status.message
    assert "status 99" in client.in_words(99)
