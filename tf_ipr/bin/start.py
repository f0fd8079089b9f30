"""How every binary starts: help and flags first, TensorFlow second, `main` last."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Callable

from absl import app, flags

_HELP = ("-h", "-help", "--help", "-helpshort", "--helpshort", "-?")


def run(main: Callable[[list], int], tensorflow: bool = False) -> None:
    """`app.run(main)`, with help and wrong flags answered before TensorFlow is loaded.

    `tensorflow` says that `main` builds Keras models: then it has to be imported before `app.run`, as
    TensorFlow 2.14 first imported inside of it builds them in graph mode.  Help is that of the binary's
    own module, which absl finds only when the module was started as a script, not by its console
    command.
    """
    module = sys.modules[main.__module__]
    if any(argument in _HELP for argument in sys.argv[1:]):
        print(f"{module.__doc__.strip()}\n\nFlags:{flags.FLAGS.module_help(module)}\n\n"
              "--flagfile=FILE reads flags from a file; --helpfull lists those of every library.")
        sys.exit(0)
    app.define_help_flags()
    arguments = app.parse_flags_with_usage(sys.argv)
    # What TensorFlow's C++ says at every start, of absent GPUs and of plugins registered twice,
    # helps nobody; what goes wrong comes as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if tensorflow and importlib.util.find_spec("tensorflow"):
        importlib.import_module("tensorflow")
    # Parsed a second time, flags that may be repeated would hold everything twice.
    app.run(main, flags_parser=lambda unused_argv: arguments)
