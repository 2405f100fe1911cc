"""Files for one call each: pickle, JSON, repr, or whatever a class of the user's writes."""

from __future__ import annotations

import ast
import hashlib
import importlib
import io
import json
import pickle
import pickletools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from callbox.errors import CaptureError, FormatError
from callbox.replacement import make_folder, replacing
from callbox.testgen.model import MAIN

_ATOMS = (type(None), bool, int, float, complex, str, bytes)


class Storage(Protocol):
    """How one call becomes one file; a class of the user's may be another."""

    extension: str

    def make_path(self, storage_dir: Path, func_fullname: str) -> Path:
        """Return the path of a new file."""

    def dump(self, entry: dict[str, Any], path: Path) -> None:
        """Write an entry."""

    def load(self, path: Path) -> dict[str, Any]:
        """Read it back."""


class _Named:
    """File names by content, so that the same call is one file in every run."""

    extension = ""

    def make_path(self, storage_dir: Path, func_fullname: str) -> Path:
        """Return where a file goes; `dump` puts a digest of its content behind it."""
        make_folder(storage_dir)
        return storage_dir / f"{func_fullname.replace('.', '_')}{self.extension}"

    def _write(self, path: Path, data: bytes, content: object) -> None:
        digest = hashlib.blake2b(repr(content).encode("utf-8", "replace"), digest_size=8).hexdigest()
        path = path.with_name(f"{path.stem}__{digest}{path.suffix}")
        with replacing(path) as file:
            file.write(data)


class PickleStorage(_Named):
    """Pickles. Loading one runs whatever it says: read your own only."""

    extension = ".pkl"

    def dump(self, entry: dict[str, Any], path: Path) -> None:
        """Write an entry."""
        self._write(path, pickle.dumps(entry), pickle.dumps({**entry, "timestamp": ""}))

    def load(self, path: Path) -> dict[str, Any]:
        """Read it back; classes of a script are those of the module that its file is."""
        data = path.read_bytes()
        try:
            entry = pickle.loads(data)
        except AttributeError:
            entry = _ScriptReader(data).load()
        return _checked(entry, path)


class _ScriptReader(pickle.Unpickler):
    """Reads a call of a script, with the module that its file is in place of the main one."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        texts = [argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)]
        self._script = texts[texts.index("func") + 1].partition(".")[0]

    def find_class(self, module: str, name: str) -> Any:
        if module == MAIN:
            importlib.import_module(self._script)
            module = self._script
        return super().find_class(module, name)


class JsonStorage(_Named):
    """JSON, for calls whose values it has."""

    extension = ".json"

    def dump(self, entry: dict[str, Any], path: Path) -> None:
        """Write an entry; refuses values that would come back as others."""
        text = json.dumps(entry, indent=1)
        if not _is_same(json.loads(text), entry | {"args": list(entry["args"])}):
            raise CaptureError(f"{entry['func']}: JSON has no such values: choose another format")
        self._write(path, text.encode(), {**entry, "timestamp": ""})

    def load(self, path: Path) -> dict[str, Any]:
        """Read it back."""
        return _checked(json.loads(path.read_text(encoding="utf-8")), path)


class ReprStorage(_Named):
    """Python literals, for calls whose values have them."""

    extension = ".repr"

    def dump(self, entry: dict[str, Any], path: Path) -> None:
        """Write an entry; refuses values that `ast.literal_eval` cannot read, or reads as others."""
        text = repr(entry) if _is_literal(entry) else ""
        if not text or not _is_same(ast.literal_eval(text), entry):
            raise CaptureError(f"{entry['func']}: literals have no such values: choose another format")
        self._write(path, text.encode(), {**entry, "timestamp": ""})

    def load(self, path: Path) -> dict[str, Any]:
        """Read it back."""
        return _checked(ast.literal_eval(path.read_text(encoding="utf-8")), path)


def _is_literal(value: Any) -> bool:
    """Say whether a value is of Python's own types alone: no other's `__repr__` is to run."""
    kind = type(value)
    if kind is dict:
        return all(map(_is_literal, value)) and all(map(_is_literal, value.values()))
    if kind in (list, tuple, set):
        return all(map(_is_literal, value))
    return kind in _ATOMS


def _is_same(read: Any, written: Any) -> bool:
    """Say whether values are equal and of the same types: an enum's member may equal a text."""
    if type(read) is not type(written):
        return False
    if type(read) is dict:
        return len(read) == len(written) and all(map(_is_same, read.items(), written.items()))
    if type(read) in (list, tuple):
        return len(read) == len(written) and all(map(_is_same, read, written))
    return bool(read == written)


def _checked(entry: Any, path: Path) -> dict[str, Any]:
    missing = {"func", "args", "kwargs", "timestamp"} - set(entry) if isinstance(entry, dict) else {"func"}
    if missing:
        raise FormatError(f"{path} is no recorded call: it has no {', '.join(sorted(missing))}")
    return {**entry, "args": tuple(entry["args"])}


STORAGES: Mapping[str, Storage] = {"pickle": PickleStorage(), "json": JsonStorage(), "repr": ReprStorage()}
