"""Files wherever Beam's FileSystems reach: listed, read, and written whole or not at all.

What is written goes to a temporary name in the folder `PARTS` of the outputs and is renamed. Local files
are read by `file_run.read`, which waits for no named pipe.
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Iterable

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from tf_ipr.files import file_kind, regular_file
from tf_ipr.files.atomic_file import OutputError
from tf_ipr.pipeline import file_run

PARTS = ".tf_ipr.parts"
_BINARY = {"mime_type": "application/octet-stream", "compression_type": CompressionTypes.UNCOMPRESSED}


def is_local(path: str) -> bool:
    """Whether a path is one of the machine's own file system."""
    return FileSystems.get_scheme(path) is None


def absolute(folder: str) -> str:
    """A folder's one name, without a slash at its end: workers stand elsewhere."""
    return os.path.realpath(folder) if is_local(folder) else folder.rstrip("/")


def split(pattern: str) -> tuple[str, str]:
    """A pattern -> the folder that all its files lie in, with a slash, and the pattern of absolute names.

    A local folder means every file in it.
    """
    if is_local(pattern) and os.path.isdir(pattern):
        base = absolute(pattern).rstrip("/") + "/"
        return base, re.sub(r"([*?[])", r"[\1]", base) + "**"
    plain = re.match(r"[^*?[]*", pattern).group()
    start = plain.rfind("/") + 1
    base = pattern[:start]
    if is_local(pattern):
        base = absolute(base or ".").rstrip("/") + "/"
    return base, base + pattern[start:]


def any_of(pattern: str) -> bool:
    """Whether a pattern matches a file."""
    return bool(FileSystems.match([pattern], [1])[0].metadata_list)


def join(folder: str, relative: str) -> str:
    """A path in a folder; `relative` has slashes."""
    return FileSystems.join(folder, *relative.split("/"))


def head(path: str) -> bytes:
    """The beginning of a file, for `file_kind`; raises OSError in a user's words."""
    try:
        if is_local(path):
            kind = regular_file.kind_of_mode(os.stat(path).st_mode)
            if kind:
                raise OSError(f"it is {kind}")
        with FileSystems.open(path, **_BINARY) as file:
            return file.read(file_kind.HEAD_BYTES)
    except OSError as error:
        raise _in_words(error) from error


def read(path: str, size: int, largest: int) -> bytes:
    """The content of an input; `size`: as it was listed. Raises OSError in a user's words."""
    if size > largest:
        raise OSError(f"it has {size} bytes; at most {largest} are read")
    if is_local(path):
        return file_run.read(pathlib.Path(path), largest)
    try:
        with FileSystems.open(path, **_BINARY) as file:
            content = file.read()
    except OSError as error:
        raise _in_words(error) from error
    if not content:
        raise OSError("the file is empty")
    return content


def _in_words(error: OSError) -> OSError:
    if error.strerror is None and str(error).startswith("it is "):
        return error
    return OSError(f"it cannot be read ({error.strerror or _beams_words(error)})")


def _beams_words(error: OSError) -> str:
    return str(error).removesuffix(" with exceptions None")


def read_if_there(path: str) -> bytes | None:
    """The content of an output; None where there is none. Raises OutputError for what is no file."""
    if is_local(path):
        if os.path.islink(path):
            raise OutputError(f"the output {path} is a link, through which nothing is written; move it "
                              "away or choose another output path")
        if os.path.isdir(path):
            raise OutputError(f"{path} is a folder; choose another output path")
    if not FileSystems.exists(path):
        return None
    with FileSystems.open(path, **_BINARY) as file:
        return file.read()


def names_in(folder: str) -> set:
    """Every file in a folder and its subfolders: relative, with slashes."""
    if is_local(folder):
        return {pathlib.Path(root, name).relative_to(folder).as_posix()
                for root, _, names in os.walk(folder) for name in names}
    listed = FileSystems.match([folder + "/**"])[0].metadata_list
    return {entry.path[len(folder) + 1:] for entry in listed}


def write(folder: str, relative: str, content: bytes, replaces: bool = False) -> None:
    """Writes a file of a folder of outputs.

    Args:
      folder: as `absolute` gives it.
      relative: the file in it, with slashes.
      content: all of it.
      replaces: whether the file exists.

    Raises:
      OutputError: it cannot be written.
    """
    temporary = join(folder, f"{PARTS}/{os.urandom(8).hex()}.tmp")
    final = join(folder, relative)
    try:
        with FileSystems.create(temporary, **_BINARY) as file:
            file.write(content)
        make_folder(final.rpartition("/")[0])
        if replaces and not is_local(final):  # Some rename nothing onto a file that exists.
            FileSystems.delete([final])
        FileSystems.rename([temporary], [final])
    except OSError as error:
        raise OutputError(f"{final} cannot be written ({error.strerror or _beams_words(error)})") from error


def make_folder(folder: str) -> None:
    """Makes a folder, where there are folders; several workers may do so at once."""
    if is_local(folder):
        os.makedirs(folder, exist_ok=True)
    elif FileSystems.get_filesystem(folder).has_dirs() and not FileSystems.exists(folder):
        try:
            FileSystems.mkdirs(folder)
        except OSError:
            if not FileSystems.exists(folder):
                raise


def remove(folder: str, names: Iterable[str]) -> None:
    """Removes files of a folder, and `PARTS` when it is empty."""
    paths = [join(folder, name) for name in names]
    if paths:
        FileSystems.delete(paths)
    parts = join(folder, PARTS)
    if is_local(folder) and os.path.isdir(parts) and not os.listdir(parts):
        os.rmdir(parts)


def is_folder(path: str) -> bool:
    """Whether a path is a folder or may become one."""
    if is_local(path):
        return os.path.isdir(path) or not os.path.lexists(path)
    # Where folders are no more than parts of names, a file of the very name is one.
    return not FileSystems.exists(path) or FileSystems.get_filesystem(path).has_dirs()
