"""A file system of Beam in this process's memory, `memory://`: without folders, as stores of objects are."""

from __future__ import annotations

import io

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem


class MemoryFileSystem(FileSystem):
    """Renames nothing onto a file that exists, as the strictest do.

    Attributes:
      files: path -> content.
      vanishing: paths of files that are gone as soon as they have been listed.
    """

    files: dict = {}
    vanishing: set = set()

    @classmethod
    def scheme(cls):
        return "memory"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path):
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path):
        raise AssertionError("there are no folders")

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        listed = [FileMetadata(path, len(content)) for path, content in self.files.items()
                  if path.startswith(dir_or_prefix)]
        for path in self.vanishing:
            self.files.pop(path, None)
        yield from listed

    def create(self, path, mime_type="", compression_type=None):
        return _Written(self.files, path)

    def open(self, path, mime_type="", compression_type=None):
        if path not in self.files:
            raise BeamIOError(f"no object {path}")
        return io.BytesIO(self.files[path])

    def copy(self, source_file_names, destination_file_names):
        for source, destination in zip(source_file_names, destination_file_names):
            self.files[destination] = self.files[source]

    def rename(self, source_file_names, destination_file_names):
        for source, destination in zip(source_file_names, destination_file_names):
            if destination in self.files:
                raise BeamIOError(f"{destination} exists")
            self.files[destination] = self.files.pop(source)

    def exists(self, path):
        return path in self.files

    def size(self, path):
        return len(self.files[path])

    def last_updated(self, path):
        return 0.0

    def checksum(self, path):
        return str(self.size(path))

    def metadata(self, path):
        return FileMetadata(path, self.size(path))

    def delete(self, paths):
        for path in paths:
            del self.files[path]


class _Written(io.BytesIO):
    """An object that exists once it is closed."""

    def __init__(self, files, path):
        super().__init__()
        self._files, self._path = files, path

    def close(self):
        if not self.closed:
            self._files[self._path] = self.getvalue()
        super().close()
