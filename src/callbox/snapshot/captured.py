"""`capture_args` and `load_capture`: arguments of real calls, kept exactly, for tests to call a function with again."""

from __future__ import annotations

import functools
import os
import threading
import warnings
from inspect import Parameter, iscoroutinefunction, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from callbox.errors import CallboxWarning, CaptureError, ConfigError, NothingFoundError
from callbox.replacement import make_folder, replacing
from callbox.values.exact import decode, encode
from callbox.values.redact import project_redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")

DEFAULT_FOLDER = ".callbox/captures"
_SUFFIX = ".cbv"
_FOLDER_ATTRIBUTE = "__callbox_captures__"
_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL)


class CapturedCall(NamedTuple):
    """The arguments of one call: `args` by position, `kwargs` by name."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def capture_args(
    path: str | os.PathLike[str] = DEFAULT_FOLDER,
    *,
    retention: int = 10,
    overwrite: bool = False,
    ignore_args: Collection[str] = (),
    enabled: bool = True,
) -> Callable[[F], F]:
    """Keep the arguments of each call of a function in files, as they were when it was called.

    Secrets are redacted first. What cannot be kept exactly is not kept, and a warning says what and why; the call
    itself goes on in any case.

    Args:
        path: the folder of all captures; each function has a folder of its own inside.
        retention: how many calls to keep, the newest ones; 0 for all.
        overwrite: forget what earlier runs captured when the function is first called.
        ignore_args: parameters that are not kept.
        enabled: False makes this do nothing.

    Raises:
        ConfigError: an option is wrong, or the function has no such parameter.
    """
    if retention < 0:
        raise ConfigError(f"retention={retention}: must be 0, for all calls, or more")

    def decorate(function: F) -> F:
        capturer = _Capturer(function, Path(path), retention, ignore_args, overwrite)

        run = _run_coroutine(function, capturer) if iscoroutinefunction(function) else _run(function, capturer)
        setattr(run, _FOLDER_ATTRIBUTE, capturer.folder)
        return cast("F", functools.wraps(function)(run))

    return decorate if enabled else lambda function: function


def load_capture(
    function: Callable[..., Any],
    index: int = -1,
    *,
    path: str | os.PathLike[str] | None = None,
    allow: Iterable[str] = (),
) -> CapturedCall:
    """Return the arguments of a call that `capture_args` kept.

    Args:
        function: the function, decorated or not.
        index: which of the calls, oldest first; -1 is the newest.
        path: the folder that `capture_args` was given; None for the one the function was decorated with.
        allow: modules that may be imported to make the values, as in `callbox.values.exact.decode`.

    Raises:
        NothingFoundError: there is no such call.
        FormatError: its file is damaged.
    """
    folder = _folder_of(function, path)
    files = _files(folder)
    try:
        file = files[index]
    except IndexError:
        raise NothingFoundError(
            f"no captured call {index} of {_name(function)}: {len(files)} in {folder}; call it once with capture_args"
        ) from None
    args, kwargs = decode(file.read_bytes(), allow=list(allow))
    return CapturedCall(args, kwargs)


def _run(function: Callable[..., Any], capturer: _Capturer) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        capturer.keep(args, kwargs)
        return function(*args, **kwargs)

    return run


def _run_coroutine(function: Callable[..., Any], capturer: _Capturer) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        capturer.keep(args, kwargs)
        return await function(*args, **kwargs)

    return run


class _Parameters:
    """The parameters of a function: which are kept, and how arguments are told apart by them."""

    def __init__(self, function: Callable[..., Any], ignored: Collection[str]) -> None:
        self._signature = signature(function)
        self._ignored = frozenset(ignored)
        known = self._signature.parameters
        unknown = [name for name in ignored if name not in known]
        if unknown:
            raise ConfigError(
                f"ignore_args={unknown}: {_name(function)} has no such parameter; it has {', '.join(known) or 'none'}"
            )
        names = list(known)
        for name in self._ignored:
            stuck = [n for n in names[names.index(name) + 1 :] if known[n].kind in _BY_POSITION]
            if stuck:
                raise ConfigError(
                    f"ignore_args=[{name!r}]: {_name(function)} takes {stuck[0]!r} after it by position only, "
                    f"which needs {name!r}"
                )

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any] | None:
        """Return the arguments to keep by parameter; None if the function cannot be called with them."""
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return None
        return {name: value for name, value in bound.arguments.items() if name not in self._ignored}

    def unbind(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments as a call has them: by position as far as there is no gap."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        has_gap = False
        for name, parameter in self._signature.parameters.items():
            if name not in arguments:
                has_gap = True
            elif parameter.kind is Parameter.VAR_POSITIONAL:
                args += arguments[name]
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs |= arguments[name]
            elif has_gap or parameter.kind is Parameter.KEYWORD_ONLY:
                kwargs[name] = arguments[name]
            else:
                args.append(arguments[name])
        return tuple(args), kwargs


class _Capturer:
    """Keeps the calls of one function."""

    def __init__(
        self, function: Callable[..., Any], root: Path, retention: int, ignored: Collection[str], overwrite: bool
    ) -> None:
        self.folder = _folder_of(function, root)
        self._name = _name(function)
        self._parameters = _Parameters(function, ignored)
        self._retention = retention
        self._is_fresh = not overwrite
        self._lock = threading.Lock()
        self._has_warned = False
        self._redactor = project_redactor()

    def keep(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Write a call's arguments; a warning says why if they cannot be."""
        arguments = self._parameters.bind(args, kwargs)
        if arguments is None:
            # The call itself is about to fail and say so.
            return
        try:
            redacted = self._redactor.redact_value(arguments)
            self._write(encode(self._parameters.unbind(redacted), name="call"))
        except (CaptureError, OSError) as error:
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(f"a call of {self._name} was not captured: {error}", CallboxWarning, stacklevel=3)

    def _write(self, data: bytes) -> None:
        with self._lock:
            make_folder(self.folder)
            if not self._is_fresh:
                for file in _files(self.folder):
                    file.unlink(missing_ok=True)
                self._is_fresh = True
            files = _files(self.folder)
            number = int(files[-1].name.partition("-")[0]) + 1 if files else 1
            # The process in the name: workers that write at the same time do not overwrite each other's.
            name = f"{number:08}-{os.getpid()}{_SUFFIX}"
            with replacing(self.folder / name) as stream:
                stream.write(data)
            if self._retention:
                for old in files[: max(0, len(files) + 1 - self._retention)]:
                    old.unlink(missing_ok=True)


def _folder_of(function: Callable[..., Any], root: str | os.PathLike[str] | None) -> Path:
    if root is None:
        folder = getattr(function, _FOLDER_ATTRIBUTE, None)
        return folder if isinstance(folder, Path) else Path(DEFAULT_FOLDER) / _name(function)
    return Path(root) / _name(function)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob(f"*{_SUFFIX}") if not file.name.startswith("."))


def _name(function: Callable[..., Any]) -> str:
    name = f"{function.__module__}.{function.__qualname__}"
    return name.replace("<", "(").replace(">", ")")
