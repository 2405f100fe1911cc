"""`@trace`: record the calls of one function, without the command line."""

from __future__ import annotations

import atexit
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TypeVar

from callbox.engine.observe import observe
from callbox.errors import ConfigError
from callbox.testgen.call_files import CallFiles
from callbox.testgen.call_store import FOLDER, CallStore
from callbox.testgen.capture import CaptureOptions, Capturer, ObservedFunction
from callbox.testgen.model import Call, Target
from callbox.testgen.storages import STORAGES, Storage
from callbox.testgen.targets import Targets, describe
from callbox.values.redact import project_redactor

F = TypeVar("F", bound=Callable[..., Any])


def trace(
    *, limit: int = 10, storage_dir: str | os.PathLike[str] = FOLDER, storage: Storage | str | None = None
) -> Callable[[F], F]:
    """Record the calls of a function from now on, as `callbox record` does.

    The function stays what it is: nothing is wrapped.

    Args:
        limit: different calls to keep; 0 for all.
        storage_dir: folder to keep them in.
        storage: "pickle", "json", "repr" or an object with `extension`, `make_path`, `dump` and `load`, for a
            file for each call; None for the exact store.

    Raises:
        ConfigError: what is decorated is no Python function; the storage is unknown; a setting makes no sense.
    """

    def decorate(function: F) -> F:
        code = _code_of(function)
        project_redactor()
        store = _open(Path(storage_dir).absolute(), storage)
        keeper = _Keeper(store)
        capturer = _OneFunction(code, keeper, CaptureOptions(limit))
        observe(capturer.choose)
        atexit.register(capturer.flush)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=capturer.adopt)
        return function

    return decorate


class _Keeper:
    """Hands calls to a store."""

    def __init__(self, store: CallStore | CallFiles) -> None:
        self._store = store
        store.prepare()

    def keep(self, calls: list[Call], seen: list[tuple[Target, int]]) -> None:
        """Write them."""
        self._store.add(calls, seen)


class _OneFunction(Capturer):
    """Captures the calls of one code object."""

    def __init__(self, code: CodeType, keeper: _Keeper, options: CaptureOptions) -> None:
        super().__init__(Targets(["*"]), options, keeper.keep)
        self._code = code

    def choose(self, code: CodeType, module: dict[str, Any]) -> ObservedFunction | None:
        """Say who observes a code object's calls."""
        return self.observe(describe(code, str(module.get("__name__"))), module) if code is self._code else None

    def adopt(self) -> None:
        """Go on in a forked child, which may end without its exit handlers."""
        self.forget()
        self.is_eager = True


def _code_of(function: Any) -> CodeType:
    inner = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(inner, FunctionType):
        raise ConfigError(f"cannot trace {function!r}: it is no function written in Python")
    return inner.__code__


def _open(folder: Path, storage: Storage | str | None) -> CallStore | CallFiles:
    if storage is None or storage == "exact":
        return CallStore(folder)
    if isinstance(storage, str):
        if storage not in STORAGES:
            raise ConfigError(
                f"unknown storage {storage!r}: choose one of exact, {', '.join(STORAGES)}, or pass an object"
            )
        storage = STORAGES[storage]
    return CallFiles(folder, [storage])
