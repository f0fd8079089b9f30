"""Beam's local runner with worker processes of this environment, that ends when it cannot go on.

Beam's DirectRunner would first fetch a program from the network; its FnApiRunner, which this is, needs
nothing. That one waits for the other workers when one dies, and may do so for ever.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import pathlib
import shlex
import sys
import tempfile
import threading
from collections.abc import Iterator

from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.transforms import environments

from tf_ipr.pipeline import beam_worker

_COMMAND = f"exec {shlex.quote(sys.executable)} -m tf_ipr.pipeline.beam_worker"
_WORKER_THREAD = "run_worker"  # As Beam calls the one that waits for a worker's process.
_PATIENCE_SECONDS = 10


class LocalRunner(fn_runner.FnApiRunner):
    """As many processes as --direct_num_workers says; 0: one on each core."""

    def __init__(self):
        super().__init__(environments.SubprocessSDKEnvironment.from_command_string(_COMMAND))

    def run_pipeline(self, pipeline, options):
        """Runs until all is done; raises RuntimeError if a worker dies or a step fails."""
        # As Beam's DirectRunner does: else the workers do not know the options.
        self._provision_info = fn_runner.ExtendedProvisionInfo(beam_provision_api_pb2.ProvisionInfo(
            retrieval_token="unused",
            pipeline_options=JobServiceHandle.encode_pipeline_options(options.get_all_options())))
        ended: concurrent.futures.Future = concurrent.futures.Future()
        run = super().run_pipeline

        def work() -> None:
            try:
                ended.set_result(run(pipeline, options))
            except BaseException as error:  # pylint: disable=broad-except  # Raised in the other thread.
                ended.set_exception(error)

        # In a thread, so that this one hears of signals and deaths while Beam waits.
        thread = threading.Thread(target=work, daemon=True)
        with _deaths() as deaths:
            try:
                with _workers_alive():
                    thread.start()
                    while not deaths and not concurrent.futures.wait([ended], 0.2).done:
                        pass
            finally:
                thread.join(_PATIENCE_SECONDS)
        if deaths:
            raise RuntimeError(f"a worker died: {deaths[0]}")
        return ended.result()


@contextlib.contextmanager
def _workers_alive() -> Iterator[None]:
    """Workers that are started in the block end at its end."""
    with tempfile.TemporaryDirectory(prefix="tf_ipr-") as folder:
        file = pathlib.Path(folder, "alive")
        file.touch()
        os.environ[beam_worker.ALIVE] = str(file)
        yield


@contextlib.contextmanager
def _deaths() -> Iterator[list]:
    """Gives a list that grows when a worker dies; what Beam's threads say of it stays unsaid."""
    deaths: list = []
    before = threading.excepthook

    def hear(arguments) -> None:
        if arguments.thread is not None and arguments.thread.name == _WORKER_THREAD:
            deaths.append(arguments.exc_value)

    threading.excepthook = hear
    try:
        yield deaths
    finally:
        threading.excepthook = before
