"""A small stand-in for TensorFlow Serving, to try the clients where there is no Docker.

    python examples/server/local_server.py savedmodels/lfw_l2_rec/decoder

Serves Predict by gRPC (port 8500) and REST (port 8501) on this computer alone. Requests are batched
by TensorFlow's own batching operation, which, like TensorFlow Serving, fills a batch up to an allowed
size with copies of a row. For tests and trials; a server in earnest is tensorflow/serving.
"""

from __future__ import annotations

import argparse
import base64
import http.server
import json
import pathlib
import re
import threading
from concurrent import futures

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2, prediction_service_pb2_grpc

MODEL = "tf_ipr_decoder"


class ServedModel:
    """A SavedModel whose signatures run in batches."""

    def __init__(self, folder, batch_sizes=(1, 2, 4, 8, 16, 32), timeout_us: int = 2000):
        """Loads the highest version in `folder`."""
        versions = [int(p.name) for p in pathlib.Path(folder).iterdir() if p.name.isdigit()]
        if not versions:
            raise FileNotFoundError(f"{folder} holds no version of a model, such as 1/")
        self.path = pathlib.Path(folder) / str(max(versions))
        self._loaded = tf.saved_model.load(str(self.path))
        self._batched = {name: self._batch(signature, list(batch_sizes), timeout_us)
                         for name, signature in self._loaded.signatures.items()}

    def warm_up(self) -> int:
        """Replays the warm-up requests, as a server does before it is ready; returns how many."""
        path = self.path / "assets.extra" / "tf_serving_warmup_requests"
        count = 0
        for record in tf.data.TFRecordDataset(str(path)) if path.exists() else ():
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            request = log.predict_log.request
            # Through the batching operation: what runs below it is another instance of the graph.
            self.predict(request.model_spec.signature_name,
                         tf.make_ndarray(request.inputs["stream_bytes"]))
            count += 1
        return count

    def predict(self, signature: str, streams) -> dict:
        """{output: array [B, ...]}; KeyError for an unknown signature, tf.errors.OpError."""
        names, function = self._batched[signature or "serving_default"]
        return dict(zip(names, (x.numpy() for x in function(tf.constant(streams, tf.string)))))

    @staticmethod
    def _batch(signature, batch_sizes, timeout_us):
        names = sorted(signature.structured_outputs)

        @tf.nondifferentiable_batch_function(
            num_batch_threads=2, max_batch_size=batch_sizes[-1], batch_timeout_micros=timeout_us,
            allowed_batch_sizes=batch_sizes, max_enqueued_batches=64)
        def batched(streams):
            outputs = signature(stream_bytes=streams)
            return [outputs[name] for name in names]

        return names, tf.function(batched, input_signature=[tf.TensorSpec([None], tf.string)])


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict by gRPC."""

    def __init__(self, model: ServedModel):
        self._model = model

    def Predict(self, request, context):  # pylint: disable=invalid-name
        if request.model_spec.name != MODEL:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found: {request.model_spec.name}")
        try:
            outputs = self._model.predict(request.model_spec.signature_name,
                                          tf.make_ndarray(request.inputs["stream_bytes"]))
        except KeyError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no signature {error}")
        except tf.errors.OpError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(request.model_spec)
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response


class RestHandler(http.server.BaseHTTPRequestHandler):
    """POST /v1/models/NAME:predict with "inputs" (columns) or "instances" (rows)."""

    model: ServedModel

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not re.fullmatch(rf"/v1/models/{MODEL}(/versions/\d+)?:predict", self.path):
            return self._answer(404, {"error": f"Malformed request: POST {self.path}"})
        try:
            request = json.loads(body)
            rows = "instances" in request
            streams = request["instances"] if rows else request["inputs"]
            streams = ([row["stream_bytes"] if "stream_bytes" in row else row for row in streams]
                       if rows else streams.get("stream_bytes", streams))
            outputs = self.model.predict(request.get("signature_name", ""),
                                         [base64.b64decode(stream["b64"]) for stream in streams])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return self._answer(400, {"error": f"{type(error).__name__}: {error}"})
        except tf.errors.OpError as error:
            return self._answer(400, {"error": error.message})
        columns = {name: [{"b64": base64.b64encode(x).decode()} for x in value]
                   if name.endswith("_bytes") else value.tolist()
                   for name, value in outputs.items()}
        if rows:
            return self._answer(200, {"predictions": [dict(zip(columns, row))
                                                      for row in zip(*columns.values())]})
        return self._answer(200, {"outputs": columns})

    def _answer(self, code: int, content: dict) -> None:
        data = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        """Silent."""


class LocalServer:
    """Both protocols on the loopback interface, in threads of this process; a context manager.

    Attributes:
      grpc_address: "127.0.0.1:PORT".
      rest_url: "http://127.0.0.1:PORT".
    """

    def __init__(self, model: ServedModel, grpc_port: int = 0, rest_port: int = 0):
        """Port 0 takes a free one."""
        self._grpc = grpc.server(futures.ThreadPoolExecutor(64),
                                 options=[("grpc.max_send_message_length", -1),
                                          ("grpc.max_receive_message_length", -1)])
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(model), self._grpc)
        self.grpc_address = f"127.0.0.1:{self._grpc.add_insecure_port(f'127.0.0.1:{grpc_port}')}"
        handler = type("Handler", (RestHandler,), {"model": model})
        self._rest = http.server.ThreadingHTTPServer(("127.0.0.1", rest_port), handler)
        self.rest_url = f"http://127.0.0.1:{self._rest.server_port}"

    def __enter__(self) -> LocalServer:
        self._grpc.start()
        threading.Thread(target=self._rest.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._rest.shutdown()
        self._rest.server_close()
        self._grpc.stop(None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grpc_port", type=int, default=8500)
    parser.add_argument("--rest_port", type=int, default=8501)
    parser.add_argument("folder", help="holds 1/saved_model.pb")
    args = parser.parse_args()
    model = ServedModel(args.folder)
    print(f"{model.warm_up()} warm-up requests replayed", flush=True)
    with LocalServer(model, args.grpc_port, args.rest_port) as server:
        print(f"serving {model.path} by gRPC at {server.grpc_address} and REST at "
              f"{server.rest_url}; Ctrl-C ends it", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
