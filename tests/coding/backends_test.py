"""The same streams everywhere: eager, graph, XLA, SavedModel, TFLite with built-in operators."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.coding import coder_cases
from tf_ipr.coding import SymbolCoder, header_bytes, stream_bytes

LANES = 4
START = np.int32([41234])
IMAGES = [coder_cases.draw_image(seed, 24, 200, skip=skip)
          for seed, skip in ((0, 0.0), (1, 0.7), (2, 1.0))]


class Coding(tf.Module):
    """Both directions with fixed shapes."""

    def __init__(self, unroll=4):
        super().__init__()
        self.coder = SymbolCoder(coder_cases.tables(), unroll=unroll)

    def encode(self, side_symbols, side_tables, symbols, tables):
        words, num_words, states = self.coder.encode(side_symbols, side_tables, symbols, tables,
                                                     LANES, tf.constant(START))
        return {"words": words, "num_words": num_words, "states": states}

    def decode(self, words, num_words, states, side_tables, tables):
        side_symbols, state = self.coder.decode_side(words, num_words, states, side_tables)
        symbols, state = self.coder.decode(state, tables)
        return {"side_symbols": side_symbols, "symbols": symbols,
                "finished": self.coder.finished(state, tf.constant(START))}


def _spec(name, *shape):
    return tf.TensorSpec(shape, tf.int32, name)


ENCODE_SPECS = [_spec("side_symbols", 1, 24), _spec("side_tables", 1, 24),
                _spec("symbols", 1, 200), _spec("tables", 1, 200)]
DECODE_SPECS = [_spec("words", 1, 224), _spec("num_words", 1), _spec("states", 1, LANES),
                ENCODE_SPECS[1], ENCODE_SPECS[3]]
CODING = Coding()
ENCODE = tf.function(CODING.encode, input_signature=ENCODE_SPECS)
DECODE = tf.function(CODING.decode, input_signature=DECODE_SPECS)


def _check(encode, decode, images=tuple(IMAGES)):
    """Streams equal the graph's, and decode to the symbols."""
    for image in images:
        tensors = dict(zip(("side_symbols", "side_tables", "symbols", "tables"),
                           map(tf.constant, image)))
        coded = encode(**tensors)
        for name, expected in ENCODE(*tensors.values()).items():
            np.testing.assert_array_equal(coded[name], expected)
        decoded = decode(**{name: tf.constant(value) for name, value in coded.items()},
                         side_tables=tensors["side_tables"], tables=tensors["tables"])
        np.testing.assert_array_equal(decoded["side_symbols"], image[0])
        np.testing.assert_array_equal(decoded["symbols"], image[2])
        assert np.all(decoded["finished"])


def test_graph():
    _check(ENCODE, DECODE)


def test_eager():
    _check(CODING.encode, CODING.decode, IMAGES[1:2])


def test_xla():
    _check(tf.function(CODING.encode, jit_compile=True),
           tf.function(CODING.decode, jit_compile=True))


@pytest.mark.parametrize("unroll", [1, 16])
def test_any_unrolling(unroll):
    other = Coding(unroll)
    _check(tf.function(other.encode), tf.function(other.decode))


def test_saved_model(tmp_path):
    tf.saved_model.save(CODING, str(tmp_path), signatures={"encode": ENCODE, "decode": DECODE})
    loaded = tf.saved_model.load(str(tmp_path)).signatures
    _check(loaded["encode"], loaded["decode"])


def _convert(function):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()],
                                                                CODING)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter.convert()


@pytest.fixture(scope="module", name="models")
def fixture_models():
    return _convert(ENCODE), _convert(DECODE)


RESOLVERS = [tf.lite.experimental.OpResolverType.AUTO,  # With XNNPACK.
             tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES]


@pytest.mark.parametrize("resolver", RESOLVERS)
def test_tflite(models, resolver):
    runners = [tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=resolver)
               .get_signature_runner() for model in models]
    _check(*[lambda runner=runner, **inputs: runner(
        **{name: value.numpy() for name, value in inputs.items()}) for runner in runners])


def test_tflite_with_open_sizes_writes_the_whole_stream():
    """One model for images of any size: symbols, lanes and stream length are all dynamic."""
    coder = SymbolCoder(coder_cases.tables())

    @tf.function(input_signature=[_spec("side_symbols", 1, None), _spec("side_tables", 1, None),
                                  _spec("symbols", 1, None), _spec("tables", 1, None),
                                  _spec("lanes", 1), _spec("width")])
    def encode(side_symbols, side_tables, symbols, tables, lanes, width):
        header = header_bytes(width, width, tf.constant(100), "0123abcd")
        words, num_words, states = coder.encode(side_symbols, side_tables, symbols, tables, lanes,
                                                header.start_state[tf.newaxis])
        stream, length = stream_bytes(header, states[0], words[0], num_words[0])
        return {"stream": stream, "length": length}

    runner = tf.lite.Interpreter(model_content=_convert(encode)).get_signature_runner()
    for seed, number, lanes, width in ((0, 40, 2, 100), (1, 900, 4, 250), (2, 300, 32, 900)):
        image = coder_cases.draw_image(seed, 24, number)
        inputs = dict(zip(("side_symbols", "side_tables", "symbols", "tables"), image),
                      lanes=np.int32([lanes]), width=np.int32(width))
        expected = encode(**{name: tf.constant(value) for name, value in inputs.items()})
        result = runner(**inputs)
        assert result["length"] == expected["length"]
        np.testing.assert_array_equal(result["stream"], expected["stream"])
