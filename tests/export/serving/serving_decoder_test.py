"""The exported decoder, loaded where neither tf_ipr nor tensorflow-compression was imported."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import decoder_cases
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

from tf_ipr.export import serving_decoder
from tf_ipr.export.serving_decoder import ExportError
from tf_ipr.format.stream_status import StreamStatus

pytest.importorskip("tensorflow_serving", reason="needs tensorflow-serving-api")

# A server's process: TensorFlow alone. Takes a pickle of [(signature, streams)], returns one.
_SERVER = """
import pickle, sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
results = []
for signature, streams in pickle.load(sys.stdin.buffer):
    try:
        outputs = model.signatures[signature](stream_bytes=tf.constant(streams, tf.string))
        results.append({name: value.numpy() for name, value in outputs.items()})
    except tf.errors.InvalidArgumentError as error:
        results.append(str(error))
foreign = [name for name in sys.modules if name.split(".")[0] in
           ("tf_ipr", "tensorflow_compression", "keras_cv", "mtcnn")]
sys.stdout.buffer.write(pickle.dumps((results, foreign)))
"""


@pytest.fixture(scope="module")
def responses(decoder_folder, codec, other_codec, tmp_path_factory):
    """What a server's process answers: {name of the request: outputs or the error's text}."""
    good, bad = decoder_cases.good_streams(codec), decoder_cases.bad_streams(codec, other_codec)
    some_bad = [stream for stream, _ in bad]
    requests = {
        "one": ("serving_default", [good[4]]),
        "mixed": ("serving_default", good[:12]),
        "bad neighbours": ("serving_default", good[3:5] + some_bad + good[5:6]),
        "padded": ("serving_default", [some_bad[0], good[0]] + [some_bad[0]] * 6),
        "all bad": ("serving_default", some_bad),
        "no stream": ("serving_default", []),
        "png": ("png", good[3:5] + some_bad + good[5:6]),
        "embedding": ("embedding", [stream for stream in good if codec.info(stream)["width"]
                                    in (112, 128, 140)] + some_bad),
        "none aligned": ("embedding", good[:1]),
    }
    folder = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", _SERVER, str(decoder_folder / "1")], cwd=folder, timeout=300,
        input=pickle.dumps(list(requests.values())), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    results, foreign = pickle.loads(done.stdout)
    assert foreign == []
    return dict(zip(requests, results)), requests


def test_one_stream_gives_the_pixels_of_the_codec(responses, codec):
    outputs, requests = responses[0]["one"], responses[1]["one"][1]
    expected = codec.decompress(requests[0])
    assert outputs["image"].shape == (1, *expected.shape) and outputs["image"].dtype == np.uint8
    assert np.abs(outputs["image"][0].astype(int) - expected).max() <= 1
    assert (outputs["height"], outputs["width"]) == (expected.shape[0], expected.shape[1])
    assert outputs["status"].dtype == outputs["height"].dtype == np.int32


@pytest.mark.parametrize("name", ["mixed", "bad neighbours"])
def test_a_batch_gives_every_good_stream_its_pixels(responses, codec, name):
    outputs, (_, streams) = responses[0][name], responses[1][name]
    good = 0
    for i, stream in enumerate(streams):
        height, width = outputs["height"][i], outputs["width"][i]
        if outputs["status"][i] != StreamStatus.OK:
            assert height == width == 0 and not outputs["image"][i].any()
            continue
        good += 1
        expected = codec.decompress(stream)
        assert expected.shape == (height, width, 3)
        assert np.abs(outputs["image"][i, :height, :width].astype(int) - expected).max() <= 1
    assert good == (12 if name == "mixed" else 3)


def test_statuses_name_what_is_wrong(responses, codec, other_codec):
    expected = [StreamStatus[name] for _, name in decoder_cases.bad_streams(codec, other_codec)]
    assert responses[0]["bad neighbours"]["status"].tolist() == [0, 0, *expected, 0]


def test_rows_repeated_to_fill_a_batch_do_no_harm(responses):
    outputs = responses[0]["padded"]
    assert outputs["status"].tolist() == [StreamStatus.EMPTY, StreamStatus.OK] + 6 * [
        StreamStatus.EMPTY]


def test_a_request_of_bad_streams_alone_is_an_error_that_names_them(responses):
    assert "No stream of the request can be decoded" in responses[0]["all bad"]
    assert "[1 2 3" in responses[0]["all bad"] and "1 EMPTY" in responses[0]["all bad"]
    assert isinstance(responses[0]["no stream"], str)


def test_png_files_show_the_same(responses, codec):
    outputs, (_, streams) = responses[0]["png"], responses[1]["png"]
    for stream, png, status in zip(streams, outputs["png_bytes"], outputs["status"]):
        if status != StreamStatus.OK:
            assert png == b""
            continue
        decoded = tf.io.decode_png(png).numpy().astype(int)
        assert np.abs(decoded - codec.decompress(stream)).max() <= 1
    assert outputs["status"].tolist() == responses[0]["bad neighbours"]["status"].tolist()


def test_embeddings_are_those_of_the_recogniser_on_aligned_crops(responses, codec, recognizer):
    from tf_ipr.faces import alignment

    outputs, (_, streams) = responses[0]["embedding"], responses[1]["embedding"]
    assert outputs["embedding"].shape == (len(streams), recognizer.embedding_size)
    seen = {112: 0, 128: 0}
    for stream, embedding, status in zip(streams, outputs["embedding"], outputs["status"]):
        if status != StreamStatus.OK:
            assert not embedding.any()
            continue
        decoded = codec.decompress(stream)
        size = decoded.shape[0]
        expected = recognizer.embed_images(decoded[None], alignment.template_for(size)[None])[0]
        assert embedding @ expected > 0.9999
        seen[size] += 1
    assert min(seen.values()) > 0
    assert (outputs["status"] == StreamStatus.NOT_ALIGNED).sum() == 3  # the pictures 250 x 140
    assert "NOT_ALIGNED" in responses[0]["none aligned"]


def test_every_operation_is_one_of_tensorflows_own(decoder_folder):
    saved = saved_model_pb2.SavedModel.FromString(
        (decoder_folder / "1" / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    kinds = {node.op for node in graph.node}
    kinds |= {node.op for function in graph.library.function for node in function.node_def}
    assert len(kinds) > 50 and all(hasattr(tf.raw_ops, kind) for kind in kinds)
    assert not any("PyFunc" in kind for kind in kinds)


def test_the_files_beside_the_model(decoder_folder, codec):
    from tensorflow_serving.config import model_server_config_pb2

    assert sorted(p.name for p in decoder_folder.iterdir()) == [
        "1", "batching_parameters.txt", "models.config"]
    facts = json.loads((decoder_folder / "1" / "assets.extra" / "decoder.json").read_text())
    assert facts["model_id"] == codec.model_id
    assert facts["max_pixels"] == decoder_cases.MAX_PIXELS
    assert facts["status"]["14"] == StreamStatus.DAMAGED.message
    config = text_format.Parse((decoder_folder / "models.config").read_text(),
                               model_server_config_pb2.ModelServerConfig())
    assert config.model_config_list.config[0].base_path == "/models/tf_ipr_decoder"
    batching = (decoder_folder / "batching_parameters.txt").read_text()
    assert "max_batch_size { value: 4 }" in batching
    assert batching.count("allowed_batch_sizes: ") == 2 and "allowed_batch_sizes: 4" in batching


def test_the_warm_up_asks_for_every_signature_size_and_batch(decoder_folder, codec):
    from tensorflow_serving.apis import prediction_log_pb2

    asked = set()
    path = decoder_folder / "1" / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        assert request.model_spec.name == "tf_ipr_decoder"
        streams = tf.make_ndarray(request.inputs["stream_bytes"])
        size = {(codec.info(s)["height"], codec.info(s)["width"]) for s in streams}
        asked.add((request.model_spec.signature_name, len(streams), *size.pop()))
    assert asked == {(signature, batch, *size) for signature, sizes in (
        ("serving_default", [(64, 64), (33, 50)]), ("png", [(64, 64), (33, 50)]),
        ("embedding", [(112, 112), (128, 128)])) for batch in (1, 4) for size in sizes}


@pytest.mark.parametrize("change, text", [
    (dict(version=0), "version is 0"), (dict(max_pixels=1 << 27), "max_pixels"),
    (dict(max_pixels=1 << 20, max_batch_pixels=1 << 19), "max_batch_pixels"),
    (dict(batch_sizes=(4, 1)), "batch_sizes"), (dict(image_sizes=[(8, 64)]), "image size"),
    (dict(image_sizes=[(4096, 4096)]), "image size")])
def test_bad_arguments_are_refused_by_name(model_path, codec, tmp_path, change, text):
    del codec  # It makes the model.
    with pytest.raises(ExportError, match=text):
        serving_decoder.export(model_path, tmp_path / "out", **change)
    assert not (tmp_path / "out").exists()
