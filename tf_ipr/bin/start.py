"""How every binary starts, answers and ends.

    FLAGS = flags.FlagValues()             # each binary's own
    flags.DEFINE_integer("steps", 1, "...", flag_values=FLAGS)

    def main(argv) -> int: ...             # raises UsageError, ValueError, OSError, ...

    def run() -> None:
        start.run(main)

Help, the version and wrong flags are answered before anything large is imported.  Every error is one
line on stderr that begins with the binary's name; the exit code says what happened:

    0    done
    1    failed, in whole or in part
    2    wrong usage
    130  stopped by Ctrl-C; 143 by SIGTERM; 141: nobody reads the output any more
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys
from collections.abc import Callable

from absl import flags

from tf_ipr.files.shown import shown

_HELP = ("-h", "-help", "--help", "-helpshort", "--helpshort", "-helpfull", "--helpfull", "-?")
_VERSION = ("-version", "--version")


class UsageError(Exception):
    """The command line makes no sense; the message says what would."""


class Terminated(BaseException):
    """SIGTERM, as KeyboardInterrupt is Ctrl-C."""


def run(main: Callable[[list], int]) -> None:
    """Entry point of a process: `call`, with standard streams and signals in order."""
    _open_standard_streams()
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
    code = call(main, sys.argv)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _discard_output()
        code = code or 1
    sys.exit(code)


def call(main: Callable[[list], int], argv: list) -> int:
    """Parses flags into the `FLAGS` of main's module, calls main; returns the exit code."""
    module = sys.modules[main.__module__]
    name = _name(module)
    try:
        return _call(main, module, name, argv)
    except _usage_errors() as error:
        _complain(name, f"{error} (--help)")
        return 2
    except BrokenPipeError:
        _discard_output()
        return 141
    except ModuleNotFoundError as error:
        from tf_ipr.bin import missing_package  # pylint: disable=import-outside-toplevel

        _complain(name, missing_package.explain(error))
        return 1
    except (ValueError, OSError, ImportError, ArithmeticError, MemoryError) as error:
        _complain(name, reason(error))
        return 1
    except KeyboardInterrupt as stop:
        _complain(name, str(stop) or "interrupted")
        return 130
    except Terminated as stop:
        _complain(name, str(stop) or "terminated")
        return 143


def _name(module) -> str:
    """`tf_ipr_compress`, also of `python -m tf_ipr.bin.compress`; other programs have their own."""
    path = pathlib.Path(module.__file__)
    return f"tf_ipr_{path.stem}" if path.parent == pathlib.Path(__file__).parent else path.stem


def _usage_errors() -> tuple:
    """Those of this module and of absl, which programs outside of this package may raise."""
    app = sys.modules.get("absl.app")
    return (UsageError, flags.Error, *([app.UsageError] if app else []))


def _call(main, module, name: str, argv: list) -> int:
    values = getattr(module, "FLAGS", None)
    values = flags.FlagValues() if values is None else values
    if any(argument in _HELP for argument in _before_two_dashes(argv)):
        result(f"{module.__doc__.strip()}\n\nFlags:\n{_flags_help(values)}\n\n"
               "--flagfile=FILE reads flags from a file; --version prints the version.")
        return 0
    if any(argument in _VERSION for argument in _before_two_dashes(argv)):
        from tf_ipr import __version__  # pylint: disable=import-outside-toplevel

        result(f"{name} {__version__}")
        return 0
    values.set_gnu_getopt(True)  # Flags may stand behind files.
    try:
        arguments = values(argv)
    except flags.UnrecognizedFlagError as error:
        files = [argument for argument in argv[1:] if argument[:1] == "-" and os.path.exists(argument)]
        hint = f"; a file of that name is given as ./{files[0]}" if files else ""
        raise UsageError(f"{error}{hint}") from error
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(f"--flagfile: {error}") from error
    # Libraries may look at flags of their own, which no command line here sets.
    flags.FLAGS.mark_as_parsed()
    return main(arguments)


def _before_two_dashes(argv: list) -> list:
    return argv[1:argv.index("--")] if "--" in argv else argv[1:]


def _flags_help(values: flags.FlagValues) -> str:
    """The flags without the modules that define them: one binary, one list."""
    lines = values.get_help(include_special_flags=False).splitlines()
    return "\n".join(line for line in lines if line.startswith(" "))


def _complain(name: str, message: str) -> None:
    note(f"{name}: " + "\n".join(shown(line) for line in message.strip().splitlines()))


def reason(error: BaseException) -> str:
    """An error in words; of the system's `[Errno 2] No such file: 'a'` what a user needs."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error) or type(error).__name__


def note(text: str) -> None:
    """A line for people on stderr; that nobody can read it is no failure."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


def say(text: str) -> None:
    """A line for people on stdout; that nobody can read it is no failure."""
    try:
        print(text, flush=True)
    except (OSError, ValueError):
        _discard_output()


def result(text: str) -> None:
    """What was asked for, on stdout; raises OSError where it cannot be written."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        raise OSError(f"standard output cannot be written ({error.strerror})") from error


def binary_result(content: bytes) -> None:
    """`result` of bytes, and nothing else."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        raise OSError(f"standard output cannot be written ({error.strerror})") from error


def _discard_output() -> None:
    """Else Python complains once more at the end about what could not be written."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
        sys.stdout.flush()
    except (OSError, ValueError):
        pass


def _terminate(*_) -> None:
    raise Terminated


def _open_standard_streams() -> None:
    """A closed standard stream leaves its number to the next file that is opened, into which
    libraries then write their messages: something that goes nowhere takes its place.

    Writing to what was closed as stdout fails, for what was asked for would be lost.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # Takes the lowest free number, this one.
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # pylint: disable=consider-using-with
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # pylint: disable=consider-using-with
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # pylint: disable=consider-using-with
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = _Forgiving(sys.stderr)


class _Forgiving:
    """A stream of messages whose reader may be gone."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def __getattr__(self, name: str):
        return getattr(self._stream, name)
