"""Folders of files, here or on a server: what is written stands there whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from callbox.errors import ConfigError, RecordingError, reason
from callbox.replacement import make_folder, replacing


class Location(Protocol):
    """Files by name; a name may have slashes."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if it is not there."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole, in place of one of that name.

        Raises:
            RecordingError: it cannot be written.
        """

    def names(self, folder: str) -> list[str]:
        """List the files below a folder, sorted."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""


def open_location(url: str | os.PathLike[str]) -> Location:
    """Return a location: a folder's path, or a URL that fsspec knows, such as `s3://bucket/folder`.

    Raises:
        ConfigError: no file system for the URL is installed.
    """
    text = os.fspath(url)
    return RemoteFolder(text) if "://" in text else LocalFolder(Path(text))


class LocalFolder:
    """A folder of this machine, made when it is first written to, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if it is not there."""
        with self._told(f"cannot read {self._folder / name}"):
            try:
                return (self._folder / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write a temporary file and rename it."""
        path = self._folder / name
        with self._told(f"cannot write {path}"):
            make_folder(path.parent)
            with replacing(path) as file:
                file.write(data)

    def names(self, folder: str) -> list[str]:
        """List the files below a folder, sorted; temporary ones are none."""
        found = (path for path in (self._folder / folder).rglob("*") if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in found if not path.name.startswith("."))

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with self._told(f"cannot delete {self._folder / name}"):
            (self._folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordingError(f"{what}: {reason(error)}") from error


class RemoteFolder:
    """A folder on a server, through fsspec; one object is written in one step there."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise ConfigError(f"{url} needs fsspec: pip install 'callbox[scale]'") from None
        self._url = url
        try:
            self._files: Any
            self._files, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"cannot open {url}: {error}") from None

    def __str__(self) -> str:
        return self._url

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if it is not there."""
        try:
            data: bytes = self._files.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordingError(f"cannot read {name} in {self._url}: {error}") from error
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put an object."""
        path = f"{self._root}/{name}"
        try:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, data)
        except OSError as error:
            raise RecordingError(f"cannot write {name} in {self._url}: {error}") from error

    def names(self, folder: str) -> list[str]:
        """List the objects below a folder, sorted."""
        try:
            found = self._files.find(f"{self._root}/{folder}")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RecordingError(f"cannot list {self._url}: {error}") from error
        return sorted(path.removeprefix(self._root).lstrip("/") for path in found)

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")
