"""The exported encoder and how both halves are written: built-in operations, streams that decode, the
codec's own bytes; nothing half-written, nothing shipped replaced unasked."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import picture, random_model
from tf_ipr.coding.stream_capacity import stream_capacity
from tf_ipr.export import tflite_export, tflite_file, tflite_trial
from tf_ipr.export.tflite_file import ExportError
from tf_ipr.format import shipped_models
from tf_ipr.models import model_folder
from tf_ipr.runtime.encoder import Encoder
from tf_ipr.training.validation import freeze

SIZES = [(16, 16), (75, 53), (130, 128), (200, 170)]
QUALITIES = [1.0, 50.0, 99.5]


@pytest.fixture(scope="module")
def encoder(exported):
    return Encoder(exported.path.read_bytes())


@pytest.fixture(scope="module")
def halves(exported_halves):
    return [(exported_halves / f"{part}.tflite").read_bytes() for part in ("analysis", "coder")]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_streams_of_any_size_decode(encoder, small_codec, size):
    for quality in QUALITIES:
        stream = encoder.encode(picture(*size), quality)
        facts = small_codec.info(stream)
        assert (facts["width"], facts["height"], facts["quality"]) == (*size, quality)
        # `symbols` decodes: it fails unless all symbols are those that were encoded.
        assert small_codec.symbols(stream)[1].any()


def test_float16_filters_change_few_symbols(encoder, small_codec):
    image = picture(200, 170)
    ours = small_codec.symbols(encoder.encode(image, 50))
    theirs = small_codec.symbols(small_codec.compress(image, 50))
    for a, b in zip(ours, theirs):
        assert np.mean(a != b) < 0.02 and np.abs(a - b).max() <= 1


def test_an_equal_latent_gives_the_codecs_bytes(halves, small_codec):
    image = picture(100, 60)
    coder = tf.lite.Interpreter(model_content=halves[1]).get_signature_runner("code")
    latent = small_codec._analyse(image[None]).numpy()
    for quality in QUALITIES:
        result = coder(latent=latent, height=np.int32(60), width=np.int32(100),
                       quality=np.float32(quality))
        assert (result["stream"][:result["length"]].tobytes()
                == small_codec.compress(image, quality))
        assert not result["stream"][result["length"]:].any()


def test_symbols_equal_the_codecs_except_beside_a_half(halves, small_codec, model_dir):
    model, _ = model_folder.load(model_dir)
    encode = tflite_trial._split_encoder(*halves)
    for seed in range(5):
        image = picture(100, 60, seed)
        quality = tf.constant([30.0])
        gained = model.network.gained(small_codec._analyse(image[None]), quality)
        z_hat = tf.floor(model.network.side(gained) + 0.5)
        residual = gained - model.network.mean(z_hat, gained)
        ours = small_codec.symbols(encode(image, 30))
        theirs = small_codec.symbols(small_codec.compress(image, 30))
        for a, b, value in zip(ours, theirs, (model.network.side(gained)[0], residual[0])):
            beside_half = np.abs(value - np.floor(value) - 0.5) < 1e-3
            assert np.all((a == b) | beside_half)


@pytest.mark.parametrize("xnnpack", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_way_to_run_it_gives_streams_that_decode(exported, small_codec, xnnpack, threads):
    resolver = tf.lite.experimental.OpResolverType
    resolver = resolver.AUTO if xnnpack else resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    encoder = Encoder(exported.path, threads, lambda content, threads: tf.lite.Interpreter(
        model_content=content, num_threads=threads, experimental_op_resolver_type=resolver))
    small_codec.symbols(encoder.encode(picture(100, 60), 70))


def _encode(content, image, quality):
    return tf.lite.Interpreter(model_content=content).get_signature_runner("encode")(
        image=image[np.newaxis], quality=np.float32(quality))


def test_quality_is_limited_and_rounded_to_halves(exported, small_codec):
    content = exported.path.read_bytes()
    for given, meant in ((-5, 1.0), (0.5, 1.0), (33.3, 33.5), (1000, 100.0)):
        result = _encode(content, picture(40, 40), given)
        assert small_codec.info(result["stream"][:result["length"]].tobytes())["quality"] == meant


@pytest.mark.parametrize("size, quality", [
    ((15, 40), 50), ((40, 15), 50), ((1, 1), 50), ((40, 40), np.nan), ((40, 40), np.inf),
    ((40, 40), -np.inf)])
def test_what_cannot_be_coded_has_no_stream(exported, size, quality):
    assert _encode(exported.path.read_bytes(), picture(*size), quality)["length"] == 0


def test_where_the_size_is_fixed_so_is_the_length_of_the_output(exported_fixed, small_codec):
    content = exported_fixed[0].path.read_bytes()
    interpreter = tf.lite.Interpreter(model_content=content)
    runner = interpreter.get_signature_runner("encode")
    details = runner.get_output_details()
    capacity = stream_capacity(small_codec.model.network.config, 60, 100)
    assert list(details["stream"]["shape_signature"]) == [capacity]
    for quality in QUALITIES:
        result = runner(image=picture(100, 60)[np.newaxis], quality=np.float32(quality))
        stream = result["stream"][:result["length"]].tobytes()
        assert small_codec.symbols(stream)[1].any() and not result["stream"][result["length"]:].any()


def test_more_pixels_than_the_limit_are_not_coded(model_dir, tmp_path):
    file, = tflite_export.export(model_dir, tmp_path, part="encoder", max_pixels=75 * 53)
    content = file.path.read_bytes()
    assert _encode(content, picture(75, 53), 50)["length"] > 0
    assert _encode(content, picture(76, 53), 50)["length"] == 0


@pytest.mark.parametrize("height, quality", [(15, 50), (60, np.nan), (60, np.inf)])
def test_half_an_encoder_refuses_by_its_length_too(halves, small_codec, height, quality):
    coder = tf.lite.Interpreter(model_content=halves[1]).get_signature_runner("code")
    latent = small_codec._analyse(picture(100, 60)[None]).numpy()
    result = coder(latent=latent, height=np.int32(height), width=np.int32(100),
                   quality=np.float32(quality))
    assert result["length"] == 0


def test_the_file_says_what_it_is(exported, small_codec):
    with zipfile.ZipFile(exported.path) as archive:
        facts = json.loads(archive.read("metadata.json"))
    assert facts == dict(part="encoder", signature="encode", model_id=small_codec.model_id,
                         format_version="1.0", licence="Apache-2.0", weights="float16",
                         image_size="any", min_side=16, max_pixels=1 << 24)
    assert exported.operations["CONV_2D"] and not any(
        name.startswith(("FLEX", "CUSTOM")) for name in exported.operations)


def test_no_runtime_gets_leave_to_compute_in_half_precision(exported):
    assert b"reduced_precision_support" not in exported.path.read_bytes()


def test_float16_halves_filters_and_leaves_biases_alone():
    kernel, bias = np.full([3, 3, 8, 32], 1 / 3, np.float32), np.full([32], 3001.0, np.float32)
    function = tf.function(lambda x: {"y": tf.nn.conv2d(x, kernel, 1, "SAME") + bias},
                           input_signature=[tf.TensorSpec([1, 4, 4, 8], tf.float32, "x")])
    model = tflite_file.convert(function, tf.Module(), "double")
    facts = dict(part="test", model_id="00000000")
    whole = tflite_file.to_bytes(model, facts)
    assert tflite_file.halve_weights(model) == 1
    half = tflite_file.to_bytes(model, facts)
    assert len(whole) - len(half) > 0.9 * kernel.nbytes / 2
    constants = [tflite_file.constant(model, tensor) for tensor in model.subgraphs[0].tensors]
    assert any(values is not None and np.array_equal(values, bias) for values in constants)
    run = tf.lite.Interpreter(model_content=half).get_signature_runner("double")
    x = np.random.default_rng(0).normal(size=[1, 4, 4, 8]).astype(np.float32)
    expected = tf.nn.conv2d(x, kernel.astype(np.float16).astype(np.float32), 1, "SAME") + bias
    np.testing.assert_allclose(run(x=x)["y"], expected, atol=1e-3)


def test_operations_that_tflite_lacks_are_refused():
    function = tf.function(lambda x: tf.raw_ops.Betainc(a=x, b=x, x=x),
                           input_signature=[tf.TensorSpec([3], tf.float32)])
    with pytest.raises(ExportError, match="`foreign`.*Betainc"):
        tflite_file.convert(function, tf.Module(), "foreign")


def test_integers_take_a_byte_and_do_not_change():
    kernel = np.random.default_rng(0).integers(-127, 128, [64, 32]).astype(np.float32) / 8
    function = tf.function(lambda x: {"y": tf.linalg.matmul(x, kernel)},
                           input_signature=[tf.TensorSpec([1, 64], tf.float32, "x")])
    model = tflite_file.convert(function, tf.Module(), "product")
    tflite_file.halve_weights(model)
    narrow, = [tensor for tensor in model.subgraphs[0].tensors if tensor.name.endswith(b"/narrow")]
    assert len(model.buffers[narrow.buffer].data) == kernel.size
    np.testing.assert_array_equal(tflite_file.constant(model, narrow), kernel.T)
    content = tflite_file.to_bytes(model, dict(part="test", model_id="00000000"))
    run = tf.lite.Interpreter(model_content=content).get_signature_runner("product")
    np.testing.assert_array_equal(run(x=np.eye(64, dtype=np.float32)[:1])["y"], kernel[:1])


@pytest.mark.parametrize("arguments, message", [
    (dict(image_size=(15, 100)), "15x100; both sides must have at least 16"),
    (dict(image_size=(10000, 10000)), "10000x10000; .* at most 67108864"),
    (dict(weights="int8"), "'int8'; it must be one of float16, float32"),
    (dict(part="coder"), "'coder'; it must be one of encoder, decoder"),
    (dict(part="decoder", split=True), "the encoder alone can be split"),
    (dict(max_pixels=255), "max_pixels is 255; it must be in 256..67108864"),
    (dict(output="face.tflite"),
     "face.tflite is a file, but encoder and decoder .*such as .*face.*--part=encoder"),
])
def test_wrong_arguments_leave_no_file(model_dir, tmp_path, arguments, message):
    output = tmp_path / arguments.pop("output", "")
    with pytest.raises(ExportError, match=message):
        tflite_export.export(model_dir, output, **arguments)
    assert not list(tmp_path.iterdir())


def test_what_was_shipped_is_not_replaced_unasked():
    folder = shipped_models.folder()
    before = (folder / "encoder.tflite").read_bytes()
    with pytest.raises(ExportError,
                       match="encoder.tflite .*came with the project.*--output.*--overwrite"):
        tflite_export.export(folder)
    with pytest.raises(ExportError, match="came with the project"):
        tflite_export.export(folder, folder / "encoder.tflite", part="encoder")
    assert (folder / "encoder.tflite").read_bytes() == before


def test_a_failed_trial_leaves_the_old_files(exported_fixed, model_dir, tmp_path, monkeypatch):
    for part in ("encoder", "decoder"):
        (tmp_path / f"{part}.tflite").write_bytes(b"old")
    contents = [file.path.read_bytes() for file in exported_fixed]
    monkeypatch.setattr(tflite_file, "to_bytes", lambda *_: contents[0])  # the encoder in both places
    with pytest.raises(ValueError, match="holds the encoder"):
        tflite_export.export(model_dir, tmp_path, (100, 60))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old", b"old"]


def test_an_architecture_without_a_decoder_says_so(model_dir, tmp_path):
    config = json.loads((model_dir / "config.json").read_text())
    assert config["model"]["architecture"] == "mobile"
    model_folder.save(freeze(random_model("hyperprior")), tmp_path / "model", {})
    with pytest.raises(ExportError, match="hyperprior.*--part=encoder"):
        tflite_export.export(tmp_path / "model")
    assert not list((tmp_path / "model").glob("*.tflite"))
