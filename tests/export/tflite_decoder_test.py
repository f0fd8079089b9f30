"""The exported decoder: the codec's symbols and pixels, and a status for every stream not good."""

from __future__ import annotations

import dataclasses
import json
import zipfile

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.export.conftest import picture
from tf_ipr.coding.stream_capacity import stream_capacity
from tf_ipr.export import tflite_file, tflite_trial
from tf_ipr.export.decoder_graph import DecoderGraph
from tf_ipr.export.export_error import ExportError
from tf_ipr.format import bitstream
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.format.stream_status import StreamStatus
from tf_ipr.models import model_folder
from tf_ipr.runtime.decoder import Decoder
from tf_ipr.runtime.encoder import Encoder

SIZES = [(16, 16), (17, 33), (75, 53), (130, 128), (250, 250), (300, 280)]
QUALITIES = [1.0, 50.0, 99.5]


class Runner:
    """The file as it is, without the checks of `Decoder`."""

    def __init__(self, path):
        self._run = Interpreter(model_path=str(path), num_threads=1).get_signature_runner("decode")
        shape = self._run.get_input_details()["stream"]["shape_signature"]
        self.capacity = None if shape[0] < 0 else int(shape[0])
        self.outputs = self._run.get_output_details()

    def __call__(self, stream, length=None, capacity=None):
        buffer = np.full(self.capacity or capacity or max(len(stream), 1), 0xA5, np.uint8)
        buffer[:len(stream)] = np.frombuffer(bytes(stream), np.uint8)
        result = self._run(stream=buffer, length=np.int32(len(stream) if length is None else length))
        return result["image"], StreamStatus(int(result["status"]))


@pytest.fixture(scope="module")
def any_size(exported_decoder):
    return Runner(exported_decoder.path)


@pytest.fixture(scope="module")
def fixed_size(exported_fixed):
    return Runner(exported_fixed[1].path)


@pytest.fixture(scope="module")
def stream(small_codec):
    """Of 100x60 pixels, with words."""
    return small_codec.compress(picture(100, 60), 30)


def _assert_refused(runner, stream, expected=None, **options):
    image, status = runner(stream, **options)
    assert status != StreamStatus.OK and not image.any()
    assert image.shape == ((60, 100, 3) if runner.capacity else (0, 0, 3))
    if expected is not None:
        assert status == expected
    return status


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pixels_are_the_codecs_within_a_grey_level(any_size, small_codec, size):
    for quality in QUALITIES:
        stream = small_codec.compress(picture(*size), quality)
        image, status = any_size(stream)
        assert status == StreamStatus.OK
        drift = np.abs(image.astype(int) - small_codec.decompress(stream))
        # The filters of this model are rounded to half precision, those of a shipped one are.
        assert drift.max() <= 1 and np.mean(drift > 0) < 0.1


def test_symbols_are_the_codecs(small_codec, model_dir):
    model, config = model_folder.load(model_dir)
    graph = DecoderGraph(model, config["model_id"], 1 << 22)
    for size in SIZES[:4]:
        stream = small_codec.compress(picture(*size), 60)
        side, latent, parsed = graph._symbols(np.frombuffer(stream, np.uint8), len(stream))
        assert parsed.status[0] == StreamStatus.OK
        for ours, theirs in zip((side, latent), small_codec.symbols(stream)):
            np.testing.assert_array_equal(ours[0], theirs)


def test_fixed_files_decode_what_they_encode(exported_fixed, small_codec, stream):
    encoder, decoder = Encoder(exported_fixed[0].path), Decoder(exported_fixed[1].path)
    for quality in QUALITIES:
        stream = encoder.encode(picture(100, 60), quality)
        drift = np.abs(decoder.decode(stream).astype(int) - small_codec.decompress(stream))
        assert drift.max() <= 1
    with pytest.raises(BitstreamError, match="decodes 100x60 alone"):
        decoder.decode(small_codec.compress(picture(60, 100), 30))


def test_where_the_size_is_fixed_so_are_all_shapes(fixed_size, any_size, small_codec):
    assert list(fixed_size.outputs["image"]["shape_signature"]) == [60, 100, 3]
    assert list(fixed_size.outputs["status"]["shape_signature"]) == []
    assert fixed_size.capacity == stream_capacity(small_codec.model.network.config, 60, 100)
    assert list(any_size.outputs["image"]["shape_signature"]) == [-1, -1, 3]


@pytest.mark.parametrize("kind", ["any_size", "fixed_size"])
class TestHostileStreams:
    """Every one of them ends in a status."""

    @pytest.fixture
    def run(self, kind, request):
        return request.getfixturevalue(kind)

    def test_cut_off_anywhere(self, run, stream):
        found = {_assert_refused(run, stream[:length]) for length in range(len(stream))}
        assert found == {StreamStatus.EMPTY, StreamStatus.TRUNCATED_HEADER,
                         StreamStatus.TRUNCATED_STATES, StreamStatus.ODD_BYTES, StreamStatus.DAMAGED}

    def test_any_bit_flipped(self, run, stream):
        for bit in range(8 * len(stream)):
            flipped = bytearray(stream)
            flipped[bit // 8] ^= 1 << bit % 8
            if 8 <= bit < 12:  # the minor version, which older decoders ignore, is part of the hash
                _assert_refused(run, flipped, StreamStatus.DAMAGED)
            elif bit % 3 == 0 or bit < 120:
                _assert_refused(run, flipped)

    def test_extended(self, run, stream):
        _assert_refused(run, stream + b"\0", StreamStatus.ODD_BYTES)
        _assert_refused(run, stream + b"\0\0", StreamStatus.DAMAGED)
        symbols = 2 * (4 * 7 * 24 + 2 * 8)
        if run.capacity is None:
            _assert_refused(run, stream + bytes(symbols), StreamStatus.EXTENDED)

    def test_of_another_model_version_or_kind(self, run, small_codec):
        header, states, words, _ = bitstream.parse(small_codec.compress(picture(100, 60), 30))

        def packed(**changes):
            return bitstream.pack(dataclasses.replace(header, **changes), states, words)

        for model_id in ("00000000", "ffffffff", f"{int(small_codec.model_id, 16) ^ 1 << 31:08x}"):
            _assert_refused(run, packed(model_id=model_id), StreamStatus.WRONG_MODEL)
        _assert_refused(run, packed(version=(2, 0)), StreamStatus.VERSION)
        _assert_refused(run, packed(quality=30.5), StreamStatus.DAMAGED)
        _assert_refused(run, b"\x89PNG\r\n\x1a\n" * 9, StreamStatus.FOREIGN)
        _assert_refused(run, b"", StreamStatus.EMPTY)

    def test_the_length_is_not_trusted(self, run, stream):
        _assert_refused(run, stream, StreamStatus.EMPTY, length=-5)
        for length in (len(stream) + 2, 1 << 30, (1 << 31) - 1):
            _assert_refused(run, stream, length=length, capacity=len(stream) + 10)

    def test_what_follows_the_stream_does_not_matter(self, run, stream, small_codec):
        image, status = run(stream, capacity=len(stream) + 1001)
        assert status == StreamStatus.OK
        assert np.abs(image.astype(int) - small_codec.decompress(stream)).max() <= 1

    def test_nothing_of_a_bad_stream_stays(self, run, stream):
        expected, _ = run(stream)
        _assert_refused(run, stream[:-2])
        np.testing.assert_array_equal(run(stream)[0], expected)

    @settings(max_examples=150, deadline=None,
              suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_random_bytes(self, run, stream, data):
        start = data.draw(st.integers(0, min(24, len(stream))))
        rest = data.draw(st.binary(max_size=120))
        if stream[:start] + rest != stream:
            _assert_refused(run, stream[:start] + rest)


def test_another_size_is_a_status(fixed_size, any_size, small_codec):
    for size in ((60, 100), (101, 60), (100, 61), (16, 16)):
        other = small_codec.compress(picture(*size), 30)
        _assert_refused(fixed_size, other, StreamStatus.WRONG_SIZE)
        assert any_size(other)[1] == StreamStatus.OK


def test_a_picture_beyond_the_limit_is_refused_before_it_takes_memory(any_size, small_codec):
    for width, height in ((1 << 14, (1 << 10) + 1), ((1 << 28) + 15, (1 << 28) + 15), (16, 1 << 27)):
        header = bitstream.Header(width, height, 50.0, small_codec.model_id)
        states = np.full(header.num_lanes, 1 << 20)
        _assert_refused(any_size, bitstream.pack(header, states, []), StreamStatus.TOO_LARGE)
    # Within the limit it has to be decoded, which ends when the words do.
    header = bitstream.Header(1 << 12, 1 << 12, 50.0, small_codec.model_id)
    stream = bitstream.pack(header, np.full(32, 1 << 20), [1, 2, 3])
    _assert_refused(any_size, stream, StreamStatus.DAMAGED)


def test_the_file_says_what_it_is(exported_decoder, exported_fixed, small_codec):
    facts = []
    for file in (exported_decoder, exported_fixed[1]):
        with zipfile.ZipFile(file.path) as archive:
            facts.append(json.loads(archive.read("metadata.json")))
        assert file.operations["WHILE"] and not any(
            name.startswith(("FLEX", "CUSTOM")) for name in file.operations)
    assert facts[0] == dict(part="decoder", signature="decode", model_id=small_codec.model_id,
                            format_version="1.0", licence="Apache-2.0", weights="float16",
                            image_size="any", min_side=16, max_pixels=1 << 24)
    assert facts[1] == dict(facts[0], image_size="100x60", max_pixels=6000)


def test_a_change_of_the_exact_part_is_noticed(small_codec, model_dir):
    model, config = model_folder.load(model_dir)
    graph = DecoderGraph(model, config["model_id"], 1 << 22, (32, 32))
    converted = tflite_file.convert(graph.decode, graph, "decode")
    tflite_file.halve_weights(converted)
    layers = model.hyper_index.layers
    tflite_trial.check_exact_part(converted, layers, "decoder")
    tflite_trial.check_constants(converted, graph.constants, "decoder")
    changed = [dataclasses.replace(
        layer, kernel=layer.kernel + np.eye(*layer.kernel.shape, dtype=np.int16)) for layer in layers]
    with pytest.raises(ExportError, match="kernel of integer layer 0 .*such a decoder"):
        tflite_trial.check_exact_part(converted, changed, "decoder")
    with pytest.raises(ExportError, match="table `frequency`"):
        tflite_trial.check_constants(converted, {"frequency": graph.constants["frequency"] + 1},
                                     "decoder")
