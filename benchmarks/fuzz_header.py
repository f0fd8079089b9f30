"""Coverage-guided fuzzing of the header parsers: the one in Python and the one in the graph.

    python -m benchmarks.fuzz_header -max_total_time=600 runs/fuzz_header

Needs atheris (pip install atheris). Arguments are libFuzzer's; the last names a folder that keeps
what has been found worth keeping, so that the next run goes on from there. Every input must parse,
and then pack again into the same bytes, or be refused with a BitstreamError; and the graph must say
the same. A counterexample ends the run with a traceback and is written to crash-*.
"""

from __future__ import annotations

import pathlib
import sys

import atheris

with atheris.instrument_imports(include=["tf_ipr.format.bitstream", "tf_ipr.coding.lanes"]):
    from tf_ipr.format import bitstream

import tensorflow as tf

from tf_ipr.coding import stream_parser
from tf_ipr.format.stream_status import StreamStatus

_MAX_PIXELS = 1 << 22
_SEEDS = [bitstream.Header(*size, 50.0, "89abcdef") for size in ((16, 16), (250, 250), (640, 4096))]


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _parse_in_graph(streams):
    parsed = stream_parser.parse(streams, _MAX_PIXELS)
    return parsed, stream_parser.words(streams, parsed)


def check(data: bytes) -> None:
    """Raises AssertionError where the parsers differ or the bytes are not canonical."""
    parsed, words = _parse_in_graph(tf.constant([data]))
    status = StreamStatus(int(parsed.status[0]))
    try:
        header, states, own_words, start = bitstream.parse(data, _MAX_PIXELS)
    except bitstream.BitstreamError as error:
        assert status != StreamStatus.OK, f"the graph accepts what Python refuses: {error}"
        return
    assert status == StreamStatus.OK, f"the graph refuses what Python accepts: {status.name}"
    assert bitstream.pack(header, states, own_words) == data, "accepted, but not canonical"
    assert (int(parsed.width[0]), int(parsed.height[0])) == (header.width, header.height)
    assert f"{int(parsed.model_id[0]):08x}" == header.model_id
    assert parsed.states[0, :header.num_lanes].numpy().tolist() == states.tolist()
    assert words[0, :int(parsed.num_words[0])].numpy().tolist() == own_words.tolist()
    assert int(parsed.start_state[0]) == start


def main() -> None:
    folders = [pathlib.Path(a) for a in sys.argv[1:] if not a.startswith("-")]
    if len(folders) != 1:
        sys.exit("fuzz_header: give one folder, e.g. runs/fuzz_header")
    folders[0].mkdir(parents=True, exist_ok=True)
    for number, header in enumerate(_SEEDS):
        stream = bitstream.pack(header, [1 << 20] * header.num_lanes, [1, 2, 3])
        check(stream)
        (folders[0] / f"seed{number}").write_bytes(stream)
    atheris.Setup([*sys.argv, "-max_len=200"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
