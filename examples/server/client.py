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
import sys
import urllib.error
import urllib.request

MODEL = "tf_ipr_decoder"
BATCH = 32  # The largest batch of batching_parameters.txt.
TIMEOUT_S = 60

STATUS = {
    0: "decoded", 1: "empty", 2: "not a stream of this codec", 3: "truncated in the header",
    4: "another format version", 5: "quality out of range", 6: "header not canonical",
    7: "more pixels than the server accepts", 8: "truncated in the lane states",
    9: "padding bits are not zero", 10: "ends within a word", 11: "made with another model",
    12: "extended", 13: "too large for this batch, send it alone", 14: "damaged",
    15: "not an aligned face crop",
}


class ServerError(RuntimeError):
    """The server refused the whole request, or cannot be reached."""


def predict_rest(url: str, signature: str, streams: list) -> dict:
    """Calls a signature by REST: {output: list with one entry per stream}; bytes are bytes."""
    # "inputs" (columns) instead of "instances" (rows): one base64 string for each stream.
    body = {"signature_name": signature,
            "inputs": {"stream_bytes": [{"b64": base64.b64encode(stream).decode()}
                                        for stream in streams]}}
    request = urllib.request.Request(f"{url}/v1/models/{MODEL}:predict", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            outputs = json.load(response)["outputs"]
    except urllib.error.HTTPError as error:
        raise ServerError(error.read().decode(errors="replace")) from error
    except OSError as error:
        raise ServerError(f"{url}: {error}") from error

    def plain(value):
        return base64.b64decode(value["b64"]) if isinstance(value, dict) else value

    return {name: [plain(value) for value in values] for name, values in outputs.items()}


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
            raise ServerError(f"{error.code().name}: {error.details()}") from error
    return {name: tf.make_ndarray(output) for name, output in response.outputs.items()}


def add_server_flags(parser: argparse.ArgumentParser) -> None:
    """--rest and --grpc, one of which is needed."""
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument("--rest", metavar="URL", help="e.g. http://localhost:8501")
    server.add_argument("--grpc", metavar="HOST:PORT", help="e.g. localhost:8500")


def predict(args, signature: str, streams: list) -> dict:
    """Calls a signature by the protocol that the flags name, in batches: {output: list}."""
    outputs: dict = {}
    for start in range(0, len(streams), BATCH):
        some = streams[start:start + BATCH]
        part = (predict_rest(args.rest, signature, some) if args.rest
                else predict_grpc(args.grpc, signature, some))
        for name, values in part.items():
            outputs.setdefault(name, []).extend(values)
    return outputs


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_flags(parser)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("stream", nargs="+", type=pathlib.Path)
    args = parser.parse_args(arguments)
    targets = [args.output / f"{path.stem}.png" for path in args.stream]
    if len(set(targets)) < len(targets):
        parser.error("two streams have one name, and so would their pictures; decode them one after "
                     "another, with an --output each")
    failed = False
    try:
        outputs = predict(args, "png", [path.read_bytes() for path in args.stream])
        args.output.mkdir(parents=True, exist_ok=True)
        for path, target, png, status in zip(args.stream, targets, outputs["png_bytes"],
                                             outputs["status"]):
            if status:
                print(f"{path}: {STATUS.get(int(status), status)}", file=sys.stderr)
                failed = True
                continue
            target.write_bytes(png)
            print(f"{path} -> {target}")
    except (OSError, ServerError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
