"""Beam's own flags on the command line of a binary: told apart from ours, checked, and completed."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

from absl import flags

from tf_ipr.bin import start

_LOCAL = "tf_ipr.pipeline.beam_local.LocalRunner"
_OF_BEAM = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"  # Knows --direct_running_mode.
_SILENCE = logging.NullHandler()
_LOCAL_NAMES = ("", "directrunner", "direct", "fnapirunner", "fnapi")


class OpenFlagValues(flags.FlagValues):
    """Leaves flags that it does not know among the arguments, in their order."""

    def __call__(self, argv, known_only=False):
        return super().__call__(argv, known_only=True)


def options(arguments: Sequence[str]):
    """What is left of a command line -> Beam's PipelineOptions.

    Without --runner, and for DirectRunner, Beam's local runner is taken: its workers are processes.

    Raises:
      UsageError: something is none of Beam's flags.
    """
    from apache_beam.options import pipeline_options  # pylint: disable=import-outside-toplevel

    parser = _Parser(allow_abbrev=False, add_help=False)
    for kind in _all_below(pipeline_options.PipelineOptions):
        kind._add_argparse_args(parser)  # pylint: disable=protected-access  # There is no other way to ask.
    _, unknown = parser.parse_known_args(list(arguments))
    if unknown:
        raise start.UsageError(f"{' '.join(unknown)}: neither of this command nor of Beam")
    found = pipeline_options.PipelineOptions(list(arguments))
    standard = found.view_as(pipeline_options.StandardOptions)
    if (standard.runner or "").lower() in _LOCAL_NAMES:
        has_mode = any(argument.startswith("--direct_running_mode") for argument in arguments)
        standard.runner = _OF_BEAM if has_mode else _LOCAL
    else:
        _log_to_stderr()
    return found


def quiet() -> None:
    """Keeps Beam's log from stderr; to be called before Beam is imported, which complains then."""
    logging.getLogger().addHandler(_SILENCE)


def _log_to_stderr() -> None:
    """The log of a runner elsewhere is all that is seen of it."""
    logging.getLogger().removeHandler(_SILENCE)
    logging.basicConfig(level=logging.INFO)


class _Parser(argparse.ArgumentParser):
    """Complains as our binaries do; several of Beam's classes define the same flag."""

    def __init__(self, **values):
        super().__init__(conflict_handler="resolve", **values)

    def error(self, message):
        raise start.UsageError(message)


def _all_below(kind: type) -> list:
    below = kind.__subclasses__()
    return below + [deeper for one in below for deeper in _all_below(one)]
