"""Calls kept as files, one for each, which a storage writes and reads.

An entry is a dictionary with the keys `schema`, `func`, `args`, `kwargs`, `result` or
`exception`, `timestamp`.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from callbox.errors import CallboxError, CaptureError, FormatError, RecordingError, reason
from callbox.replacement import make_folder
from callbox.testgen.call_store import StoredCall
from callbox.testgen.model import Call, Kind, Outcome, Target
from callbox.testgen.storages import Storage
from callbox.testgen.targets import describe
from callbox.values.exact import decode, encode

_ALLOW = ("*",)
ENTRY_SCHEMA = "callbox/v1"


class CallFiles:
    """The calls in one folder, in files; takes the place of a `CallStore`."""

    def __init__(self, folder: str | Path, storages: Sequence[Storage]) -> None:
        """Name a folder.

        Args:
            folder: where the files are.
            storages: which files to read; the first writes.
        """
        self.folder = Path(folder)
        self._storages = tuple(storages)

    def exists(self) -> bool:
        """Say whether there are any files."""
        return next(self._paths(), None) is not None

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            RecordingError: it cannot be written.
        """
        try:
            make_folder(self.folder)
        except OSError as error:
            raise RecordingError(f"cannot write {self.folder}: {reason(error)}: choose another folder") from error

    def n_seen(self) -> int:
        """Return how many files there are."""
        return sum(1 for _ in self._paths())

    def add(self, calls: Sequence[Call], seen: Sequence[tuple[Target, int]] = ()) -> list[Call]:  # noqa: ARG002
        """Write calls, those that the format has room for; return these."""
        storage = self._storages[0]
        kept = []
        for call in calls:
            if call.refusal:
                continue
            try:
                entry = entry_of(call)
                storage.dump(entry, storage.make_path(self.folder, entry["func"]))
            except OSError as error:
                raise RecordingError(f"cannot write into {self.folder}: {reason(error)}") from error
            except Exception:
                # A value that this format has no way to write: the call is not kept.
                continue
            kept.append(call)
        return kept

    def targets(self) -> list[tuple[Target, int, int]]:
        """Return each function with the calls of it."""
        counts: dict[Target, int] = {}
        for stored in self.calls():
            counts[stored.call.target] = counts.get(stored.call.target, 0) + 1
        return [(target, n, n) for target, n in counts.items()]

    def calls(self) -> Iterator[StoredCall]:
        """Read every call.

        Raises:
            FormatError: a file cannot be read.
        """
        for index, path in enumerate(self._paths()):
            yield StoredCall(index, call_of(self._load(path), path))

    def find(self, functions: Sequence[str], before_ns: int | None) -> list[Path]:
        """Return the files of calls of some functions, by full name, all for none, that began before a time."""
        found = []
        for path in self._paths():
            entry = self._load(path)
            moment = dt.datetime.fromisoformat(entry["timestamp"]).timestamp() * 1e9
            if (not functions or entry["func"] in functions) and (before_ns is None or moment < before_ns):
                found.append(path)
        return found

    def names(self) -> list[str]:
        """Return the full names of the functions that calls are kept of."""
        return sorted({self._load(path)["func"] for path in self._paths()})

    def remove(self, paths: Sequence[Path]) -> None:
        """Delete files."""
        for path in paths:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _paths(self) -> Iterator[Path]:
        if self.folder.is_dir():
            extensions = {storage.extension for storage in self._storages}
            yield from (path for path in sorted(self.folder.iterdir()) if path.suffix in extensions)

    def _load(self, path: Path) -> dict[str, Any]:
        storage = next(s for s in self._storages if s.extension == path.suffix)
        try:
            return storage.load(path)
        except CallboxError:
            raise
        except Exception as error:
            raise FormatError(f"{path} cannot be read: {type(error).__name__}: {error}") from error


def entry_of(call: Call) -> dict[str, Any]:
    """Return a call as an entry."""
    target = call.target
    if "<locals>" in target.qualname or not target.line:
        raise CaptureError(f"{target.full_name}: no name leads back to it, or it is written in C")
    held = decode(call.arguments, allow=_ALLOW)
    n_named = target.n_positional + target.n_keyword_only
    extra = held[n_named] if target.has_varargs else ()
    keywords = dict(zip(target.parameters[target.n_positional : n_named], held[target.n_positional :], strict=False))
    if target.has_varkwargs:
        keywords.update(held[-1])
    _, result = decode(call.end, allow=_ALLOW)
    moment = dt.datetime.fromtimestamp(call.t_epoch_ns / 1e9, dt.UTC)
    entry = {
        "schema": ENTRY_SCHEMA,
        "func": target.import_name,
        "args": (*held[: target.n_positional], *extra),
        "kwargs": keywords,
        "timestamp": moment.isoformat(),
    }
    if call.outcome is Outcome.RAISED:
        error, message = result
        return {**entry, "exception": {"type": f"{error.__module__}.{error.__qualname__}", "message": message}}
    return {**entry, "result": list(result[0]) if target.kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR) else result}


def call_of(entry: Mapping[str, Any], path: Path) -> Call:
    """Return an entry as a call of the function that it names.

    Raises:
        FormatError: there is no such function, or it does not take these arguments.
    """
    function, target = _find_function(entry, path)
    try:
        bound = inspect.signature(function).bind(*entry["args"], **entry["kwargs"])
    except TypeError as error:
        raise FormatError(f"{path}: {entry['func']} does not take these arguments any more: {error}") from error
    bound.apply_defaults()
    arguments = tuple(bound.arguments[name] for name in target.parameters)
    raised = entry.get("exception")
    result: Any = entry.get("result")
    if raised is not None:
        result = _find(raised["type"], path), raised["message"]
    elif target.kind in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
        result = list(result), None
    return Call(
        target=target,
        arguments=encode(arguments),
        end=encode((arguments, result)),
        outcome=Outcome.RETURNED if raised is None else Outcome.RAISED,
        t_epoch_ns=int(dt.datetime.fromisoformat(entry["timestamp"]).timestamp() * 1e9),
    )


def _find_function(entry: Mapping[str, Any], path: Path) -> tuple[Any, Target]:
    name = entry["func"]
    found = _find(name, path)
    if isinstance(found, property):
        found = (found.fget, found.fset)[len(entry["args"]) - 1]
    function = inspect.unwrap(getattr(found, "__func__", getattr(found, "func", found)))
    code = getattr(function, "__code__", None)
    if code is None:
        raise FormatError(f"{path}: {name} is no Python function")
    return function, describe(code, function.__module__)


def _find(name: str, path: Path) -> Any:
    words = name.split(".")
    for n in range(len(words) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(words[:n]))
            for word in words[n:]:
                found = inspect.getattr_static(found, word)
        except (ImportError, AttributeError):
            continue
        return found
    raise FormatError(f"{path}: there is no {name} to import")
