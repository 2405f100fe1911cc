"""Functions written in C: no code of theirs can be watched, so something stands in for them where modules hold them.

Copies that classes, closures, defaults and containers hold are not reached.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType
from typing import Any, Protocol

from callbox.folders import working_folder
from callbox.model import EventKind
from callbox.testgen.model import Kind, Target
from callbox.testgen.sources import UNTOUCHABLE, is_builtin, source_file, split_target

_GLOB_SIGNS = frozenset("*?[")
_OWN = "callbox"
_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Observing(Protocol):
    """What is told of calls."""

    def begin(self, arguments: tuple[Any, ...], caller: FrameType | None) -> Callable[[int, Any], object] | int | None:
        """Look at a call that begins."""


class StandIn:
    """Passes calls on to a function, and tells of them."""

    def __init__(self, function: Callable[..., Any], target: Target, observer: Observing) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._target = target
        self._observer = observer
        self._signature = _signature(function)
        self._busy = threading.local()
        self.was_called = False

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        caller = sys._getframe(1)
        if getattr(self._busy, "is_set", False) or _is_own(caller.f_globals.get("__name__")):
            return self._function(*args, **kwargs)
        self.was_called = True
        witness = self._tell(self._begin, args, kwargs, caller)
        if not callable(witness):
            return self._function(*args, **kwargs)
        try:
            result = self._function(*args, **kwargs)
        except BaseException as error:
            self._tell(witness, EventKind.UNWIND, error)
            raise
        self._tell(witness, EventKind.RETURN, result)
        return result

    def __getattr__(self, name: str) -> Any:
        """Return what only the function has."""
        return getattr(self.__dict__["_function"], name)

    def __repr__(self) -> str:
        return repr(self._function)

    def __reduce__(self) -> str:
        return self._target.qualname

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], caller: FrameType) -> Any:
        if self._signature is None:
            return self._observer.begin((args, kwargs), caller)
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return None
        bound.apply_defaults()
        return self._observer.begin(tuple(bound.arguments[name] for name in self._target.parameters), caller)

    def _tell(self, callback: Callable[..., Any], *args: Any) -> Any:
        """Call back; what that calls is not told of, and what it raises is no matter of the program's."""
        self._busy.is_set = True
        try:
            return callback(*args)
        except Exception:
            return None
        finally:
            self._busy.is_set = False


def find_builtins(patterns: Sequence[str], script: str | None) -> dict[str, tuple[ModuleType, str]]:
    """Return the module and the name of each function written in C that a pattern names in full.

    Modules of C and the standard library's are imported for that; others are the program's to import.
    """
    here = working_folder()
    path = (str((here / script).parent if script else here), *sys.path)
    found = {}
    for pattern in patterns:
        if pattern.startswith("!") or not _GLOB_SIGNS.isdisjoint(pattern):
            continue
        module, name = split_target(pattern, path)
        is_known = module.partition(".")[0] in sys.stdlib_module_names
        if not name or "." in name or not (is_known or source_file(module, path) is None):
            continue
        held = importlib.import_module(module)
        if module not in UNTOUCHABLE and is_builtin(vars(held).get(name)):
            found[pattern] = held, name
    return found


def describe_builtin(function: Callable[..., Any], module: ModuleType, name: str) -> Target:
    """Describe a function written in C; one that does not tell its parameters has `*args` and `**kwargs`."""
    signature = _signature(function)
    kinds = {p.name: p.kind for p in signature.parameters.values()} if signature is not None else {}
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    positional = [n for n, kind in kinds.items() if kind in _NAMED]
    by_name = [n for n, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY]
    rest = [n for star in starred for n, kind in kinds.items() if kind is star]
    return Target(
        module=module.__name__,
        qualname=name,
        filename=getattr(module, "__file__", None) or "",
        line=0,
        kind=Kind.FUNCTION,
        parameters=(*positional, *by_name, *rest) if signature is not None else ("args", "kwargs"),
        n_positional=len(positional),
        n_positional_only=sum(1 for kind in kinds.values() if kind is inspect.Parameter.POSITIONAL_ONLY),
        n_keyword_only=len(by_name),
        has_varargs=signature is None or starred[0] in kinds.values(),
        has_varkwargs=signature is None or starred[1] in kinds.values(),
    )


class Replacement:
    """A stand-in, in every module that held the function."""

    def __init__(self, function: Callable[..., Any], stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._function = function
        self._places: list[tuple[dict[str, Any], str]] = []
        for module_name, module in list(sys.modules.items()):
            if type(module) is not ModuleType or _is_own(module_name):
                continue
            for name, value in list(vars(module).items()):
                if value is function:
                    vars(module)[name] = stand_in
                    self._places.append((vars(module), name))

    @property
    def was_called(self) -> bool:
        """Whether the program called it."""
        return self._stand_in.was_called

    def undo(self) -> None:
        """Put the function back where the stand-in still is."""
        for namespace, name in self._places:
            if namespace.get(name) is self._stand_in:
                namespace[name] = self._function


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None


def _is_own(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == _OWN
