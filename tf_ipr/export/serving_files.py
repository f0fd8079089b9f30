"""What TensorFlow Serving reads beside a SavedModel: warm-up requests, batching, models."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from tf_ipr.faces import alignment
from tf_ipr.files import atomic_file

MODEL_NAME = "tf_ipr_decoder"
WARMUP = "tf_serving_warmup_requests"

_MOUNT = "/models"  # Where the stock image looks for models.


def write_warmup(path, model_folder, signatures: Iterable[str], batch_sizes: Sequence[int],
                 image_sizes: Sequence[tuple[int, int]]) -> None:
    """Writes one request for each signature, size and batch size, as a TFRecord of PredictionLog.

    A server replays them before it reports itself ready: the first request of a shape costs seconds.

    Args:
      path: the file.
      model_folder: the model that makes the streams.
      signatures: names of signatures; "embedding" gets aligned crops alone.
      batch_sizes: of the requests.
      image_sizes: (height, width) of the pictures.

    Raises:
      ImportError: tensorflow-serving-api, which has the messages, is not installed.
    """
    predict_pb2, prediction_log_pb2 = _messages()
    from tf_ipr.models.codec import TensorFlowCodec  # Its graphs are not needed otherwise.

    codec = TensorFlowCodec.load(model_folder)
    streams = [codec.compress(_picture(size), quality=50) for size in image_sizes]
    crops = []
    if "embedding" in signatures:
        crops = [codec.compress(_picture((size, size)), quality=50)
                 for size in alignment.ALIGNED_SIZES[:2]]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature in signatures:
            for stream in crops if signature == "embedding" else streams:
                for batch in batch_sizes:
                    request = predict_pb2.PredictRequest()
                    request.model_spec.name = MODEL_NAME
                    request.model_spec.signature_name = signature
                    request.inputs["stream_bytes"].CopyFrom(
                        tf.make_tensor_proto([stream] * batch, tf.string))
                    log = prediction_log_pb2.PredictionLog(
                        predict_log=prediction_log_pb2.PredictLog(request=request))
                    writer.write(log.SerializeToString())


def write_server_configuration(output: pathlib.Path, batch_sizes: Sequence[int]) -> None:
    """Writes `batching_parameters.txt` and `models.config` into the folder of the versions."""
    batching = [f"max_batch_size {{ value: {batch_sizes[-1]} }}",
                "batch_timeout_micros { value: 2000 }",
                "max_enqueued_batches { value: 64 }",
                "num_batch_threads { value: 2 }  # About the number of cores.",
                *(f"allowed_batch_sizes: {size}" for size in batch_sizes)]
    models = ["model_config_list {", "  config {", f"    name: '{MODEL_NAME}'",
              f"    base_path: '{_MOUNT}/{MODEL_NAME}'", "    model_platform: 'tensorflow'", "  }",
              "}"]
    for name, lines in (("batching_parameters.txt", batching), ("models.config", models)):
        with atomic_file.writing(output / name, "w") as file:
            file.write("\n".join(lines) + "\n")


def _messages():
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError as error:
        raise ImportError("Warm-up requests need the package tensorflow-serving-api; "
                          "pip install 'tf_ipr[serving]'.") from error
    return predict_pb2, prediction_log_pb2


def _picture(size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width, 3) with structure, so that it codes about as many symbols as a face."""
    y, x = np.mgrid[0:size[0], 0:size[1]]
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((5, 9), (11, 3), (17, 23))]
    return np.clip(128 + 60 * np.stack(waves, -1), 0, 255).astype(np.uint8)
