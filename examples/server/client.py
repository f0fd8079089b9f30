"""Streams to PNG files by a TensorFlow Serving that holds the decoder (docs/serving.md).

    python examples/server/client.py --rest=http://localhost:8501 a.ipr b.ipr
    python examples/server/client.py --grpc=localhost:8500 a.ipr b.ipr

Writes a.png and b.png into --output (default: the current folder). REST needs nothing but Python;
gRPC needs tensorflow-serving-api. A stream that the server refuses is named with the reason, and the
exit code is then 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import pathlib
import re
import sys
import urllib.error
import urllib.request

MODEL = "tf_ipr_decoder"
BATCH = 32  # The largest batch of batching_parameters.txt.
TIMEOUT_S = 60

# What the numbers of `status` say.
STATUS = {
    0: "Decoded.",
    1: "The stream is empty (0 bytes).",
    2: "The stream does not start with 0xfb; it is something else.",
    3: "The stream ends within the header; it was truncated.",
    4: "The stream has another major format version; use a matching release.",
    5: "The header declares a quality outside of 1..100.",
    6: "A size in the header is written with superfluous bytes or takes more than 4.",
    7: "The stream declares more pixels than this decoder accepts.",
    8: "The stream ends within the lane states; it was truncated.",
    9: "The padding bits behind the lane states are not zero.",
    10: "The stream ends within a 16-bit word; it was truncated or extended.",
    11: "The stream was made with another model; send it to that one's decoder.",
    12: "The stream has more words than symbols; it was extended.",
    13: "The batch, padded to its largest image, is beyond the decoder's limit; send this stream in a "
    "smaller batch.",
    14: "The stream fails its integrity check; fetch it again.",
    15: "The picture is no aligned face crop of 112x112, 128x128 or 448x448 pixels; an embedding needs "
    "one.",
    16: "The picture has another size than the one this decoder is made for; use a decoder of any size.",
}
# How a decoder's refusal of a batch in which no stream is good begins; the statuses follow.
_NONE_GOOD = re.compile(r"No stream of the request can be decoded; status of each:\W*\[([\d\s]+)\]")
_UNKNOWN = -1


class ServerError(RuntimeError):
    """The server refused the whole request, or cannot be reached."""


def in_words(status: int) -> str:
    """What a status says."""
    if status == _UNKNOWN:
        return "The stream cannot be decoded; sent by itself, it tells why."
    return STATUS.get(
        status, f"The stream cannot be decoded: status {status}, which this client does not know."
    )


def predict_rest(url: str, signature: str, streams: list) -> dict:
    """Calls a signature by REST: {output: list with one entry per stream}; bytes are bytes."""
    # "inputs" (columns) instead of "instances" (rows): one base64 string for each stream.
    body = {
        "signature_name": signature,
        "inputs": {"stream_bytes": [{"b64": base64.b64encode(stream).decode()} for stream in streams]},
    }
    request = urllib.request.Request(
        f"{url}/v1/models/{MODEL}:predict",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            outputs = json.load(response)["outputs"]
    except urllib.error.HTTPError as error:
        raise ServerError(_reason(error.read().decode(errors="replace"))) from error
    except OSError as error:
        raise ServerError(f"{url}: {error}") from error

    def plain(value):
        return base64.b64decode(value["b64"]) if isinstance(value, dict) else value

    return {name: [plain(value) for value in values] for name, values in outputs.items()}


def _reason(body: str) -> str:
    """The sentence in the server's answer to a request that it refuses."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body


def predict_grpc(address: str, signature: str, streams: list) -> dict:
    """Calls a signature by gRPC: {output: NumPy array with one row per stream}."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL
    request.model_spec.signature_name = signature
    request.inputs["stream_bytes"].CopyFrom(tf.make_tensor_proto(streams, tf.string))
    # A batch of pictures is larger than the default limit of 4 MB.
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(address, options=options) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            response = service.Predict(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            raise ServerError(f"{address}: {error.code().name}: {error.details()}") from error
    return {name: tf.make_ndarray(output) for name, output in response.outputs.items()}


def add_server_flags(parser: argparse.ArgumentParser) -> None:
    """--rest and --grpc, one of which is needed."""
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument("--rest", metavar="URL", help="e.g. http://localhost:8501")
    server.add_argument("--grpc", metavar="HOST:PORT", help="e.g. localhost:8500")


def predict(args, signature: str, streams: list) -> list:
    """Calls a signature by the protocol that the flags name, in batches.

    Returns:
      For each stream a dict of its outputs; of one that the server refuses, "status" alone.

    Raises:
      ServerError: the server cannot be reached, or refuses a request for another reason.
    """
    rows = []
    for start in range(0, len(streams), BATCH):
        rows += _predict_batch(args, signature, streams[start : start + BATCH])
    return rows


def _predict_batch(args, signature: str, streams: list) -> list:
    try:
        outputs = (
            predict_rest(args.rest, signature, streams)
            if args.rest
            else predict_grpc(args.grpc, signature, streams)
        )
    except ServerError as error:
        refused = _NONE_GOOD.search(str(error))
        if not refused:
            raise
        # The server may have decoded the request together with others', or with copies of its own
        # streams: only if all statuses are one it is surely each stream's.
        statuses = {int(status) for status in refused.group(1).split()}
        if len(statuses) == 1:
            return [{"status": status} for status in statuses] * len(streams)
        if len(streams) == 1:
            return [{"status": _UNKNOWN}]
        return [row for stream in streams for row in _predict_batch(args, signature, [stream])]
    rows = [dict(zip(outputs, values)) for values in zip(*outputs.values())]
    return [row if not row["status"] else {"status": int(row["status"])} for row in rows]


def read(path: pathlib.Path) -> bytes:
    """A file's bytes; OSError that names it in words."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(f"{path}: {error.strerror}") from error


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_server_flags(parser)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("stream", nargs="+", type=pathlib.Path)
    args = parser.parse_args(arguments)
    targets = [args.output / f"{path.stem}.png" for path in args.stream]
    if len(set(targets)) < len(targets):
        parser.error(
            "two streams have one name, and so would their pictures; decode them one after "
            "another, with an --output each"
        )
    failed = False
    try:
        rows = predict(args, "png", [read(path) for path in args.stream])
        args.output.mkdir(parents=True, exist_ok=True)
        for path, target, row in zip(args.stream, targets, rows):
            if row["status"]:
                print(f"{path}: {in_words(row['status'])}", file=sys.stderr)
                failed = True
                continue
            target.write_bytes(row["png_bytes"])
            print(f"{path} -> {target}")
    except (OSError, ServerError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
