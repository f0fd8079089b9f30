"""A worker's process of `beam_local`: Beam's own, that ends with its runner and logs to it alone."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time

# Names the file that the runner keeps as long as the workers are to live.
ALIVE = "TF_IPR_PIPELINE_ALIVE"


def main() -> None:
    """Works until the runner is gone. Ctrl-C is for the runner."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_runner, args=[os.getppid()], daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())  # Before Beam is imported, which logs then.
    from apache_beam.runners.worker import sdk_worker_main  # pylint: disable=import-outside-toplevel

    sdk_worker_main.main(sys.argv)


def _end_with_runner(parent: int) -> None:
    """Without it a worker would wait for ever for the input that a killed runner owes it."""
    while os.getppid() == parent and os.path.exists(os.environ[ALIVE]):
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
